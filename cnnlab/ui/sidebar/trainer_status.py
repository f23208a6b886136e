"""The line in the sidebar that says whether trainings can start, and on which devices."""

import streamlit as st

from cnnlab.ui.cached.trainer import trainer

ICONS = {"warming up": ":material/hourglass_top:", "ready": ":material/memory:", "failed": ":material/error:"}
WARMING_UP = "trainer_is_warming_up"


def show() -> None:
    """The status; refreshed every second while the trainer warms up."""
    warming_up = st.session_state.get(WARMING_UP, True)
    st.fragment(_status_line, run_every=1.0 if warming_up else None)()


def _status_line() -> None:
    status = trainer().status()
    if status.state == "failed":
        st.error(str(status), icon=ICONS["failed"])
    else:
        st.caption(f"{ICONS[status.state]} {status}")
    warming_up = status.state == "warming up"
    if st.session_state.get(WARMING_UP, True) != warming_up:
        st.session_state[WARMING_UP] = warming_up
        st.rerun()  # begins or ends the polling; the page's buttons depend on the status, too
