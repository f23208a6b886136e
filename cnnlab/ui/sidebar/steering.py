"""What a changed control does to trainings under way, on whichever page it is changed.

A new learning rate is sent to the visitor's networks that train now. With "Train as I tweak" on, any other
change starts a short training of the CNN in place of the one under way. Other visitors' trainings go on.
"""

import streamlit as st

from cnnlab import runs
from cnnlab.spec import ComparisonSpec
from cnnlab.ui import visitor
from cnnlab.ui.actions import attempt
from cnnlab.ui.cached.trainer import trainer
from cnnlab.ui.choices.comparison import follow_newest
from cnnlab.ui.choices.own_first import newest_runs
from cnnlab.ui.sidebar.panel import Choice

TWEAK_EPOCHS = 1
GHOST = "ghost"  # session state: the run whose curves stay in the plot, faint
_LAST = "followed comparison"  # session state: the settings of the last script run


def follow(choice: Choice, from_address: bool) -> None:
    """Acts on what has changed in the sidebar since the last script run.

    `from_address`: whether the page's address has set the controls, as after the browser's Back. That changes
    what is shown; it is no order to a training.
    """
    now = choice.trainable
    if now is None:
        return
    before: ComparisonSpec | None = st.session_state.get(_LAST)
    if not from_address and before is not None and before != now:
        _act(before, now)
    # Only now: a script run can be cut off by the next one, which then has to act in its place.
    st.session_state[_LAST] = now


def _act(before: ComparisonSpec, now: ComparisonSpec) -> None:
    if before == now.with_setting("training.learning_rate", before.training.learning_rate):
        attempt(change_rate, now.training.learning_rate)
    elif st.session_state["tweak"]:
        attempt(_train_anew, now)


def change_rate(rate: float) -> None:
    """Sends a learning rate to the visitor's trainings under way or waiting, except those of studies."""
    own = [run.run_id for run in runs.active() if not run.study and visitor.is_mine(run.visitor)]
    trainer().trainings.order(own, learning_rate=rate)


def _train_anew(comparison: ComparisonSpec) -> None:
    short = comparison.with_setting("training.epochs", TWEAK_EPOCHS)
    if pinned():
        runs.get(pinned())  # raises: an address may name a run that is not in this store
    own = [run.run_id for run in newest_runs(1, "model") if visitor.is_mine(run.visitor)]
    st.session_state[GHOST] = own[0] if own else ""
    follow_newest()
    trainer().trainings.tweak(short, pinned(), visitor.current().id)


def train(comparison: ComparisonSpec) -> None:
    """Trains a comparison, which is then the one that is shown. Raises what the trainer refuses."""
    st.session_state[GHOST] = ""
    follow_newest()
    worker = st.session_state.get("worker", "")
    trainer().trainings.submit(comparison, pinned(), worker, visitor.current().id)


def pinned() -> str:
    """The id of the run that replaces the baseline; empty where none is pinned."""
    return st.session_state["pin"]
