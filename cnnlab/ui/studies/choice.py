"""The choice of a past study; the address keeps it."""

import streamlit as st

from cnnlab import runs
from cnnlab.errors import RunNotFound
from cnnlab.runs import StoredStudy
from cnnlab.studies import progress, sweep_progress
from cnnlab.studies.progress import Progress
from cnnlab.studies.sweep_progress import SweepProgress
from cnnlab.ui.choices.address_parameter import STUDY
from cnnlab.ui.choices.labels import local_time, of_other
from cnnlab.ui.choices.own_first import newest_studies
from cnnlab.ui.choices.picker import pick_one

LISTED = 100
SWEEP = "sweep"
_KNOWN = "sweep in view"  # session state: its progress, of which only what goes on is read again


def render() -> Progress | SweepProgress | None:
    """A box with the newest studies; returns the chosen one, or None, with a sentence, without any."""
    with st.spinner("Opening the stored studies"):
        listed = {study.study_id: study for study in newest_studies(LISTED)}
    chosen = pick_one(STUDY, "Study", listed, runs.study, _label)
    if not chosen:
        st.info(
            "Nothing has been trained yet for a study: choose a question and press Start.",
            icon=":material/info:",
        )
        return None
    try:
        return _sweep(chosen) if listed[chosen].kind == SWEEP else progress.read(chosen)
    except (RunNotFound, ValueError):
        st.warning(
            "What this study consists of is no longer stored, or was written by another version of cnnlab: "
            "choose another one.",
            icon=":material/folder_off:",
        )
        return None


def _sweep(study_id: str) -> SweepProgress:
    """Raises `RunNotFound` and `ValueError` as `sweep_progress.read` does."""
    known: SweepProgress | None = st.session_state.get(_KNOWN)
    same = isinstance(known, SweepProgress) and known.study_id == study_id  # a hot reload makes new classes
    progress = sweep_progress.refreshed(known) if same else sweep_progress.read(study_id)
    st.session_state[_KNOWN] = progress
    return progress


def _label(study: StoredStudy) -> str:
    return f"{local_time(study.started)} · {study.title}{of_other(study.visitor)}"
