"""Which classes networks confuse: confusion matrices on one scale, and the difference of two of them.

Every cell has its number, so that nothing depends on colour alone; the selected cell has a frame. Of more
than `MOST_CLASSES` classes those are drawn that are confused most; the counts and shares are those of all
images.
"""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import plotly.graph_objects as go

from cnnlab import words
from cnnlab.views.figures.style import DIVERGING_SCALE, empty_figure, short_ticks, styled_figure
from cnnlab.views.palette import FRAME

HEIGHT = 400  # pixels, with up to FEW classes; each further one adds ROW
FEW, ROW = 12, 24
MOST_CLASSES = 20
# A colour bar at the top of the figure; else Plotly leaves twice the room that it needs.
COLORBAR_PLACE = {"yref": "container", "y": 0.99, "yanchor": "top", "ypad": 0}
NO_IMAGES = "No image has been tested yet."


class Cell(NamedTuple):
    """A cell of the matrix, by the numbers of the classes."""

    label: int
    predicted: int


class Confusion(NamedTuple):
    """One network's matrix, row by row of the true class."""

    counts: np.ndarray
    """(classes, classes) int, in images."""
    shares: np.ndarray
    """(classes, classes) float, of the images of a class, from 0 to 1."""


class Difference(NamedTuple):
    """The first network's matrix minus the second one's."""

    counts: np.ndarray
    """(classes, classes) int, in images."""
    shares: np.ndarray
    """(classes, classes) float, of the images of a class, from -1 to 1."""
    limit: float
    """The end of the symmetric scale of the shares."""


def difference(first: np.ndarray, second: np.ndarray) -> Difference:
    """How the matrices differ; both count the same images, (classes, classes) int."""
    counts = first - second
    shares = counts / np.maximum(first.sum(axis=1, keepdims=True), 1)
    return Difference(counts, shares, float(np.abs(shares).max()) or 1.0)


def largest_difference(differing: Difference) -> Cell:
    """The mistake in which the networks differ most; the first one of several."""
    mistakes = np.abs(differing.counts)
    np.fill_diagonal(mistakes, -1)
    label, predicted = np.unravel_index(mistakes.argmax(), mistakes.shape)
    return Cell(int(label), int(predicted))


def most_confused(
    matrices: Sequence[np.ndarray], selected: Cell | None = None, most: int = MOST_CLASSES
) -> np.ndarray:
    """The classes to draw, in their order: of more than `most` those that take part in most mistakes.

    Args:
        matrices: (classes, classes) int each, of networks that are drawn side by side.
        selected: A cell whose classes are among them in any case.
        most: At least 2.
    """
    mistakes = np.sum(matrices, axis=0)
    np.fill_diagonal(mistakes, 0)
    weight = mistakes.sum(axis=0) + mistakes.sum(axis=1)
    if selected is not None:
        weight[list(selected)] = weight.max() + 1
    return np.sort(np.argsort(-weight, kind="stable")[:most])


def which_classes(shown: int, classes: int) -> str:
    """A sentence on the classes that are drawn; empty where all are."""
    return f"Of {classes} classes the {shown} that are confused most are shown." if shown < classes else ""


def confusion_figure(
    counts: np.ndarray,
    classes: tuple[str, ...],
    selected: Cell | None = None,
    shown: np.ndarray | None = None,
) -> go.Figure:
    """One network's matrix, its colours always from 0 to all images of a class.

    Args:
        counts: (classes, classes) int: images of the row's class that were predicted as the column's.
        classes: Their names.
        selected: The cell that gets a frame.
        shown: The numbers of the classes to draw, as `most_confused` gives them, which is the default.
    """
    if not classes:
        return empty_figure(NO_IMAGES)
    shares = counts / np.maximum(counts.sum(axis=1, keepdims=True), 1)
    drawn = most_confused([counts], selected) if shown is None else shown
    names, cut = _cut(classes, drawn)
    return _figure(_confusion_heatmap(Confusion(counts[cut], shares[cut]), names), drawn, selected)


def confusion_difference_figure(
    differing: Difference,
    classes: tuple[str, ...],
    names: tuple[str, str],
    selected: Cell | None = None,
    shown: np.ndarray | None = None,
) -> go.Figure:
    """Blue where the first network answers more often as the cell says, orange where the second does.

    `shown` are the numbers of the classes to draw; by default those in which the networks differ most.
    """
    if not classes:
        return empty_figure(NO_IMAGES)
    drawn = most_confused([np.abs(differing.counts)], selected) if shown is None else shown
    labels, cut = _cut(classes, drawn)
    part = Difference(differing.counts[cut], differing.shares[cut], differing.limit)
    return _figure(_difference_heatmap(part, labels, names), drawn, selected)


def _cut(classes: tuple[str, ...], drawn: np.ndarray) -> tuple[tuple[str, ...], tuple[np.ndarray, ...]]:
    """The names of the classes to draw, and the index of their cells in a matrix of all."""
    return tuple(classes[number] for number in drawn), np.ix_(drawn, drawn)


def _confusion_heatmap(matrix: Confusion, classes: tuple[str, ...]) -> go.Heatmap:
    return go.Heatmap(
        uid="confusion",
        x=classes,
        y=classes,
        z=matrix.shares,
        text=matrix.counts.tolist(),
        texttemplate="%{text}",
        textfont={"size": 9},
        zmin=0,
        zmax=1,
        colorbar={
            **COLORBAR_PLACE,
            "title": {"text": "Share of the class"},
            "tickformat": ".0%",
            "tickvals": [0, 0.5, 1],
        },
        hovertemplate="%{text} of class %{y} were predicted as %{x} (%{z:.0%})<extra></extra>",
    )


def _difference_heatmap(
    differing: Difference, classes: tuple[str, ...], names: tuple[str, str]
) -> go.Heatmap:
    ends = [-differing.limit, 0, differing.limit]
    return go.Heatmap(
        uid="difference",
        x=classes,
        y=classes,
        z=differing.shares,
        text=[[words.signed(count, 0) for count in row] for row in differing.counts.tolist()],
        texttemplate="%{text}",
        textfont={"size": 9},
        customdata=[[_who_more(count, names) for count in row] for row in differing.counts.tolist()],
        zmin=-differing.limit,
        zmax=differing.limit,
        colorscale=DIVERGING_SCALE,
        colorbar={
            **COLORBAR_PLACE,
            "title": {"text": "Difference in the share of the class"},
            "tickvals": ends,
            "ticktext": [f"{words.signed(100 * end)}%" if end else "0" for end in ends],
        },
        hovertemplate="Class %{y} predicted as %{x}: %{customdata}<extra></extra>",
    )


def _who_more(count: int, names: tuple[str, str]) -> str:
    if not count:
        return "equally often"
    return f"{abs(count):,} more by {names[0] if count > 0 else names[1]}"


def _figure(heatmap: go.Heatmap, drawn: np.ndarray, selected: Cell | None) -> go.Figure:
    # Fixed ranges: a drag scrolls the page, and a click that slips is still a click.
    axis = {
        "automargin": True,
        "tickfont": {"size": 9},
        "type": "category",
        "fixedrange": True,
        **short_ticks(heatmap.x),
    }
    return styled_figure(
        [heatmap],
        HEIGHT + ROW * max(0, len(drawn) - FEW),
        margin={"l": 10, "t": 60, "b": 10},
        dragmode=False,
        xaxis={**axis, "title": {"text": "Predicted as"}},
        yaxis={**axis, "title": {"text": "Class"}, "autorange": "reversed"},
        shapes=[_frame(Cell(*np.searchsorted(drawn, selected).tolist()))] if selected else [],
    )


def _frame(cell: Cell) -> dict:
    """A rectangle around a cell: categories are whole numbers, and cells reach half way to the next."""
    x, y = cell.predicted, cell.label
    edges = {"x0": x - 0.5, "x1": x + 0.5, "y0": y - 0.5, "y1": y + 0.5}
    return {"type": "rect", "line": {"color": FRAME, "width": 3}} | edges
