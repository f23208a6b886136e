"""What studies find, drawn with intervals: accuracy by training images, arms beside each other, differences.

Networks differ in marker and dash as well as in colour. Numbers in, figures out.
"""

from typing import Any, NamedTuple

import plotly.graph_objects as go

from cnnlab.views.figures.style import GREY

MARGIN = 0.03  # of accuracy, above and below what is drawn


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
    places: list[Any]
    points: list[Point]


class Difference(NamedTuple):
    """How far the CNN is ahead of one rival."""

    rival: str
    point: Point


def signed(number: float, digits: int = 1) -> str:
    """A difference as a table shows it: '+0.5', '−1.2'."""
    return f"{number:+.{digits}f}".replace("-", "−")


def by_images_figure(series: list[Series]) -> go.Figure:
    """Test accuracy against the number of training images, on a logarithmic axis."""
    figure = _accuracies(series, "lines+markers", height=420)
    places = sorted({place for each in series for place in each.places})
    figure.update_xaxes(
        title="Training images, those for validation included",
        type="log",
        tickvals=places,
        ticktext=[f"{place:,}" for place in places],
    )
    return figure


def by_arm_figure(series: list[Series]) -> go.Figure:
    """Test accuracy in each arm, the networks beside each other."""
    figure = _accuracies(series, "markers", height=380)
    figure.update_xaxes(type="category")
    figure.update_layout(scattermode="group", scattergap=0.7)
    return figure


def _accuracies(series: list[Series], mode: str, height: int) -> go.Figure:
    figure = go.Figure(layout=_layout(height))
    for each in series:
        figure.add_trace(
            go.Scatter(
                x=each.places,
                y=[point.value for point in each.points],
                error_y=_whiskers(each.points),
                customdata=[(point.low, point.high) for point in each.points],
                name=each.name,
                mode=mode,
                line={"color": each.color, "width": 2.5, "dash": each.dash},
                marker={"symbol": each.symbol, "size": 11, "color": each.color},
                hovertemplate="%{y:.1%} (95% interval %{customdata[0]:.1%} to %{customdata[1]:.1%})",
            )
        )
    ends = [end for each in series for point in each.points for end in (point.low, point.high)]
    if ends:  # markers that stand in groups would be drawn from zero
        figure.update_yaxes(range=[max(0.0, min(ends) - MARGIN), min(1.0, max(ends) + MARGIN)])
    figure.update_yaxes(title="Test accuracy", tickformat=".0%")
    return _noted(figure, "No network has been tested yet.")


def differences_figure(differences: list[Difference], color: str) -> go.Figure:
    """How far the CNN is ahead of each rival, in points; left of the line it is behind."""
    figure = go.Figure(layout=_layout(height=150 + 55 * len(differences)))
    if differences:
        points = [Point(*(100 * end for end in each.point)) for each in differences]
        figure.add_trace(
            go.Scatter(
                x=[point.value for point in points],
                y=[each.rival for each in differences],
                error_x=_whiskers(points),
                customdata=[(point.low, point.high) for point in points],
                mode="markers",
                showlegend=False,
                marker={"size": 11, "color": color},
                hovertemplate="%{x:+.1f} points (95% interval %{customdata[0]:.1f} to %{customdata[1]:.1f})"
                "<extra></extra>",
            )
        )
        figure.add_vline(x=0, line={"color": GREY, "width": 2, "dash": "dash"})
    figure.update_xaxes(
        title="Points of test accuracy by which the CNN is ahead", ticksuffix="", zeroline=False
    )
    figure.update_yaxes(type="category", autorange="reversed", automargin=True)
    return _noted(figure, "No rival has been tested yet.")


def _whiskers(points: list[Point]) -> dict[str, Any]:
    """The intervals as Plotly wants them: distances to both sides."""
    return {
        "type": "data",
        "symmetric": False,
        "array": [point.high - point.value for point in points],
        "arrayminus": [point.value - point.low for point in points],
        "thickness": 1.8,
        "width": 6,
    }


def _noted(figure: go.Figure, text: str) -> go.Figure:
    if not figure.data:
        figure.add_annotation(text=text, showarrow=False, xref="paper", yref="paper", x=0.5, y=0.5)
    return figure


def _layout(height: int) -> go.Layout:
    return go.Layout(
        height=height,
        margin={"l": 60, "r": 10, "t": 10, "b": 45},
        legend={"orientation": "h", "yanchor": "bottom", "y": 1.02, "x": 0},
        paper_bgcolor="rgba(0,0,0,0)",
        plot_bgcolor="rgba(0,0,0,0)",
    )
