"""What the networks say of one image: their most likely classes as bars."""

from typing import Any, NamedTuple

import numpy as np

TOP = 3
HATCHES = ("", "/")  # so that the networks are told apart without colour


class Answer(NamedTuple):
    """One network's probabilities, (classes,) float32 that sum to 1."""

    name: str
    color: str
    probabilities: np.ndarray


def top(probabilities: np.ndarray, classes: tuple[str, ...]) -> list[tuple[str, float]]:
    """The most likely classes and their probabilities, the likeliest first."""
    order = np.argsort(-probabilities, kind="stable")[:TOP]
    return [(classes[index], float(probabilities[index])) for index in order]


def sentence(answer: Answer, classes: tuple[str, ...], label: int | None) -> str:
    """'CNN 64-64: Coat (93%), right', for those who do not see the bars."""
    category, probability = top(answer.probabilities, classes)[0]
    verdict = "" if label is None else ", right" if category == classes[label] else ", wrong"
    return f"**{answer.name}:** {category} ({probability:.0%}){verdict}"


def bars_data(answers: list[Answer], classes: tuple[str, ...]) -> dict[str, Any]:
    """A bar for every class that is among the likeliest of any network, on one scale from 0 to 1."""
    shown = sorted({index for each in answers for index in np.argsort(-each.probabilities)[:TOP].tolist()})
    traces = [
        {
            "type": "bar",
            "orientation": "h",
            "uid": f"answer-{number}",
            "name": answer.name,
            "y": [classes[index] for index in shown],
            "x": [round(float(answer.probabilities[index]), 4) for index in shown],
            "marker": {"color": answer.color, "pattern": {"shape": HATCHES[number % 2], "solidity": 0.25}},
            "texttemplate": "%{x:.0%}",
            "textposition": "outside",
            "cliponaxis": False,
            "hovertemplate": "%{x:.1%}",
        }
        for number, answer in enumerate(answers)
    ]
    layout = {
        "height": 90 + 44 * len(shown),
        "margin": {"l": 10, "r": 10, "t": 40, "b": 30},
        "barmode": "group",
        "legend": {"orientation": "h", "yanchor": "bottom", "y": 1.01, "x": 0},
        "paper_bgcolor": "rgba(0,0,0,0)",
        "plot_bgcolor": "rgba(0,0,0,0)",
        "xaxis": {"range": [0, 1.08], "tickformat": ".0%", "tickvals": [0, 0.25, 0.5, 0.75, 1]},
        "yaxis": {"automargin": True, "type": "category", "autorange": "reversed"},
    }
    return {"data": traces, "layout": layout}
