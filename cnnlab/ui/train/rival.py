"""What the CNN is compared with: the dense baseline, or a pinned run."""

import streamlit as st

from cnnlab import runs
from cnnlab.runs import Run
from cnnlab.spec import network_title
from cnnlab.ui.actions import reported
from cnnlab.ui.sidebar import steering
from cnnlab.ui.sidebar.controls import CONTROLS

DENSE_BASELINE = ""


LISTED = 50


def choose_rival() -> Run | None:
    """What the CNN is held against: any run, or None for the dense baseline of the sidebar."""
    listed = {run.run_id: run for run in runs.recent(LISTED) if not run.active}
    pinned = steering.pinned()
    if pinned and pinned not in listed:
        listed |= _asked_for(pinned)
    if pinned not in listed:
        st.session_state["pin"] = DENSE_BASELINE
    rivals = [DENSE_BASELINE, *listed]
    chosen = st.selectbox(
        CONTROLS["pin"].title,
        rivals,
        rivals.index(steering.pinned()),
        format_func=lambda run_id: _label(listed[run_id]) if run_id else "the dense-only baseline",
        key="pin",
        persist_state="session",
        width=480,
        help="A run that is pinned here takes the place of the baseline, which is then not trained.",
    )
    return listed.get(chosen)


def _asked_for(run_id: str) -> dict[str, Run]:
    with reported(after="The dense-only baseline takes its place.", icon=":material/link_off:"):
        return {run_id: runs.get(run_id)}
    return {}


def _label(run: Run) -> str:
    accuracy = run.metrics.get("test_accuracy")
    result = f", {accuracy:.1%}" if accuracy is not None else ""
    return f"{network_title(run.spec.model)}{result}, {run.started:%Y-%m-%d %H:%M} UTC"
