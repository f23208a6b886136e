"""The line in the sidebar that says whether trainings can start, and on what device."""

import streamlit as st

from cnnlab.trainer import connection

ICONS = {"warming up": ":material/hourglass_top:", "ready": ":material/memory:", "failed": ":material/error:"}
WARMING_UP = "trainer_is_warming_up"


def show() -> None:
    """The status; while the trainer warms up it is asked again every second."""
    waiting = st.session_state.get(WARMING_UP, True)
    st.fragment(_status_line, run_every=1.0 if waiting else None)()


def _status_line() -> None:
    status = connection.status()
    if status.state == "failed":
        st.error(str(status), icon=ICONS["failed"])
    else:
        st.caption(f"{ICONS[status.state]} {status}")
    warming_up = status.state == "warming up"
    if st.session_state.get(WARMING_UP, True) != warming_up:
        st.session_state[WARMING_UP] = warming_up
        st.rerun()  # ends or begins the asking, and lets the page know
