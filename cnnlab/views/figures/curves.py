"""Learning curves: loss above, accuracy below, of the networks of one comparison.

Colour tells the network; training is a thin line, validation a thick one with markers, the best epoch a
star, so no reading relies on colour alone. This file knows where its numbers come from as little as
where they are shown.
"""

import re
from typing import Any

import numpy as np
import plotly.graph_objects as go

from cnnlab.views.figures.curve_lines import (
    PLAIN,
    Line,
    Network,
    RateChange,
    View,
    XAxis,
    curve_lines,
    rate_changes,
)
from cnnlab.views.figures.style import GREY, MAX_MARKERS

AXES = {"Loss": ("x", "y"), "Accuracy": ("x", "y2")}  # one time axis for both panels

X_TITLES: dict[XAxis, str] = {
    "epoch": "Epoch",
    "step": "Step",
    "images": "Images seen",
    "seconds": "Seconds",
}


def curves_figure(networks: list[Network], view: View = PLAIN) -> go.Figure:
    """Loss and accuracy; an explaining figure where nothing was reported yet."""
    return go.Figure(curves_data(networks, view))


def curves_data(networks: list[Network], view: View = PLAIN) -> dict[str, Any]:
    """The same figure as plain data: `data` and `layout`, ready for JSON.

    A poll has no time for Plotly's own validation of every value; the tests let `curves_figure` do it.
    """
    lines = curve_lines(networks, view)
    layout = _layout(view)
    for change in rate_changes(networks, view):
        layout["shapes"].append(_vertical(change.x))
        layout["annotations"].append(_note_at(change))
    if not lines:
        layout["annotations"].append(
            {
                "text": "The first values come in a moment.",
                "showarrow": False,
                "xref": "paper",
                "yref": "paper",
            }
        )
    return {"data": [_trace(line) for line in lines], "layout": layout}


def _layout(view: View) -> dict[str, Any]:
    loss_axis: dict[str, Any] = {"title": {"text": "Loss (cross-entropy)"}, "domain": [0.53, 1.0]}
    loss_axis |= {"type": "log"} if view.log_loss else {"rangemode": "tozero"}
    return {
        "height": 560,
        "margin": {"l": 55, "r": 10, "t": 70, "b": 45},
        "hovermode": "x unified",
        "hoversubplots": "axis",
        "hoverdistance": 60,
        "legend": {"orientation": "h", "yanchor": "bottom", "y": 1.01, "x": 0},
        "paper_bgcolor": "rgba(0,0,0,0)",
        "plot_bgcolor": "rgba(0,0,0,0)",
        "xaxis": {"title": {"text": X_TITLES[view.x]}, "anchor": "y2", "rangemode": "tozero"},
        "yaxis": loss_axis,
        "yaxis2": {"title": {"text": "Accuracy"}, "domain": [0.0, 0.47], "tickformat": ".0%"},
        "shapes": [],
        "annotations": [],
    }


def _vertical(x: float) -> dict[str, Any]:
    line = {"color": GREY, "width": 1, "dash": "dash"}
    return {"type": "line", "xref": "x", "yref": "paper", "x0": x, "x1": x, "y0": 0, "y1": 1, "line": line}


def _note_at(change: RateChange) -> dict[str, Any]:
    place = {"xref": "x", "yref": "paper", "x": change.x, "y": 0.5, "xanchor": "left", "showarrow": False}
    return place | {"text": f"learning rate {change.rate:g}", "font": {"size": 11}}


def _trace(line: Line) -> dict[str, Any]:
    x_axis, y_axis = AXES[line.panel]
    return {
        "type": "scatter",
        "uid": _identity(line),
        "x": _rounded(line.x),
        "y": _rounded(line.y),
        "xaxis": x_axis,
        "yaxis": y_axis,
        "name": line.name,
        "legendgroup": line.name,
        "showlegend": line.panel == "Loss" and line.kind in ("training", "validation") and not line.ghost,
        "hovertemplate": "%{y:.3f}" if line.panel == "Loss" else "%{y:.1%}",
    } | _look(line)


def _identity(line: Line) -> str:
    """By it Plotly knows a line again when others come before it, so that what was hidden stays hidden.

    Plotly makes a CSS class of it.
    """
    return re.sub(r"\W+", "-", f"{line.panel}-{line.kind}-{line.name}-{line.color}")


def _look(line: Line) -> dict[str, Any]:
    if line.kind == "best":
        marker = {"symbol": "star", "size": 15, "color": line.color, "line": {"width": 1, "color": "white"}}
        return {"mode": "markers", "marker": marker, "hoverinfo": "skip", "hovertemplate": None}
    validation = line.kind == "validation"
    stroke = {"color": line.color, "width": 2.5 if validation else 1.4}
    marked = validation and len(line.x) <= MAX_MARKERS
    look: dict[str, Any] = {"mode": "lines+markers" if marked else "lines", "line": stroke}
    if marked:
        look["marker"] = {"symbol": "circle", "size": 7}
    if line.kind == "raw":
        return look | {"opacity": 0.3, "hoverinfo": "skip", "hovertemplate": None}
    if line.ghost:
        stroke["dash"] = "dot"
        return look | {"opacity": 0.35}
    return look | {"opacity": 1.0 if validation else 0.9}


def _rounded(values: np.ndarray) -> list[float | None]:
    """Five digits, which a screen cannot tell from more; null where the value is not finite."""
    finite = np.isfinite(values)
    sizes = np.log10(np.abs(values), where=finite & (values != 0), out=np.zeros(len(values)))
    decimals = 4 - np.floor(sizes).astype(int)
    rounded = np.array(values, dtype=float)
    for digits in np.unique(decimals):  # a few: a loop over the values would take most of a poll
        rounded[decimals == digits] = np.round(rounded[decimals == digits], digits)
    return [value if ok else None for value, ok in zip(rounded.tolist(), finite.tolist(), strict=True)]
