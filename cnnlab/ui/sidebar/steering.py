"""What moving a control does to trainings under way, on whichever page it is moved.

A new learning rate goes to the networks that train now. With "Train as I tweak" on, any other change
starts a short training of the CNN in place of the one under way.
"""

import streamlit as st

from cnnlab import runs
from cnnlab.spec import ComparisonSpec
from cnnlab.trainer import trainings
from cnnlab.ui.actions import safely
from cnnlab.ui.sidebar.panel import Choice

TWEAK_EPOCHS = 1
GHOST = "ghost"  # the run whose curves stay as a faint ghost
_FOLLOWED = "followed comparison"


def follow(choice: Choice) -> None:
    """Acts on what the sidebar says differently from the last time."""
    if choice.problems:
        return
    before, now = st.session_state.get(_FOLLOWED), choice.comparison
    st.session_state[_FOLLOWED] = now
    if before is None or before == now:
        return
    if before == _with_rate(now, before.training.learning_rate):
        safely(change_rate, now.training.learning_rate)
    elif st.session_state["tweak"]:
        safely(_train_anew, now)


def _with_rate(comparison: ComparisonSpec, rate: float) -> ComparisonSpec:
    return comparison.with_setting("training.learning_rate", rate)


def change_rate(rate: float) -> None:
    """Gives the new learning rate to whatever trains or waits; a study keeps the one it was planned with."""
    trainings.order([run.run_id for run in runs.active() if not run.study], learning_rate=rate)


def _train_anew(comparison: ComparisonSpec) -> None:
    short = comparison.with_setting("training.epochs", TWEAK_EPOCHS)
    if pinned():
        runs.get(pinned())  # an address may name a run that is not in this store
    newest = runs.recent(1, role="model")
    st.session_state[GHOST] = newest[0].run_id if newest else ""
    trainings.tweak(short, pinned())


def pinned() -> str:
    """The run that stands in for the baseline; empty where none is pinned."""
    return st.session_state["pin"]
