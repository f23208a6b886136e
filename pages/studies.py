"""Several trainings that together answer one question about the network in the sidebar."""

import streamlit as st

from cnnlab import trainer
from cnnlab.ui import sidebar, study_choice, study_progress, study_results, study_setup

st.title("Studies")
st.write(
    "One training shows what happened once. A study trains the network of the sidebar and its rivals again "
    "and again, with one thing changed each time, and ends in a sentence that says what this thing is worth. "
    "It gives way to what is started on the page Train."
)

ready = trainer.status().state == "ready"
study_setup.show(sidebar.choice(), ready)
progress = study_choice.show()
if progress:
    study_progress.show(progress, ready)
    study_results.show(progress)
