"""What two networks take for what, and where they differ in it: confusion matrices that share a scale.

Plain figure data for the live plot. Every cell says its number, so that nothing hangs on colour alone;
the chosen cell has a frame.
"""

from typing import Any, NamedTuple

import numpy as np

from cnnlab.views.figures.course import HEIGHT
from cnnlab.views.figures.style import CLEAR, SCALE
from cnnlab.views.palette import DIVERGING

FRAME = "#c2185b"
ON_TOP = {
    "yref": "container",
    "y": 0.99,
    "yanchor": "top",
    "ypad": 0,
}  # else Plotly leaves twice the room it needs
STILL = {"fixedrange": True}  # a drag scrolls the page, and a click that slips is still a click


class Cell(NamedTuple):
    """A cell of the matrix, by the numbers of the classes."""

    label: int
    taken_for: int


class Difference(NamedTuple):
    """The first network's matrix minus the second one's."""

    counts: np.ndarray
    """(classes, classes) int, in images."""
    shares: np.ndarray
    """(classes, classes) float, as shares of the images of a class, from -1 to 1."""
    limit: float
    """The end of the symmetric scale of the shares."""


def difference(first: np.ndarray, second: np.ndarray) -> Difference:
    """How the matrices differ; both count the same images, (classes, classes) int."""
    counts = first - second
    shares = counts / np.maximum(first.sum(axis=1, keepdims=True), 1)
    return Difference(counts, shares, float(np.abs(shares).max()) or 1.0)


def matrix_data(counts: np.ndarray, classes: tuple[str, ...], chosen: Cell | None = None) -> dict[str, Any]:
    """One network's matrix, its colours always from 0 to all images of a class."""
    figure = confusion_data(counts, classes)
    [heatmap] = figure["data"]
    heatmap["colorbar"] |= ON_TOP
    return {"data": [heatmap], "layout": _framed(figure["layout"], chosen)}


def difference_data(
    found: Difference, classes: tuple[str, ...], names: tuple[str, str], chosen: Cell | None = None
) -> dict[str, Any]:
    """Where the first network does more often what the cell says (blue), where the second (orange)."""
    figure = confusion_data(np.abs(found.counts), classes)
    [heatmap] = figure["data"]
    orange, grey, blue = DIVERGING
    words = [[_words(int(count), names) for count in row] for row in found.counts]
    heatmap |= {
        "uid": "difference",
        "z": found.shares.round(4).tolist(),
        "text": [[_signed(int(count)) for count in row] for row in found.counts],
        "customdata": words,
        "zmin": -found.limit,
        "zmax": found.limit,
        "colorscale": [[0, orange], [0.5, grey], [1, blue]],
        "hovertemplate": "Class %{y} taken for %{x}: %{customdata}<extra></extra>",
    }
    ends = [-found.limit, 0, found.limit]
    heatmap["colorbar"] |= ON_TOP | {
        "title": {"text": "Difference in the share of the class", "side": "top", "font": {"size": 11}},
        "tickvals": ends,
        "ticktext": [f"{end:+.1%}".replace("-", "−") if end else "0" for end in ends],
    }
    return {"data": [heatmap], "layout": _framed(figure["layout"], chosen)}


def largest(found: Difference) -> Cell:
    """The mistake in which the networks differ most; of equals the first."""
    mistakes = np.abs(found.counts)
    np.fill_diagonal(mistakes, -1)
    label, taken_for = np.unravel_index(mistakes.argmax(), mistakes.shape)
    return Cell(int(label), int(taken_for))


def _framed(layout: dict[str, Any], chosen: Cell | None) -> dict[str, Any]:
    layout = layout | {
        "dragmode": False,
        "xaxis": layout["xaxis"] | STILL,
        "yaxis": layout["yaxis"] | STILL,
        "shapes": [],
    }
    if chosen:
        x, y = chosen.taken_for, chosen.label  # categories have whole numbers, cells reach half way
        edges = {"x0": x - 0.5, "x1": x + 0.5, "y0": y - 0.5, "y1": y + 0.5}
        layout["shapes"] = [{"type": "rect", "line": {"color": FRAME, "width": 3}} | edges]
    return layout


def _signed(count: int) -> str:
    return f"{count:+d}".replace("-", "−") if count else "0"


def _words(count: int, names: tuple[str, str]) -> str:
    if not count:
        return "equally often"
    return f"{abs(count):,} more by {names[0] if count > 0 else names[1]}"


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
