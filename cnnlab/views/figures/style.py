"""The style of all figures, and the parts that several of them have: messages, error bars, straight lines.

Colours of text, grids and axes are those of the page, which `figure.js` fills in.
"""

from collections.abc import Iterable, Sequence
from html import escape
from typing import Any

import numpy as np
import plotly.graph_objects as go
from numpy.typing import ArrayLike

from cnnlab.views.palette import CLEAR, COMPARED_COLORS, DIVERGING, GREY, SEQUENTIAL

LONGEST_NAME = 18  # characters of a class at an axis; the hover text has all of them
MAX_MARKERS = 60  # of one line; more would cover it and its neighbours
NO_NETWORKS = "No network to show: choose at least one that was tested."

# Percentages along an axis, with a decimal where ticks stand closer than a point and would read the same.
PERCENT_AXIS = {
    "tickformat": ".0%",
    "tickformatstops": [
        {"dtickrange": [None, 0.0099], "value": ".1%"},
        {"dtickrange": [0.0099, None], "value": ".0%"},
    ],
}
SEQUENTIAL_SCALE = [[0, SEQUENTIAL[0]], [1, SEQUENTIAL[1]]]
DIVERGING_SCALE = [[0, DIVERGING[0]], [0.5, DIVERGING[1]], [1, DIVERGING[2]]]

# Whether Plotly checks each property, which takes four fifths of the time that a drawing of a network takes:
# the tests do, for every figure.
CHECKED = False

TEMPLATE = go.layout.Template(
    layout={
        "paper_bgcolor": CLEAR,
        "plot_bgcolor": CLEAR,
        "colorway": COMPARED_COLORS,
        "margin": {"l": 60, "r": 10, "t": 50, "b": 45},
        "legend": {"orientation": "h", "yanchor": "bottom", "y": 1.01, "x": 0},
        "hoverlabel": {"namelength": -1},
        "autotypenumbers": "strict",
    },
    data={
        "heatmap": [
            {
                "xgap": 1,
                "ygap": 1,
                "colorscale": SEQUENTIAL_SCALE,
                "colorbar": {
                    "orientation": "h",
                    "thickness": 8,
                    "y": 1.02,
                    "yanchor": "bottom",
                    "title": {"side": "top", "font": {"size": 11}},
                },
            }
        ]
    },
)


def styled_figure(traces: Sequence[Any], height: int, **layout: Any) -> go.Figure:
    """A figure of `height` pixels in the style of all; `layout` as Plotly's `go.Layout` takes it."""
    return go.Figure(traces, {"template": TEMPLATE, "height": height, **layout}, _validate=CHECKED)


def empty_figure(message: str, height: int = 200, **layout: Any) -> go.Figure:
    """A figure without data that says in its middle what to do."""
    return styled_figure([], height, annotations=[centered_note(message)], **layout)


def centered_note(text: str) -> dict[str, Any]:
    """An annotation in the middle of the figure."""
    return {"text": text, "showarrow": False, "xref": "paper", "yref": "paper", "x": 0.5, "y": 0.5}


def shortened(name: str, longest: int = LONGEST_NAME) -> str:
    """A name of at most so many characters; what is cut off becomes an ellipsis."""
    return name if len(name) <= longest else f"{name[: longest - 1].rstrip()}…"


def short_ticks(names: Iterable[str]) -> dict[str, list[str]]:
    """For an axis of categories: their names, shortened, so that long ones leave room for the figure."""
    categories = list(names)
    return {"tickvals": categories, "ticktext": [escape(shortened(name), quote=False) for name in categories]}


def error_bars(values: ArrayLike, lows: ArrayLike, highs: ArrayLike, **look: Any) -> dict[str, Any]:
    """Intervals as Plotly takes them for `error_x` and `error_y`: the distances to both ends."""
    middle = np.asarray(values, float)
    bars = {"type": "data", "symmetric": False, "thickness": 1.5, "width": 3}
    return bars | {"array": np.asarray(highs) - middle, "arrayminus": middle - np.asarray(lows)} | look


def vertical_line(x: float, dash: str = "dash", width: float = 1) -> dict[str, Any]:
    """A grey line from the bottom to the top of the figure, at `x` of its first axis."""
    place = {"xref": "x", "x0": x, "x1": x, "yref": "paper", "y0": 0, "y1": 1}
    return place | {"type": "line", "line": {"color": GREY, "width": width, "dash": dash}}
