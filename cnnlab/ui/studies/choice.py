"""The choice of a past study; the address keeps it."""

import streamlit as st

from cnnlab import runs
from cnnlab.errors import RunNotFound
from cnnlab.runs import StoredStudy
from cnnlab.studies import progress
from cnnlab.studies.progress import Progress
from cnnlab.ui.actions import reported

LISTED = 100
PARAMETER = "study"
CHOSEN = "chosen_study"


def show() -> Progress | None:
    """A box with the newest studies; returns the chosen one, or None, with a sentence, without any."""
    with st.spinner("Opening the stored studies"):
        listed = {study.study_id: study for study in runs.studies(LISTED)}
    _follow_address(listed)
    if not listed:
        st.info(
            "Nothing has been trained yet for a study: choose a question and press Start.",
            icon=":material/info:",
        )
        return None
    known = list(listed)
    if st.session_state.get(CHOSEN) not in listed:
        st.session_state[CHOSEN] = known[0]
    chosen = st.selectbox(
        "Study",
        known,
        known.index(st.session_state[CHOSEN]),
        format_func=lambda study_id: _label(listed[study_id]),
        key=CHOSEN,
        persist_state="session",
        help="The newest stands first.",
    )
    st.query_params[PARAMETER] = chosen
    try:
        return progress.read(chosen)
    except (RunNotFound, ValueError):
        st.warning(
            "What this study consists of is no longer stored, or was written by another version of cnnlab: "
            "choose another one.",
            icon=":material/folder_off:",
        )
        return None


def _follow_address(listed: dict[str, StoredStudy]) -> None:
    """Takes the study that the address asks for, also one that is older than those in the list."""
    asked = st.query_params.get(PARAMETER)
    if CHOSEN in st.session_state or not asked:
        return
    with reported(after="The newest study is shown.", icon=":material/link_off:"):
        listed.setdefault(asked, runs.study(asked))
        st.session_state[CHOSEN] = asked


def _label(study: StoredStudy) -> str:
    return f"{study.started:%Y-%m-%d %H:%M} UTC · {study.title}"
