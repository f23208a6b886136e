"""How frequent each brightness is among the pixels of a data set: a line for each channel, as steps."""

import numpy as np
import plotly.graph_objects as go

from cnnlab.views.figures.style import empty_figure, styled_figure
from cnnlab.views.palette import COMPARED_COLORS, GREY

EMPTY = "There are no pixels to count: choose another data set."
HEIGHT = 330
GREY_CHANNEL = (("Grey", GREY, "solid"),)
# The palette's colours that are closest to those of the channels, with different dashes.
COLOR_CHANNELS = (
    ("Red", COMPARED_COLORS[4], "solid"),
    ("Green", COMPARED_COLORS[2], "dash"),
    ("Blue", COMPARED_COLORS[0], "dot"),
)


def pixel_histogram_figure(histogram: np.ndarray) -> go.Figure:
    """The shares of pixel values, on a logarithmic axis, since backgrounds are far more frequent.

    `histogram`: (C, bins) from 0 to 1, as `evidence.images.pixel_histogram` gives it. An empty bin leaves a
    gap.
    """
    if not histogram.size:
        return empty_figure(EMPTY)
    channels = GREY_CHANNEL if len(histogram) == 1 else COLOR_CHANNELS
    return styled_figure(
        [_steps(shares, *channel) for shares, channel in zip(histogram, channels, strict=True)],
        height=HEIGHT,
        margin={"l": 60, "t": 40, "b": 45},
        showlegend=len(histogram) > 1,
        dragmode=False,
        xaxis={
            "title": {"text": "Value of a pixel (0 black, 255 bright)"},
            "range": [0, 256],
            "tickvals": [0, 64, 128, 192, 255],
            "fixedrange": True,
        },
        yaxis={
            "title": {"text": "Share of the pixels"},
            "type": "log",
            "tickformat": ".2~%",
            "dtick": 1,
            "fixedrange": True,
        },
    )


def _steps(shares: np.ndarray, name: str, color: str, dash: str) -> go.Scatter:
    width = 256 // len(shares)
    starts = np.arange(len(shares)) * width
    return go.Scatter(
        uid=name,
        name=name,
        mode="lines+markers",
        x=starts + width / 2,
        y=[share or None for share in shares.tolist()],
        customdata=np.stack([starts, starts + width - 1], axis=1),
        line={"color": color, "dash": dash, "width": 2, "shape": "hvh"},
        marker={"color": color, "size": 3},
        hovertemplate=f"{name} %{{customdata[0]}} to %{{customdata[1]}}: %{{y:.2%}}<extra></extra>",
    )
