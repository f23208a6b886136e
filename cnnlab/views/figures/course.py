"""Two networks at one epoch: where it lies on the validation curve, and what is taken for what.

Plain figure data for the live plot, so that scrubbing moves a line and recolours cells in place.
"""

from typing import Any, NamedTuple

from cnnlab.views.figures.style import CLEAR, GREY

HEIGHT = 300


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
