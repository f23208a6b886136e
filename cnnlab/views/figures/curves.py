"""Learning curves: loss above, accuracy below, of the networks of one comparison.

Training is a thin line, validation a thick one with markers, the best epoch a star. Networks differ in
colour and, where validation has markers, in their shape. A learning rate that follows a schedule is a dotted
line behind the loss; where a person changed it there is a mark.
"""

from typing import Any, NamedTuple

import numpy as np
import plotly.graph_objects as go

from cnnlab import words
from cnnlab.views.figures.curve_lines import (
    PLAIN,
    Line,
    Network,
    RateChange,
    View,
    XAxis,
    curve_lines,
    rate_changes,
    schedule_line,
)
from cnnlab.views.figures.style import MAX_MARKERS, PERCENT_AXIS, centered_note, styled_figure, vertical_line
from cnnlab.views.palette import WHITE, compared_symbol

ROOM, LEAST_ROOM = 0.1, 0.005  # above and below what is shown: as a share of it, and in accuracy
HOVER = {"Loss": "%{y:.3f}", "Accuracy": "%{y:.1%}", "Rate": "%{y:.3g}"}
LOG_TICKS = [factor * 10.0**power for power in range(-4, 3) for factor in (1, 2, 5)]
LOG_AXIS = {"type": "log", "tickvals": LOG_TICKS, "ticktext": [f"{tick:g}" for tick in LOG_TICKS]}


class Layout(NamedTuple):
    """Where the panels of loss and accuracy are."""

    height: int
    margin: dict[str, int]
    axes: dict[str, tuple[str, str]]
    """Panel → its time axis and its own."""
    xaxis: dict[str, Any]
    yaxis: dict[str, Any]
    yaxis2: dict[str, Any]
    xaxis2: dict[str, Any]
    """Empty where both panels have one time axis."""


BELOW = Layout(
    560,
    {"l": 55, "t": 70},
    {"Loss": ("x", "y"), "Accuracy": ("x", "y2"), "Rate": ("x", "y3")},
    xaxis={"anchor": "y2"},
    yaxis={"domain": [0.53, 1.0]},
    yaxis2={"domain": [0.0, 0.47]},
    xaxis2={},
)
BESIDE = Layout(
    250,
    {"l": 50, "t": 42, "r": 8, "b": 40},
    {"Loss": ("x", "y"), "Accuracy": ("x2", "y2"), "Rate": ("x", "y3")},
    xaxis={"domain": [0.0, 0.45]},
    yaxis={},
    yaxis2={"anchor": "x2"},
    xaxis2={"domain": [0.55, 1.0], "matches": "x"},
)

X_TITLES: dict[XAxis, str] = {
    "epoch": "Epoch",
    "step": "Step",
    "images": "Images seen",
    "seconds": "Seconds",
}


def curves_figure(networks: list[Network], view: View = PLAIN, beside: bool = False) -> go.Figure:
    """Loss and accuracy by time, one below the other or beside; lines keep their identity."""
    lines = curve_lines(networks, view)
    scheduled = schedule_line(networks, view)
    figure = _figure(lines + scheduled, rate_changes(networks, view), view, BESIDE if beside else BELOW)
    return figure if lines else figure.add_annotation(centered_note("The first values come in a moment."))


def _figure(lines: list[Line], changes: list[RateChange], view: View, layout: Layout) -> go.Figure:
    highest = _highest_star(lines)
    return styled_figure(
        [_trace(line, layout.axes, line is highest) for line in lines],
        layout.height,
        margin=layout.margin,
        hovermode="x unified",
        hoversubplots="axis",
        hoverdistance=60,
        shapes=[vertical_line(change.x) for change in changes],
        annotations=[_rate_label(change) for change in changes],
        xaxis=layout.xaxis | {"title": {"text": X_TITLES[view.x]}, "rangemode": "tozero"},
        yaxis=layout.yaxis
        | {"title": {"text": "Loss (cross-entropy)"}}
        | (LOG_AXIS if view.log_loss else {"rangemode": "tozero"}),
        yaxis2=layout.yaxis2 | {"title": {"text": "Accuracy"}, "range": accuracy_range(lines)} | PERCENT_AXIS,
        **_rate_axis(lines),
        **({"xaxis2": layout.xaxis2 | {"title": {"text": X_TITLES[view.x]}}} if layout.xaxis2 else {}),
    )


def _rate_axis(lines: list[Line]) -> dict[str, Any]:
    """The scale of a schedule's learning rate, from 0 up: not drawn, since hovering tells the rate."""
    highest = max((float(line.y.max()) for line in lines if line.kind == "rate"), default=0.0)
    if not highest:
        return {}
    return {"yaxis3": {"overlaying": "y", "visible": False, "range": (0.0, (1 + ROOM) * highest)}}


def accuracy_range(lines: list[Line]) -> tuple[float, float] | None:
    """The part of the accuracy axis in which the networks differ: what they reached since their first epoch.

    None, which means all that there is, until a network has been validated twice since its training began.
    What lies below, such as the untrained networks, leaves the figure at its lower edge.
    """
    of_accuracy = [line for line in lines if line.panel == "Accuracy"]
    reached = {
        kind: [line.y[(line.x > 0) & np.isfinite(line.y)] for line in of_accuracy if line.kind == kind]
        for kind in ("validation", "training")
    }
    if max(map(len, reached["validation"]), default=0) < 2:
        return None
    low = min(values.min() for values in reached["validation"] if len(values))
    high = max(values.max() for kind in reached.values() for values in kind if len(values))
    room = max(ROOM * (high - low), LEAST_ROOM)
    return max(0.0, float(low - room)), min(1.0 + LEAST_ROOM, float(high + room))


def _rate_label(change: RateChange) -> dict[str, Any]:
    place = {"xref": "x", "yref": "paper", "x": change.x, "y": 0.5, "xanchor": "left", "showarrow": False}
    return place | {"text": f"learning rate {change.rate:g}", "font": {"size": 11}}


def _highest_star(lines: list[Line]) -> Line | None:
    """The best epoch with the highest accuracy, whose label is above it; None where no line is one."""
    stars = [line for line in lines if line.panel == "Accuracy" and line.kind == "best" and len(line.y)]
    return max(stars, key=lambda star: float(star.y.max()), default=None)


def _trace(line: Line, axes: dict[str, tuple[str, str]], labelled_above: bool) -> dict[str, Any]:
    """A line as plain data, which the figure validates; a `go.Scatter` would be validated twice.

    That matters here alone: the figure is drawn several times a second. Single precision is more
    than a screen can draw, and half the size.
    """
    x_axis, y_axis = axes[line.panel]
    return {
        "type": "scatter",
        "uid": f"{line.panel}-{line.kind}-{line.network}",  # so that a hidden line stays hidden
        "x": line.x.astype(np.float32),
        "y": line.y.astype(np.float32),
        "xaxis": x_axis,
        "yaxis": y_axis,
        "name": line.name,
        "legendgroup": line.name,
        "showlegend": line.panel != "Accuracy" and line.kind not in ("raw", "best") and not line.ghost,
        "hovertemplate": HOVER[line.panel],
    } | _look(line, labelled_above)


def _best_label(line: Line, above: bool) -> dict[str, Any]:
    """What the star means, on the left, since the best epoch is often the last; two labels do not meet."""
    return {
        "mode": "markers+text",
        "text": [f"best epoch, {words.percent(float(each))}" for each in line.y],
        "textposition": "top left" if above else "bottom left",
        "textfont": {"size": 11},
        "cliponaxis": False,
    }


def _look(line: Line, labelled_above: bool) -> dict[str, Any]:
    if line.kind == "best":
        marker = {"symbol": "star", "size": 15, "color": line.color, "line": {"width": 1, "color": WHITE}}
        star = {"mode": "markers", "marker": marker, "hoverinfo": "skip", "hovertemplate": None}
        return star | (_best_label(line, labelled_above) if line.panel == "Accuracy" else {})
    if line.kind == "rate":
        return {"mode": "lines", "line": {"color": line.color, "width": 1.4, "dash": "dot"}}
    validation = line.kind == "validation"
    stroke = {"color": line.color, "width": 2.5 if validation else 1.4}
    marked = validation and len(line.x) <= MAX_MARKERS
    look: dict[str, Any] = {"mode": "lines+markers" if marked else "lines", "line": stroke}
    if marked:
        look["marker"] = {"symbol": compared_symbol(line.network), "size": 7}
    if line.kind == "raw":
        return look | {"opacity": 0.3, "hoverinfo": "skip", "hovertemplate": None}
    if line.ghost:
        stroke["dash"] = "dot"
        return look | {"opacity": 0.35}
    return look | {"opacity": 1.0 if validation else 0.9}
