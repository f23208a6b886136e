"""Accuracy against what it costs, a point a run, with the Pareto front and published results.

A run is on the front where none is both cheaper and better. Shape and label tell the runs apart besides
colour. This file computes nothing about networks.
"""

from typing import Any, Literal, NamedTuple

import numpy as np

from cnnlab.data.published import Published
from cnnlab.views.figures.style import GREY, SYMBOLS

Cost = Literal["params", "macs", "seconds"]
COSTS: dict[Cost, str] = {
    "params": "Parameters",
    "macs": "Multiply-adds for an image",
    "seconds": "Seconds of training",
}


class Point(NamedTuple):
    """One run: what it costs, its test accuracy in [0, 1] and the ends of that one's 95% interval."""

    label: str
    color: str
    cost: float
    accuracy: float
    low: float
    high: float


def front(points: list[Point]) -> list[Point]:
    """The points that no other beats, from cheap to dear: none is at least as cheap and better."""
    kept: list[Point] = []
    for point in sorted(points, key=lambda point: (point.cost, -point.accuracy)):
        if not kept or point.accuracy > kept[-1].accuracy:
            kept.append(point)
    return kept


def pareto_data(points: list[Point], cost: Cost, published: tuple[Published, ...] = ()) -> dict[str, Any]:
    """The points with their intervals, the front as steps, published results as dotted lines."""
    layout = _layout(cost)
    if not points:
        note = {
            "text": "No run here has been tested yet.",
            "showarrow": False,
            "xref": "paper",
            "yref": "paper",
        }
        return {"data": [], "layout": layout | {"annotations": [note | {"x": 0.5, "y": 0.5}]}}
    layout["xaxis"]["range"] = _padded(points)
    layout["shapes"] = [_line(result) for result in published]
    layout["annotations"] = [_name(number, result) for number, result in enumerate(published)]
    markers = [_marker(point, SYMBOLS[number % len(SYMBOLS)]) for number, point in enumerate(points)]
    return {"data": [_steps(front(points)), *markers], "layout": layout}


def _steps(best: list[Point]) -> dict[str, Any]:
    return {
        "type": "scatter",
        "uid": "front",
        "x": [point.cost for point in best],
        "y": [point.accuracy for point in best],
        "mode": "lines",
        "line": {"shape": "hv", "color": GREY, "dash": "dash"},
        "name": "Pareto front",
        "hoverinfo": "skip",
    }


def _marker(point: Point, symbol: str) -> dict[str, Any]:
    interval = f"({point.low:.1%} to {point.high:.1%})"
    return {
        "type": "scatter",
        "uid": f"point-{symbol}",
        "x": [point.cost],
        "y": [point.accuracy],
        "error_y": {
            "type": "data",
            "symmetric": False,
            "array": [point.high - point.accuracy],
            "arrayminus": [point.accuracy - point.low],
            "color": point.color,
            "thickness": 1.5,
        },
        "mode": "markers+text",
        "text": [point.label],
        "textposition": "middle right",
        "marker": {"color": point.color, "size": 13, "symbol": symbol},
        "name": point.label,
        "hovertemplate": f"%{{text}}: %{{y:.1%}} {interval} at %{{x:,}}<extra></extra>",
        "cliponaxis": False,
    }


def _line(result: Published) -> dict[str, Any]:
    ends = {"xref": "paper", "x0": 0, "x1": 1, "yref": "y", "y0": result.accuracy, "y1": result.accuracy}
    return {"type": "line", "line": {"color": GREY, "dash": "dot", "width": 1}} | ends


def _name(number: int, result: Published) -> dict[str, Any]:
    """On alternating sides, since neighbours may lie close together."""
    side = "left" if number % 2 else "right"
    return {
        "text": f"{result.name}: {result.accuracy:.1%}",
        "font": {"size": 11},
        "showarrow": False,
        "xref": "paper",
        "x": 0 if side == "left" else 1,
        "xanchor": side,
        "y": result.accuracy,
        "yanchor": "bottom",
    }


def _layout(cost: Cost) -> dict[str, Any]:
    return {
        "height": 440,
        "margin": {"l": 60, "r": 20, "t": 30, "b": 50},
        "xaxis": {"title": {"text": COSTS[cost]}, "type": "log", "tickformat": "~s", "nticks": 6},
        "yaxis": {"title": {"text": "Test accuracy"}, "tickformat": ".0%"},
        "legend": {"orientation": "h", "yanchor": "bottom", "y": 1.02, "x": 0},
        "paper_bgcolor": "rgba(0,0,0,0)",
        "plot_bgcolor": "rgba(0,0,0,0)",
    }


def _padded(points: list[Point]) -> list[float]:
    """The ends of the logarithmic cost axis, as powers of ten, with room for the labels on the right."""
    costs = np.log10([point.cost for point in points])
    room = max(float(np.ptp(costs)), 0.5)
    return [float(costs.min() - 0.15 * room), float(costs.max() + 0.4 * room)]
