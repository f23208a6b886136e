"""Results of studies: accuracy by training images and by order of the pixels, and differences.

Networks differ in marker and dash as well as in colour.
"""

from typing import Any, NamedTuple

import numpy as np
import plotly.graph_objects as go

from cnnlab.views.figures.style import PERCENT_AXIS, empty_figure, error_bars, styled_figure, vertical_line
from cnnlab.views.palette import translucent

PADDING = 0.03  # of accuracy, above and below the intervals
ORDERS = "pixels in place", "pixels shuffled"
WHISKERS = {"thickness": 1.8, "width": 6}
NO_NETWORK_TESTED = "No network has been tested yet."
NO_RIVAL_TESTED = "No rival has been tested yet."


class Point(NamedTuple):
    """A value and its interval; accuracies and differences are shares, not points."""

    value: float
    low: float
    high: float


class Series(NamedTuple):
    """One network's test accuracies at increasing numbers of training images."""

    name: str
    color: str
    dash: str
    symbol: str
    places: list[int]
    points: list[Point]


class Shuffled(NamedTuple):
    """One network's test accuracies with its pixels in place and shuffled, seed by seed."""

    name: str
    color: str
    dash: str
    symbol: str
    in_place: list[float]
    shuffled: list[float]


class Difference(NamedTuple):
    """How far the CNN is ahead of one rival."""

    rival: str
    point: Point


def by_images_figure(series: list[Series]) -> go.Figure:
    """Test accuracy against the number of training images, on a logarithmic axis."""
    if not any(network.points for network in series):
        return empty_figure(NO_NETWORK_TESTED)
    sizes = sorted({int(place) for network in series for place in network.places})
    axis = {
        "title": {"text": "Training images, including those for validation"},
        "type": "log",
        "tickvals": sizes,
        "ticktext": [f"{size:,}" for size in sizes],
    }
    ends = [end for network in series for point in network.points for end in (point.low, point.high)]
    traces = [_accuracies(number, network) for number, network in enumerate(series)]
    return styled_figure(traces, height=420, xaxis=axis, yaxis=_accuracy_axis(min(ends), max(ends)))


def order_figure(networks: list[Shuffled]) -> go.Figure:
    """Test accuracy with pixels in place and shuffled: a thin line a seed, a thick one for the mean."""
    if not any(network.in_place for network in networks):
        return empty_figure(NO_NETWORK_TESTED)
    ends = [share for network in networks for share in (*network.in_place, *network.shuffled)]
    traces = [trace for number, network in enumerate(networks) for trace in _slopes(number, network)]
    return styled_figure(
        traces,
        height=380,
        xaxis={"type": "category", "range": [-0.3, 1.3]},
        yaxis=_accuracy_axis(min(ends), max(ends)),
    )


def _slopes(number: int, network: Shuffled) -> list[go.Scatter]:
    def line(of: str, in_place: float, shuffled: float, **look: Any) -> go.Scatter:
        return go.Scatter(
            uid=f"{of}-{number}",
            name=network.name,
            legendgroup=network.name,
            x=ORDERS,
            y=[in_place, shuffled],
            **look,
        )

    mean = line(
        "mean",
        float(np.mean(network.in_place)),
        float(np.mean(network.shuffled)),
        mode="lines+markers",
        line={"color": network.color, "width": 3, "dash": network.dash},
        marker={"symbol": network.symbol, "size": 11},
        hovertemplate="%{y:.1%}",
    )
    if len(network.in_place) == 1:
        return [mean]
    look = {"mode": "lines", "showlegend": False, "hoverinfo": "skip"}
    look["line"] = {"color": translucent(network.color, 0.45), "width": 1.2, "dash": network.dash}
    seeds = zip(network.in_place, network.shuffled, strict=True)
    return [*(line(f"seed-{seed}", *shares, **look) for seed, shares in enumerate(seeds)), mean]


def differences_figure(differences: list[Difference], color: str) -> go.Figure:
    """How far the CNN is ahead of each rival, in points; left of the line it is behind."""
    if not differences:
        return empty_figure(NO_RIVAL_TESTED)
    return _differences_figure(differences, color)


def _accuracy_axis(low: float, high: float) -> dict[str, Any]:
    return {
        "title": {"text": "Test accuracy"},
        "range": [max(0.0, low - PADDING), min(1.0, high + PADDING)],
    } | PERCENT_AXIS


def _accuracies(number: int, network: Series) -> go.Scatter:
    values, lows, highs = zip(*network.points, strict=True) if network.points else ((), (), ())
    return go.Scatter(
        uid=f"network-{number}",
        name=network.name,
        x=network.places,
        y=values,
        error_y=error_bars(values, lows, highs, **WHISKERS),
        customdata=[(point.low, point.high) for point in network.points],
        mode="lines+markers",
        line={"color": network.color, "width": 2.5, "dash": network.dash},
        marker={"symbol": network.symbol, "size": 11, "color": network.color},
        hovertemplate="%{y:.1%} (95% interval %{customdata[0]:.1%} to %{customdata[1]:.1%})",
    )


def _differences_figure(differences: list[Difference], color: str) -> go.Figure:
    points = [Point(*(100 * end for end in difference.point)) for difference in differences]
    values, lows, highs = zip(*points, strict=True)
    trace = go.Scatter(
        uid="differences",
        x=values,
        y=[difference.rival for difference in differences],
        error_x=error_bars(values, lows, highs, **WHISKERS),
        customdata=[(point.low, point.high) for point in points],
        mode="markers",
        showlegend=False,
        marker={"size": 11, "color": color},
        hovertemplate="%{x:+.1f} points (95% interval %{customdata[0]:.1f} to %{customdata[1]:.1f})"
        "<extra></extra>",
    )
    return styled_figure(
        [trace],
        height=150 + 55 * len(differences),
        margin={"t": 10},
        xaxis={"title": {"text": "Points of test accuracy by which the CNN is ahead"}, "zeroline": False},
        yaxis={"type": "category", "autorange": "reversed", "automargin": True},
        shapes=[vertical_line(0, width=2)],
    )
