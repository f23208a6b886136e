"""Results of studies with their intervals: accuracy by training images, by arm, and differences.

Networks differ in marker and dash as well as in colour.
"""

from typing import NamedTuple

import plotly.graph_objects as go

from cnnlab.views.figures.style import empty_figure, error_bars, styled_figure, vertical_line

PADDING = 0.03  # of accuracy, above and below the intervals
WHISKERS = {"thickness": 1.8, "width": 6}
NO_NETWORK_TESTED = "No network has been tested yet."
NO_RIVAL_TESTED = "No rival has been tested yet."


class Point(NamedTuple):
    """A value and its interval; accuracies and differences are shares, not points."""

    value: float
    low: float
    high: float


class Series(NamedTuple):
    """One network's test accuracies: at a number of training images, or in an arm."""

    name: str
    color: str
    dash: str
    symbol: str
    places: list[int] | list[str]
    points: list[Point]


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
    return _accuracy_figure(series, "lines+markers", height=420).update_layout(xaxis=axis)


def by_arm_figure(series: list[Series]) -> go.Figure:
    """Test accuracy in each arm, the networks beside each other."""
    if not any(network.points for network in series):
        return empty_figure(NO_NETWORK_TESTED)
    figure = _accuracy_figure(series, "markers", height=380)
    return figure.update_layout(xaxis={"type": "category"}, scattermode="group", scattergap=0.7)


def differences_figure(differences: list[Difference], color: str) -> go.Figure:
    """How far the CNN is ahead of each rival, in points; left of the line it is behind."""
    if not differences:
        return empty_figure(NO_RIVAL_TESTED)
    return _differences_figure(differences, color)


def _accuracy_figure(series: list[Series], mode: str, height: int) -> go.Figure:
    ends = [end for network in series for point in network.points for end in (point.low, point.high)]
    return styled_figure(
        [_accuracies(number, network, mode) for number, network in enumerate(series)],
        height,
        yaxis={
            "title": {"text": "Test accuracy"},
            "tickformat": ".0%",
            # Plotly's own range would begin at zero for markers in groups.
            "range": [max(0.0, min(ends) - PADDING), min(1.0, max(ends) + PADDING)],
        },
    )


def _accuracies(number: int, network: Series, mode: str) -> go.Scatter:
    values, lows, highs = zip(*network.points, strict=True) if network.points else ((), (), ())
    return go.Scatter(
        uid=f"network-{number}",
        name=network.name,
        x=network.places,
        y=values,
        error_y=error_bars(values, lows, highs, **WHISKERS),
        customdata=[(point.low, point.high) for point in network.points],
        mode=mode,
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
