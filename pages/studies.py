"""Several trainings that together answer one question about the network in the sidebar."""

import streamlit as st

from cnnlab.studies.sweep_progress import SweepProgress
from cnnlab.ui.cached.trainer import trainer
from cnnlab.ui.sidebar import panel
from cnnlab.ui.studies import choice, results, setup, sweep_live, sweep_results
from cnnlab.ui.studies import progress as study_progress

st.title("Studies")
st.write(
    "One training shows what happened once. A study trains the network of the sidebar and its rivals again "
    "and again, with one thing changed each time, and ends in a sentence that says what this thing is worth. "
    "Training you start yourself goes first."
)

ready = trainer().status().state == "ready"
setup.render(panel.choice(), ready)
progress = choice.render()
if isinstance(progress, SweepProgress):
    sweep_live.render(progress, ready)
    sweep_results.render(progress)
elif progress:
    study_progress.render(progress, ready)
    results.render(progress)
