"""The learning-rate range test: the loss at each rate, smoothed, and the rate that it suggests."""

import numpy as np
import plotly.graph_objects as go

from cnnlab.evidence.rate_range import RateRange, finite_part, smoothed, suggestion
from cnnlab.views.figures.style import empty_figure, styled_figure, vertical_line
from cnnlab.views.palette import COLORS

HEIGHT = 300
ROOM = 1.6  # of the highest loss shown, times the loss at first; what explodes would flatten the rest
NO_LOSSES = "The loss was no finite number from the first step on."


def rate_range_figure(tried: RateRange) -> go.Figure:
    """Loss against learning rate, whose axis is logarithmic; the suggestion is a dashed line."""
    finite = finite_part(tried)
    if not len(finite.losses):
        return empty_figure(NO_LOSSES, HEIGHT)
    return _figure(finite, suggestion(tried))


def _figure(finite: RateRange, suggested: float | None) -> go.Figure:
    color = COLORS["model"]
    curve = smoothed(finite.losses)
    top = ROOM * curve[0]
    marks = [] if suggested is None else [suggested]
    return styled_figure(
        [
            _line("each step", finite.rates, finite.losses, {"color": color, "width": 1}, opacity=0.35),
            _line("smoothed", finite.rates, curve, {"color": color, "width": 2.5}),
        ],
        HEIGHT,
        margin={"l": 50, "t": 40, "b": 45},
        shapes=[vertical_line(mark) for mark in marks],
        annotations=[_mark(mark) for mark in marks],
        xaxis={"title": {"text": "Learning rate"}, "type": "log", "dtick": 1, "exponentformat": "power"},
        yaxis={"title": {"text": "Loss (cross-entropy)"}, "range": [0, float(top)]},
    )


def _line(name: str, x: np.ndarray, y: np.ndarray, line: dict, opacity: float = 1.0) -> go.Scatter:
    return go.Scatter(
        uid=f"range-{name.replace(' ', '-')}",
        name=name,
        x=x,
        y=y,
        mode="lines",
        line=line,
        opacity=opacity,
        hovertemplate="%{x:.2g}: %{y:.3f}",
    )


def _mark(rate: float) -> dict:
    place = {"xref": "x", "yref": "paper", "x": float(np.log10(rate)), "y": 1, "xanchor": "left"}
    return place | {"text": f" {rate:g}", "showarrow": False, "font": {"size": 12}}


def rate_range_words(tried: RateRange) -> str:
    """What the figure shows, in words."""
    finite, suggested = finite_part(tried), suggestion(tried)
    if not len(finite.losses):
        return NO_LOSSES
    curve = smoothed(finite.losses)
    lowest = int(curve.argmin())
    words = (
        f"The loss at learning rates from {finite.rates[0]:.2g} to {finite.rates[-1]:.2g}: it begins at "
        f"{curve[0]:.2f} and is lowest, {curve[lowest]:.2f}, at {finite.rates[lowest]:.2g}"
    )
    return f"{words}; {suggested:g} is suggested" if suggested else words
