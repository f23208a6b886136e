"""Learning curves of several seeds as one line for each network: the mean, with bands around it.

The darker band is mean ± one standard deviation over seeds, the lighter one reaches from the lowest to
the highest seed. Networks differ in dash and marker as well as in colour.
"""

from typing import Literal, NamedTuple

import numpy as np
import pandas as pd
import plotly.graph_objects as go

from cnnlab.views.figures.style import MAX_MARKERS, PERCENT_AXIS, empty_figure, styled_figure
from cnnlab.views.palette import translucent

HEIGHT = 520
MOST_TICKS = 12
PANELS = {"val_loss": ("Validation loss", "y", ".3f"), "val_accuracy": ("Validation accuracy", "y2", ".1%")}
Kind = Literal["range", "sd"]
OPACITIES: dict[Kind, float] = {"range": 0.13, "sd": 0.25}


class Band(NamedTuple):
    """One network's curves of one metric over all seeds.

    `frame` has the columns epoch, seeds, mean, sd, low and high, as `seed_noise.band` gives them.
    """

    name: str
    color: str
    dash: str
    symbol: str
    metric: str
    frame: pd.DataFrame


class Area(NamedTuple):
    """A band as a closed line: along its upper edge to the right, along its lower edge back."""

    x: np.ndarray
    y: np.ndarray


def band_area(frame: pd.DataFrame, kind: Kind) -> Area:
    """The outline of a band."""
    epochs = frame["epoch"].to_numpy(float)
    if kind == "sd":
        upper, lower = frame["mean"] + frame["sd"], frame["mean"] - frame["sd"]
    else:
        upper, lower = frame["high"], frame["low"]
    return Area(
        np.concatenate([epochs, epochs[::-1]]), np.concatenate([upper.to_numpy(), lower.to_numpy()[::-1]])
    )


def bands_figure(bands: list[Band]) -> go.Figure:
    """Validation loss above, validation accuracy below, by epoch."""
    reported = [_without_untrained(band) for band in bands if not band.frame.empty]
    return _figure(reported) if reported else empty_figure("No seed has finished an epoch yet.")


def _without_untrained(band: Band) -> Band:
    """Without the untrained networks, whose loss would press all others into a corner.

    They stay where there is only one more epoch: a band needs two ends.
    """
    trained = band.frame[band.frame["epoch"] > 0]
    return band._replace(frame=trained) if len(trained) > 1 else band


def _figure(bands: list[Band]) -> go.Figure:
    traces: list[go.Scatter] = []
    for number, band in enumerate(bands):
        traces += [_area_trace(number, band, kind) for kind in OPACITIES]
        traces.append(_mean_trace(number, band))
    epochs = sorted({epoch for band in bands for epoch in band.frame["epoch"]})
    return styled_figure(
        traces,
        HEIGHT,
        hovermode="x unified",
        hoversubplots="axis",
        xaxis={
            "title": {"text": "Epoch"},
            "anchor": "y2",
            "tickformat": "d",
            "tickvals": epochs if len(epochs) <= MOST_TICKS else None,
        },
        yaxis={"title": {"text": PANELS["val_loss"][0]}, "domain": [0.54, 1.0]},
        yaxis2={"title": {"text": PANELS["val_accuracy"][0]}, "domain": [0.0, 0.46]} | PERCENT_AXIS,
    )


def _area_trace(number: int, band: Band, kind: Kind) -> go.Scatter:
    outline = band_area(band.frame, kind)
    return go.Scatter(
        uid=f"{kind}-{number}",
        x=outline.x,
        y=outline.y,
        yaxis=PANELS[band.metric][1],
        legendgroup=band.name,
        showlegend=False,
        mode="lines",
        fill="toself",
        fillcolor=translucent(band.color, OPACITIES[kind]),
        line={"width": 0},
        hoverinfo="skip",
    )


def _mean_trace(number: int, band: Band) -> go.Scatter:
    _, axis, digits = PANELS[band.metric]
    marked = len(band.frame) <= MAX_MARKERS
    return go.Scatter(
        uid=f"mean-{number}",
        x=band.frame["epoch"],
        y=band.frame["mean"],
        customdata=band.frame[["sd", "low", "high", "seeds"]],
        yaxis=axis,
        name=f"{band.name}, mean",
        legendgroup=band.name,
        showlegend=band.metric == "val_loss",
        mode="lines+markers" if marked else "lines",
        line={"color": band.color, "width": 2.5, "dash": band.dash},
        marker={"symbol": band.symbol, "size": 8},
        hovertemplate=(
            f"%{{y:{digits}}} ± %{{customdata[0]:{digits}}}, from %{{customdata[1]:{digits}}} to "
            f"%{{customdata[2]:{digits}}}, %{{customdata[3]}} seeds"
        ),
    )
