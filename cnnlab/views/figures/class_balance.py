"""How many training and test images each class has, as bars."""

from typing import NamedTuple

import numpy as np
import plotly.graph_objects as go

from cnnlab.views.figures.style import empty_figure, styled_figure
from cnnlab.views.palette import COMPARED_COLORS

EMPTY = "There are no images: choose another data set."
PARTS = "Training", "Test"
HATCHES = "", "/"  # the parts differ without colour, too


class Balance(NamedTuple):
    """Numbers of images by class, in the order of the classes."""

    classes: tuple[str, ...]
    train: np.ndarray
    """(classes,) int."""
    test: np.ndarray
    """(classes,) int."""

    @property
    def even(self) -> bool:
        """Whether every class has as many images as any other, in each part."""
        return all(len(set(part.tolist())) == 1 for part in (self.train, self.test))


def class_balance_figure(balance: Balance) -> go.Figure:
    """A row for each class, from above, with a bar for its training and one for its test images.

    The bars are shares of their part, so that both can be compared; their numbers stand beside them.
    """
    if not balance.train.sum() + balance.test.sum():
        return empty_figure(EMPTY)
    return styled_figure(
        [_bars(number, balance) for number in range(len(PARTS))],
        height=100 + 34 * len(balance.classes),
        margin={"l": 10, "t": 40, "b": 45},
        barmode="group",
        bargap=0.25,
        dragmode=False,
        xaxis={
            "title": {"text": "Share of the images"},
            "tickformat": ".0%",
            "range": [0, 1.25 * _highest_share(balance)],
            "fixedrange": True,
        },
        yaxis={
            "type": "category",
            "autorange": "reversed",
            "automargin": True,
            "fixedrange": True,
            "ticksuffix": " ",
        },
    )


def _shares(counts: np.ndarray) -> np.ndarray:
    return counts / max(counts.sum(), 1)


def _highest_share(balance: Balance) -> float:
    return float(max(_shares(balance.train).max(), _shares(balance.test).max()))


def _bars(number: int, balance: Balance) -> go.Bar:
    counts = (balance.train, balance.test)[number]
    return go.Bar(
        uid=PARTS[number],
        name=PARTS[number],
        orientation="h",
        x=_shares(counts),
        y=balance.classes,
        text=[f"{count:,}" for count in counts],
        textposition="outside",
        cliponaxis=False,
        marker={
            "color": COMPARED_COLORS[number],
            "pattern": {"shape": HATCHES[number], "solidity": 0.25},
        },
        hovertemplate=f"%{{y}}, {PARTS[number].lower()}: %{{text}} images, %{{x:.1%}}<extra></extra>",
    )
