"""The line in the sidebar that says whether trainings can start, and on which devices."""

import streamlit as st

from cnnlab.ui.cached.trainer import trainer
from cnnlab.ui.plain_text import plain

POLL_SECONDS = 0.5
ICONS = {"warming up": ":material/hourglass_top:", "ready": ":material/memory:", "failed": ":material/error:"}
STATE, JOINING = "trainer_state", "joining"
BFLOAT16_PROBLEM = "bfloat16_problem"  # why it would not be faster, for the control of the precision


def render() -> None:
    """The status; refreshed twice a second until all workers have joined."""
    complete = st.session_state.get(STATE) == "ready"
    st.fragment(_status_line, run_every=None if complete else POLL_SECONDS)()


def _status_line() -> None:
    status = trainer().status()
    st.session_state[BFLOAT16_PROBLEM] = status.bfloat16_problem
    if status.state == "failed":
        st.error(plain(str(status)), icon=ICONS["failed"])
        if trainer().connection.given_up:
            st.button(
                "Start the trainer again", key="restart_trainer", on_click=trainer().connection.start_again
            )
    else:
        st.caption(f"{ICONS[status.state]} {status}")
    if status.gpu_problem:
        st.warning(plain(status.gpu_problem), icon=":material/warning:")
    state = JOINING if status.joining else status.state
    if st.session_state.get(STATE, "warming up") != state:
        st.session_state[STATE] = state
        st.rerun()  # begins or ends the polling; the page's buttons depend on the status, too


def bfloat16_problem() -> str:
    """Why mixed bfloat16 would not be faster here, as it was last reported; empty where it would."""
    return st.session_state.get(BFLOAT16_PROBLEM, "")


def caption_bfloat16_problem() -> None:
    """Says why mixed bfloat16 would not be faster here, where that is so."""
    if problem := bfloat16_problem():
        st.caption(f":material/info: {plain(problem)}")
