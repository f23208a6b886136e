"""Two networks at one epoch: where it lies on the validation curve, and what is taken for what.

Plain figure data for the live plot, so that scrubbing moves a line and recolours cells in place.
"""

from typing import Any, NamedTuple

import numpy as np

from cnnlab.views.figures.curves import GREY

HEIGHT = 300
SCALE = [[0, "#e8eaeb"], [1, "#0877bd"]]
CLEAR = {"paper_bgcolor": "rgba(0,0,0,0)", "plot_bgcolor": "rgba(0,0,0,0)"}


class Course(NamedTuple):
    """The validation loss of one network after each epoch."""

    name: str
    color: str
    dash: str
    epochs: list[float]
    losses: list[float]


def course_data(courses: list[Course], epoch: int) -> dict[str, Any]:
    """The validation losses of the networks, and a cursor at one epoch."""
    traces = [
        {
            "type": "scatter",
            "uid": course.name,
            "name": course.name,
            "x": course.epochs,
            "y": course.losses,
            "mode": "lines+markers",
            "line": {"color": course.color, "width": 2.5, "dash": course.dash},
            "hovertemplate": "%{y:.3f}",
        }
        for course in courses
    ]
    cursor = {"type": "line", "xref": "x", "yref": "paper", "x0": epoch, "x1": epoch, "y0": 0, "y1": 1}
    layout = CLEAR | {
        "height": HEIGHT,
        "margin": {"l": 50, "r": 10, "t": 40, "b": 40},
        "hovermode": "x unified",
        "legend": {"orientation": "h", "yanchor": "bottom", "y": 1.01, "x": 0},
        "xaxis": {"title": {"text": "Epoch"}, "rangemode": "tozero"},
        "yaxis": {"title": {"text": "Validation loss"}, "rangemode": "tozero"},
        "shapes": [cursor | {"line": {"color": GREY, "width": 2, "dash": "dash"}}],
    }
    return {"data": traces, "layout": layout}


def confusion_data(counts: np.ndarray, classes: tuple[str, ...]) -> dict[str, Any]:
    """The counts in cells, coloured by the share of their row, always from 0 to 1."""
    shares = counts / np.maximum(counts.sum(axis=1, keepdims=True), 1)
    heatmap = {
        "type": "heatmap",
        "uid": "confusion",
        "x": list(classes),
        "y": list(classes),
        "z": shares.round(4).tolist(),
        "text": counts.tolist(),
        "texttemplate": "%{text}",
        "textfont": {"size": 9},
        "zmin": 0,
        "zmax": 1,
        "colorscale": SCALE,
        "xgap": 1,
        "ygap": 1,
        "hovertemplate": "%{text} of class %{y} were taken for %{x} (%{z:.0%})<extra></extra>",
        "colorbar": {
            "orientation": "h",
            "thickness": 8,
            "y": 1.02,
            "yanchor": "bottom",
            "tickformat": ".0%",
            "tickvals": [0, 0.5, 1],
            "title": {"text": "Share of the class", "side": "top", "font": {"size": 11}},
        },
    }
    layout = CLEAR | {
        "height": HEIGHT + 100,
        "margin": {"l": 10, "r": 10, "t": 60, "b": 10},
        "xaxis": {
            "title": {"text": "Taken for"},
            "automargin": True,
            "tickfont": {"size": 9},
            "type": "category",
        },
        "yaxis": {
            "title": {"text": "Class"},
            "automargin": True,
            "tickfont": {"size": 9},
            "type": "category",
            "autorange": "reversed",
        },
    }
    return {"data": [heatmap], "layout": layout}
