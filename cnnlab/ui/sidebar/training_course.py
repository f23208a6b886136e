"""The controls of a training's course: its learning-rate schedule, and when it ends before its last epoch."""

from collections.abc import Callable
from typing import Any, get_args

import streamlit as st
from pydantic import ValidationError

from cnnlab.spec import Schedule, StopWhen, TrainingSpec
from cnnlab.ui.components import plot
from cnnlab.ui.sidebar.controls import counts, training_values
from cnnlab.ui.sidebar.widgets import number_field, select, slider
from cnnlab.views.figures.schedule import rate_figure, rate_words, schedule_curve

SCHEDULE_TITLES: dict[str, str] = {
    "constant": "Constant",
    "cosine": "Cosine",
    "one-cycle": "One cycle",
    "step": "Steps",
}
STOP_TITLES: dict[str, str] = {
    "never": "Never",
    "accuracy": "Training accuracy reaches",
    "val_accuracy": "Validation accuracy reaches",
    "loss": "Training loss falls to",
    "val_loss": "Validation loss falls to",
}
ACCURACY, LOSS = 0.99, 0.1  # to begin with, of the value at which to stop


def fields() -> dict[str, Any]:
    """The settings of the course; a control is drawn only while it counts."""
    select("schedule", get_args(Schedule), SCHEDULE_TITLES.__getitem__)
    _dependent("warmup_share", lambda key: slider(key, 0.0, 0.9, step=0.05))
    _dependent("step_factor", lambda key: number_field(key, step=0.05, format="%g"))
    _dependent("step_epochs", number_field)
    _curve()
    select("stop_when", get_args(StopWhen), STOP_TITLES.__getitem__, on_change=_fit_stop_at)
    _dependent("stop_at", lambda key: number_field(key, step=0.01, format="%g"))
    number_field(
        "patience",
        help="Ends the training when the validation loss has not improved for so many epochs, and puts the "
        "weights of the best epoch back. 0 is off.",
    )
    names = ("schedule", "warmup_share", "step_factor", "step_epochs", "stop_when", "stop_at", "patience")
    values = training_values(st.session_state)
    return {name: values[name] for name in names}


def _dependent(key: str, draw: Callable[[str], Any]) -> None:
    if counts(key, st.session_state):
        draw(key)


def _fit_stop_at() -> None:
    """A value for the kind of metric that is chosen, in view of the person."""
    of_loss = st.session_state["stop_when"].endswith("loss")
    st.session_state["stop_at"] = LOSS if of_loss else ACCURACY


def _curve() -> None:
    """The schedule's curve, small; none where the rate is constant or a value is refused, which is told."""
    try:
        training = TrainingSpec.model_validate(training_values(st.session_state))
    except ValidationError:
        return
    if training.schedule != "constant":
        curve = schedule_curve(training)
        plot.render(
            rate_figure(curve, training.epochs),
            key="schedule_curve",
            revision="schedule",
            alt=rate_words(curve, training.epochs),
            tools=False,
        )
