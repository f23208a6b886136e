"""A learning-rate schedule as a small curve: the rate over the epochs of a training."""

from typing import NamedTuple

import numpy as np
import plotly.graph_objects as go

from cnnlab import words
from cnnlab.arithmetic.schedules import learning_rates
from cnnlab.spec import TrainingSpec
from cnnlab.views.figures.style import styled_figure
from cnnlab.views.palette import COLORS

HEIGHT = 150
POINTS = 200  # about, of the curve


class Curve(NamedTuple):
    """The learning rate over the epochs."""

    epochs: np.ndarray
    """(N,) float64, from 0."""
    rates: np.ndarray
    """(N,) float32."""


def schedule_curve(training: TrainingSpec) -> Curve:
    """The curve at about `POINTS` places, as many for each epoch."""
    per_epoch = -(-POINTS // training.epochs)
    steps = np.arange(training.epochs * per_epoch)
    return Curve(steps / per_epoch, learning_rates(training, steps, per_epoch))


def schedule_figure(training: TrainingSpec) -> go.Figure:
    """The curve, small enough for the sidebar."""
    curve = schedule_curve(training)
    line = go.Scatter(
        uid="schedule",
        x=curve.epochs,
        y=curve.rates,
        mode="lines",
        line={"color": COLORS["model"], "width": 2},
        hovertemplate="epoch %{x:.1f}: %{y:.3g}<extra></extra>",
    )
    return styled_figure(
        [line],
        HEIGHT,
        margin={"l": 50, "r": 5, "t": 5, "b": 35},
        showlegend=False,
        xaxis={"title": {"text": "Epoch"}, "range": [0, training.epochs]},
        yaxis={"rangemode": "tozero", "nticks": 4, "tickformat": ".2~g"},
    )


def schedule_words(training: TrainingSpec) -> str:
    """The curve in words, for who does not see it."""
    rates = schedule_curve(training).rates
    return (
        f"Learning rate over {words.count(training.epochs, 'epoch')}: it begins at {rates[0]:.3g}, is "
        f"{rates.max():.3g} at most, and ends at {rates[-1]:.3g}"
    )
