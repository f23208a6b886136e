"""What the networks see: an image on its way through both of them, at any epoch."""

import streamlit as st

from cnnlab.runs import Run
from cnnlab.spec import Role
from cnnlab.ui import epoch_overview
from cnnlab.ui.actions import reported
from cnnlab.ui.choices import comparison, epoch
from cnnlab.ui.inside import answers, feature_maps, image, saliency, step_by_step

SECTIONS = ("Feature maps", "Convolution", "Kernel by hand", "Pooling", "Why this class")

st.title("Look inside")
st.write(
    "Choose an image, draw one or bring your own, and watch what each layer makes of it. Everything here "
    "shows the networks as they were at the chosen epoch; 0 is before training."
)


def look(members: dict[Role, Run], epochs: dict[Role, int]) -> None:
    """The image and what the networks make of it; only this part runs again while one draws."""
    with reported():
        picture = image.render(members, epochs)
        if picture is None:
            return
        answers.render(members, epochs, picture)
        section = st.segmented_control(
            "Look at", SECTIONS, default=SECTIONS[0], required=True, key="section", persist_state="session"
        )
        model = members["model"], epochs["model"], picture
        if section == "Feature maps":
            feature_maps.render(members, epochs, picture)
        elif section == "Convolution":
            step_by_step.show_trained(*model)
        elif section == "Kernel by hand":
            step_by_step.show_by_hand(picture)
        elif section == "Pooling":
            step_by_step.show_pooled(*model)
        else:
            saliency.render(members, epochs, picture)


members = comparison.render()
epochs = epoch.render(members) if members else None
if epochs:
    epoch_overview.render(members, epochs)
    st.fragment(look)(members, epochs)
