"""The parts of a rise of the validation loss as bars, and what temperature scaling would take back of it.

The parts have the colour of the network, the whole is grey, and what is taken back is hatched.
"""

from typing import NamedTuple

import plotly.graph_objects as go

from cnnlab import words
from cnnlab.evidence.overfitting import Part, Rise
from cnnlab.evidence.temperature import Recovered
from cnnlab.views.figures.style import empty_figure, styled_figure
from cnnlab.views.palette import COMPARED_COLORS, GREY

DIGITS = 3
ROOM = 0.45  # beside the bars for their numbers, as a share of the axis
EMPTY = "The loss has not been taken apart: choose a network whose validation loss rose."


class Bar(NamedTuple):
    """One row of the figure."""

    label: str
    nats: float
    """The change of the mean validation loss; below 0 where it falls."""
    color: str
    hatch: str = ""


def bars(rise: Rise, recovered: Recovered | None, color: str) -> list[Bar]:
    """The four parts, the whole, and what temperature scaling takes back, where it is known.

    `color`: of the network.
    """
    rows = [
        _part("Right, then wrong", rise.newly_wrong, color),
        _part("Wrong, then right", rise.newly_right, color),
        _part("Wrong both times", rise.still_wrong, color),
        _part("Right both times", rise.still_right, color),
        Bar("All images", rise.total, GREY),
    ]
    if recovered is not None:
        rows.append(Bar("With temperature scaling", -recovered.gain, COMPARED_COLORS[2], "/"))
    return rows


def _part(label: str, part: Part, color: str) -> Bar:
    return Bar(f"{label} ({part.images:,})", part.rise, color)


def overfitting_figure(rise: Rise | None, recovered: Recovered | None, color: str) -> go.Figure:
    """A row for each part of the rise, from above, with its number."""
    if rise is None:
        return empty_figure(EMPTY)
    return _figure(bars(rise, recovered, color))


def _figure(rows: list[Bar]) -> go.Figure:
    return styled_figure(
        [_trace(rows)],
        height=90 + 38 * len(rows),
        margin={"l": 10, "t": 20, "b": 50},
        dragmode=False,
        xaxis={
            "title": {"text": "Change of the loss (nats)"},
            "range": _axis_range(rows),
            "zeroline": True,
            "zerolinecolor": GREY,
            "fixedrange": True,
        },
        yaxis={"type": "category", "autorange": "reversed", "automargin": True, "fixedrange": True},
    )


def _trace(rows: list[Bar]) -> go.Bar:
    return go.Bar(
        uid="parts",
        orientation="h",
        x=[row.nats for row in rows],
        y=[row.label for row in rows],
        text=[words.signed(row.nats, DIGITS) for row in rows],
        textposition="outside",
        cliponaxis=False,
        marker={
            "color": [row.color for row in rows],
            "pattern": {"shape": [row.hatch for row in rows], "solidity": 0.25},
        },
        hovertemplate="%{y}: %{text} nats<extra></extra>",
    )


def _axis_range(rows: list[Bar]) -> list[float]:
    """From the lowest to the highest bar, with room for numbers on the sides on which there are bars."""
    low, high = min(0.0, *(row.nats for row in rows)), max(0.0, *(row.nats for row in rows))
    room = ROOM * ((high - low) or 1.0)
    return [low - room if low < 0 else 0.0, high + room]
