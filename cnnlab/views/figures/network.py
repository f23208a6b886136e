"""A network as a drawing: the image, stacks of feature maps, bars for dense layers.

Heights are true to scale: a map of side 26 is drawn twice as high as one of side 13. Channels and units,
which vary over powers of ten, are drawn by their logarithm. Layers that do not change the shape (batch
normalisation, activation, dropout) appear in the hover text of the layer before them.
"""

from collections.abc import Sequence
from itertools import pairwise
from math import log2
from textwrap import wrap
from typing import Literal, NamedTuple

import plotly.graph_objects as go

from cnnlab.arithmetic.explanations import shape_label
from cnnlab.arithmetic.network import LayerRow
from cnnlab.spec import POOLINGS
from cnnlab.views.figures.style import empty_figure, styled_figure
from cnnlab.views.palette import GREY, PALE, WHITE, mixed, translucent

Kind = Literal["image", "convolution", "pooling", "flatten", "dense"]

KINDS: dict[str, Kind] = {
    "Conv2D": "convolution",
    **dict.fromkeys((choice.layer for choice in POOLINGS.values()), "pooling"),
    "Flatten": "flatten",
    "Dense": "dense",
}

# Lengths in units of the drawing, which are pixels where the page is LEAST_WIDTH wide.
FIGURE_HEIGHT = 220  # pixels on every page
LEAST_WIDTH = 640  # a short network is centred, not stretched
SLOT = 80  # from the middle of one layer to that of the next
HIGHEST_MAP = 110
FORESHORTENED = 0.4  # width of a sheet over its height
LEAST_SHEET = 6  # so that a map of one pixel can be seen
SHEET_STEP = 2.5  # from one sheet of a stack to the next, to the right and upwards
BAR_WIDTH = 14
BAR_HEIGHT = 6  # for each doubling of the units
VERTICAL_RANGE = -62, 84  # the same for all networks, so that two of them compare

MARGIN = {"l": 0, "r": 12, "t": 4, "b": 4}  # the last label needs room where labels are upright
AXIS = {"showgrid": False, "zeroline": False, "showline": False, "ticks": "", "fixedrange": True}
NO_NETWORK = "There is no network to draw yet:<br>the settings have to fit together first."


class Box(NamedTuple):
    """One layer of the drawing: `sheets` rectangles, the first in front, each a step behind the next.

    left, width, height: of the front rectangle, which is centred on the height 0.
    hover: lines of the hover text, joined by <br>.
    """

    name: str
    kind: Kind
    shape: tuple[int, ...]
    left: float
    width: float
    height: float
    sheets: int
    hover: str

    @property
    def depth(self) -> float:
        """How far the last sheet stands to the right of the first, and above it."""
        return (self.sheets - 1) * SHEET_STEP

    @property
    def middle(self) -> float:
        """Half way between the left and the right edge of the whole stack."""
        return self.left + (self.width + self.depth) / 2


def network_boxes(rows: Sequence[LayerRow], input_shape: tuple[int, int, int]) -> list[Box]:
    """The boxes of the drawing from left to right, the image first; none for an empty network."""
    if not rows:
        return []
    sides = [max(row.output_shape[:2]) for row in rows if len(row.output_shape) == 3]
    unit = HIGHEST_MAP / max(*sides, *input_shape[:2])
    boxes = [_box("image", "image", input_shape, 0, unit, ["One image, as it enters the network."])]
    for row in rows:
        if row.type in KINDS:
            texts = [row.shape_text, f"Parameters: {row.params_text}"]
            boxes.append(_box(row.name, KINDS[row.type], row.output_shape, len(boxes), unit, texts))
        else:
            boxes[-1] = boxes[-1]._replace(hover=f"{boxes[-1].hover}<br>Then {row.name} ({row.type}).")
    return boxes


def _box(name: str, kind: Kind, shape: tuple[int, ...], slot: int, unit: float, texts: list[str]) -> Box:
    """The box in the middle of its slot, the first slot being number 0; `unit` is the size of a pixel."""
    if len(shape) == 3:
        height = max(shape[0] * unit, LEAST_SHEET)
        width = max(shape[1] * unit * FORESHORTENED, LEAST_SHEET)
        sheets = 1 + round(log2(shape[2]))
    else:
        height, width, sheets = BAR_HEIGHT * log2(1 + shape[0]), BAR_WIDTH, 1
    lines = [f"<b>{name}</b> {shape_label(shape)}", *(line for text in texts for line in wrap(text, 48))]
    box = Box(name, kind, shape, 0.0, width, height, sheets, "<br>".join(lines))
    return box._replace(left=slot * SLOT - box.middle)


def network_figure(rows: Sequence[LayerRow], input_shape: tuple[int, int, int], color: str) -> go.Figure:
    """The drawing of a network.

    Args:
        rows: The network's layers, from `cnnlab.arithmetic.network.layer_rows`; may be empty.
        input_shape: (height, width, channels) of one image.
        color: Of the learning layers, as "#rrggbb"; pooling is drawn in a paler one, the rest in grey.
    """
    boxes = network_boxes(rows, input_shape)
    if not boxes:
        hidden = {"visible": False}
        return empty_figure(NO_NETWORK, FIGURE_HEIGHT, margin=MARGIN, xaxis=hidden, yaxis=hidden)
    return _figure(boxes, color)


def _figure(boxes: list[Box], color: str) -> go.Figure:
    center, width = boxes[-1].middle / 2, max(len(boxes) * SLOT, LEAST_WIDTH)
    return styled_figure(
        [_hover_points(boxes)],
        FIGURE_HEIGHT,
        margin=MARGIN,
        hovermode="closest",
        dragmode=False,
        shapes=[*_links(boxes), *_sheets(boxes, _kind_colors(color))],
        # Where labels would overlap, as on a phone, Plotly turns them upright and makes room.
        xaxis={
            **AXIS,
            "automargin": True,
            "autotickangles": [0, -90],
            "tickfont": {"size": 11},
            "range": [center - width / 2, center + width / 2],
            "tickvals": [box.middle for box in boxes],
            "ticktext": [f"{box.name}<br>{shape_label(box.shape)}" for box in boxes],
        },
        yaxis={**AXIS, "showticklabels": False, "range": list(VERTICAL_RANGE)},
    )


def _hover_points(boxes: list[Box]) -> go.Scatter:
    """Invisible points in the boxes' middles that carry the hover texts."""
    return go.Scatter(
        uid="layers",
        x=[box.middle for box in boxes],
        y=[box.depth / 2 for box in boxes],
        mode="markers",
        marker={"size": 40, "opacity": 0},
        hovertext=[box.hover for box in boxes],
        hoverinfo="text",
        showlegend=False,
    )


def _sheets(boxes: list[Box], colors: dict[Kind, str]) -> list[dict]:
    """The rectangles of all boxes, the last of each stack first, since later ones cover earlier ones."""
    return [
        {
            "type": "rect",
            "x0": box.left + step,
            "x1": box.left + step + box.width,
            "y0": step - box.height / 2,
            "y1": step + box.height / 2,
            "fillcolor": colors[box.kind],
            "line": {"color": translucent(WHITE, 0.7), "width": 1},
        }
        for box in boxes
        for step in (sheet * SHEET_STEP for sheet in reversed(range(box.sheets)))
    ]


def _links(boxes: list[Box]) -> list[dict]:
    return [
        {
            "type": "line",
            "x0": before.left + before.width,
            "x1": after.left,
            "y0": 0,
            "y1": 0,
            "line": {"color": GREY, "width": 1},
        }
        for before, after in pairwise(boxes)
    ]


def _kind_colors(color: str) -> dict[Kind, str]:
    pooling = mixed(color, PALE, 0.6)
    return {"image": GREY, "convolution": color, "pooling": pooling, "flatten": GREY, "dense": color}
