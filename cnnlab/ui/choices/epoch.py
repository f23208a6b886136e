"""The one epoch that everything on a page shows: chosen by a slider, or played as an animation."""

import time

import streamlit as st

from cnnlab import runs
from cnnlab.runs import Run
from cnnlab.spec import Role

EPOCH = "epoch"
FRAME_SECONDS = 1.0
_PLAYING, _SHOWN_AT = "playing", "epoch shown at"
TOO_OLD = "The weights of this comparison were not stored: train it once more on the page Lab."


def render(members: dict[Role, Run], key: str = EPOCH) -> dict[Role, int] | None:
    """The slider and Play; returns the epoch of each network, or None where no weights are stored.

    The networks may have trained for different numbers of epochs: the shorter one stays at its last. Pages
    that give the same `key` show the same epoch.
    """
    stored = {role: runs.weight_epochs(run.run_id) for role, run in members.items()}
    if not all(stored.values()):
        st.warning(TOO_OLD, icon=":material/folder_off:")
        return None
    epochs = sorted(set().union(*stored.values()))
    epoch = _choose(epochs, key)
    return {role: max(each for each in own if each <= epoch) for role, own in stored.items()}


def _choose(epochs: list[int], key: str) -> int:
    if len(epochs) == 1:
        st.caption("Only the untrained network is stored so far.")
        return epochs[0]
    if st.session_state.get(key) not in epochs:
        st.session_state[key] = epochs[-1]
    with st.container(horizontal=True, vertical_alignment="bottom"):
        playing = st.toggle("Play", key=f"{_PLAYING}_{key}", help="Shows one epoch after the other.")
        epoch = st.select_slider(
            "Epoch",
            epochs,
            st.session_state[key],
            key=key,
            persist_state="session",
            help="0 is before training. Everything on this page shows the networks as they were then.",
        )
    st.session_state[_SHOWN_AT] = time.monotonic()
    st.fragment(_advance, run_every=FRAME_SECONDS if playing else None)(epochs, epoch, playing, key)
    return epoch


def _advance(epochs: list[int], epoch: int, playing: bool, key: str) -> None:
    """Goes on to the next epoch once this one has been in view for a while; from the last to the first."""
    if playing and time.monotonic() - st.session_state[_SHOWN_AT] > FRAME_SECONDS / 2:
        st.session_state[key] = epochs[(epochs.index(epoch) + 1) % len(epochs)]
        st.rerun()
