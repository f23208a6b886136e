"""Accuracy against cost, a point a run, with the Pareto front and published results.

A run is on the front where no other is both cheaper and better. Runs differ in colour, shape and label.
"""

from typing import Any, Literal, NamedTuple

import numpy as np
import plotly.graph_objects as go

from cnnlab import words
from cnnlab.data.published import Published
from cnnlab.views.figures.style import PERCENT_AXIS, empty_figure, error_bars, styled_figure
from cnnlab.views.palette import GREY, compared_symbol

HEIGHT = 440
Cost = Literal["params", "macs", "seconds"]
COSTS: dict[Cost, str] = {
    "params": "Parameters",
    "macs": "Multiply-adds for an image",
    "seconds": "Seconds of training",
}


class Point(NamedTuple):
    """One run: its cost, its test accuracy in [0, 1] and the ends of the accuracy's 95% interval."""

    label: str
    color: str
    cost: float
    accuracy: float
    low: float
    high: float


def pareto_front(points: list[Point]) -> list[Point]:
    """The points that no other beats, the cheapest first: none is at least as cheap and better."""
    front: list[Point] = []
    for point in sorted(points, key=lambda point: (point.cost, -point.accuracy)):
        if not front or point.accuracy > front[-1].accuracy:
            front.append(point)
    return front


def pareto_figure(points: list[Point], cost: Cost, published: tuple[Published, ...] = ()) -> go.Figure:
    """The points with their intervals, the front as steps, published results as dotted lines."""
    if not points:
        return empty_figure("No run here has been tested yet.")
    return _figure(points, pareto_front(points), cost, published)


def _figure(
    points: list[Point], front: list[Point], cost: Cost, published: tuple[Published, ...]
) -> go.Figure:
    return styled_figure(
        [_steps(front), *(_marker(number, point) for number, point in enumerate(points))],
        HEIGHT,
        margin={"r": 20, "t": 30, "b": 50},
        xaxis={
            "title": {"text": COSTS[cost]},
            "type": "log",
            "tickformat": "~s",
            "nticks": 6,
            "range": _axis_range(points),
        },
        yaxis={"title": {"text": "Test accuracy"}} | PERCENT_AXIS,
        shapes=[_line(result) for result in published],
        annotations=[_name(number, result) for number, result in enumerate(published)],
    )


def _steps(front: list[Point]) -> go.Scatter:
    return go.Scatter(
        uid="front",
        name="Pareto front",
        x=[point.cost for point in front],
        y=[point.accuracy for point in front],
        mode="lines",
        line={"shape": "hv", "color": GREY, "dash": "dash"},
        hoverinfo="skip",
    )


def _marker(number: int, point: Point) -> go.Scatter:
    interval = f"({words.percent(point.low)} to {words.percent(point.high)})"
    return go.Scatter(
        uid=f"point-{number}",
        name=point.label,
        x=[point.cost],
        y=[point.accuracy],
        error_y=error_bars([point.accuracy], [point.low], [point.high], color=point.color),
        mode="markers+text",
        text=[point.label],
        textposition="top right",  # above the steps of the front
        marker={"color": point.color, "size": 13, "symbol": compared_symbol(number)},
        hovertemplate=f"%{{text}}: %{{y:.1%}} {interval} at %{{x:,}}<extra></extra>",
        cliponaxis=False,
    )


def _line(result: Published) -> dict[str, Any]:
    ends = {"xref": "paper", "x0": 0, "x1": 1, "yref": "y", "y0": result.accuracy, "y1": result.accuracy}
    return {"type": "line", "line": {"color": GREY, "dash": "dot", "width": 1}} | ends


def _name(number: int, result: Published) -> dict[str, Any]:
    """On alternating sides, since neighbours may lie close together."""
    side = "left" if number % 2 else "right"
    return {
        "text": f"{result.name}: {words.percent(result.accuracy)}",
        "font": {"size": 11},
        "showarrow": False,
        "xref": "paper",
        "x": 0 if side == "left" else 1,
        "xanchor": side,
        "y": result.accuracy,
        "yanchor": "bottom",
    }


def _axis_range(points: list[Point]) -> list[float]:
    """The ends of the logarithmic cost axis, as powers of ten, with room for the labels on the right."""
    costs = np.log10([point.cost for point in points])
    room = max(float(np.ptp(costs)), 0.5)
    return [float(costs.min() - 0.15 * room), float(costs.max() + 0.4 * room)]
