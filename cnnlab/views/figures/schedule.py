"""The learning rate over the epochs of a training, small: as its schedule plans it, or as it was."""

from typing import NamedTuple

import numpy as np
import pandas as pd
import plotly.graph_objects as go

from cnnlab import words
from cnnlab.arithmetic.schedules import learning_rates
from cnnlab.spec import TrainingSpec
from cnnlab.views.figures.curve_lines import current
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


def rate_curve(curves: pd.DataFrame, steps_per_epoch: int) -> Curve:
    """The rates that a training has reported; `curves` has the columns of `runs.curves`."""
    reported = current(curves)
    reported = reported[reported["metric"] == "learning_rate"]
    return Curve(reported["step"].to_numpy() / steps_per_epoch, reported["value"].to_numpy())


def rate_figure(curve: Curve, epochs: int) -> go.Figure:
    """A curve over so many epochs, small enough for the sidebar."""
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
        margin={"l": 70, "r": 5, "t": 5, "b": 35},
        showlegend=False,
        xaxis={"title": {"text": "Epoch"}, "range": [0, epochs]},
        yaxis={"title": {"text": "Learning rate"}, "rangemode": "tozero", "nticks": 4},
    )


def rate_words(curve: Curve, epochs: int) -> str:
    """A curve over so many epochs in words, for who does not see it."""
    rates = curve.rates
    if not len(rates):
        return "Learning rate: nothing was reported yet"
    return (
        f"Learning rate over {words.count(epochs, 'epoch')}: it begins at {rates[0]:.3g}, is "
        f"{rates.max():.3g} at most, and ends at {rates[-1]:.3g}"
    )
