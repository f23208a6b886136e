"""The course of a training: the validation losses of the networks, with a cursor at one epoch."""

from typing import NamedTuple

import plotly.graph_objects as go

from cnnlab.views.figures.style import empty_figure, styled_figure, vertical_line

HEIGHT = 300


class Course(NamedTuple):
    """The validation loss of one network after each epoch."""

    name: str
    color: str
    dash: str
    epochs: list[float]
    losses: list[float]


def course_figure(courses: list[Course], epoch: int) -> go.Figure:
    """The validation losses by epoch, and the cursor at `epoch`, which moves in place."""
    if not any(course.epochs for course in courses):
        return empty_figure("No epoch has ended yet.", HEIGHT)
    return _figure(courses, epoch)


def _figure(courses: list[Course], epoch: int) -> go.Figure:
    return styled_figure(
        [_line(number, course) for number, course in enumerate(courses)],
        HEIGHT,
        margin={"l": 50, "t": 40, "b": 40},
        hovermode="x unified",
        xaxis={"title": {"text": "Epoch"}, "rangemode": "tozero"},
        yaxis={"title": {"text": "Validation loss"}, "rangemode": "tozero"},
        shapes=[vertical_line(epoch, width=2)],
    )


def _line(number: int, course: Course) -> go.Scatter:
    return go.Scatter(
        uid=f"course-{number}",
        name=course.name,
        x=course.epochs,
        y=course.losses,
        mode="lines+markers",
        line={"color": course.color, "width": 2.5, "dash": course.dash},
        hovertemplate="%{y:.3f}",
    )
