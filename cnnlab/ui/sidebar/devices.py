"""The workers in the sidebar: the device of each, the memory in use, the runs that it trains."""

import streamlit as st

from cnnlab import runs, words
from cnnlab.errors import RunNotFound
from cnnlab.spec import network_title
from cnnlab.trainer.status import WorkerStatus
from cnnlab.ui.actions import polled
from cnnlab.ui.cached.trainer import trainer

POLL_SECONDS = 2.0
ANY = ""
CHOSEN = "worker"


def render() -> None:
    """The list, which is refreshed every two seconds while it is open, and the choice of a worker."""
    with st.expander("Devices", key="devices", on_change="rerun") as expander:
        if expander.open:
            workers = {worker.address: worker for worker in trainer().workers()}
            places = [ANY, *workers]
            if st.session_state.get(CHOSEN, ANY) not in places:
                st.session_state[CHOSEN] = ANY
            st.selectbox(
                "Train on",
                places,
                places.index(st.session_state.get(CHOSEN, ANY)),
                format_func=lambda address: _name(workers[address]) if address else "any free device",
                key=CHOSEN,
                persist_state="session",
                help="With a chosen device, the CNN and its baseline train there one after the other.",
            )
            polled(_list, POLL_SECONDS)()


def _name(worker: WorkerStatus) -> str:
    return f"{worker.name}: {worker.device.name}"


def _list() -> None:
    for worker in trainer().workers():
        activity = words.listing([_training(run_id) for run_id in worker.trains]) or "free"
        memory = f"{worker.device.used_bytes / 2**30:.1f} GiB in use"
        st.caption(f"**{_name(worker)}** · {memory} · {activity}")


def _training(run_id: str) -> str:
    try:
        return f"trains {network_title(runs.get(run_id).spec.model)}"
    except RunNotFound:
        return "trains a run that is no longer stored"
