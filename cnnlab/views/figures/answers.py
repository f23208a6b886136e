"""What the networks predict for one image: their most likely classes as bars."""

from typing import NamedTuple

import numpy as np
import plotly.graph_objects as go

from cnnlab import words
from cnnlab.views.figures.style import empty_figure, short_ticks, styled_figure

TOP = 3
HATCHES = ("", "/")  # so that the networks differ without colour


class Answer(NamedTuple):
    """One network's probabilities, (classes,) float32 that sum to 1."""

    name: str
    color: str
    probabilities: np.ndarray


def top_classes(
    probabilities: np.ndarray, classes: tuple[str, ...], count: int = TOP
) -> list[tuple[str, float]]:
    """The most likely classes and their probabilities, the likeliest first."""
    order = np.argsort(-probabilities, kind="stable")[:count]
    return [(classes[index], float(probabilities[index])) for index in order]


def predicted_class(answer: Answer, classes: tuple[str, ...], label: int | None) -> str:
    """'Coat (93%), right': the predicted class, and whether it is the true one if that is known."""
    category, probability = top_classes(answer.probabilities, classes)[0]
    judged = "" if label is None else ", right" if category == classes[label] else ", wrong"
    return f"{category} ({words.percent(probability, 0)}){judged}"


def answers_figure(answers: list[Answer], classes: tuple[str, ...]) -> go.Figure:
    """A bar for every class that is among the likeliest of any network, on one scale from 0 to 1."""
    if not answers:
        return empty_figure("No network has answered yet.")
    likeliest = {index for answer in answers for index in np.argsort(-answer.probabilities)[:TOP].tolist()}
    return _figure(answers, classes, sorted(likeliest))


def _figure(answers: list[Answer], classes: tuple[str, ...], rows: list[int]) -> go.Figure:
    names = [classes[row] for row in rows]
    return styled_figure(
        [_bars(number, answer, rows, names) for number, answer in enumerate(answers)],
        height=90 + 44 * len(rows),
        margin={"l": 10, "t": 40, "b": 30},
        barmode="group",
        xaxis={"range": [0, 1.08], "tickformat": ".0%", "tickvals": [0, 0.25, 0.5, 0.75, 1]},
        yaxis={"automargin": True, "type": "category", "autorange": "reversed", **short_ticks(names)},
    )


def _bars(number: int, answer: Answer, rows: list[int], names: list[str]) -> go.Bar:
    return go.Bar(
        uid=f"answer-{number}",
        name=answer.name,
        orientation="h",
        x=answer.probabilities[rows],
        y=names,
        marker={"color": answer.color, "pattern": {"shape": HATCHES[number % 2], "solidity": 0.25}},
        texttemplate="%{x:.0%}",
        textposition="outside",
        cliponaxis=False,
        hovertemplate="%{x:.1%}",
    )
