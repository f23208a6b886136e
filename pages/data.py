"""The data sets: what their images are like, and what in them flatters or misleads networks."""

import streamlit as st

from cnnlab.ui.actions import reported
from cnnlab.ui.data import bring, choice, classes, distributions, duplicates, facts, label_errors

st.title("Data", anchor=False)
st.caption(
    "Look at the images before you believe a network: how many there are of each class, what the classes "
    "look like, which labels may be wrong, and which test images are training images too. Or bring your own."
)

bring.render()
chosen = choice.render()
if chosen:
    facts.render(chosen)
    classes.render(chosen)
    distributions.render(chosen)
    with reported():
        label_errors.render(chosen)
    duplicates.render(chosen)  # last, since it takes longest
