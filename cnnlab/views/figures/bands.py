"""Learning curves of several seeds as one line each: the mean, and bands around it.

The darker band is mean ± one standard deviation over seeds, the lighter one reaches from the lowest to
the highest seed. Networks differ in dash and marker as well as in colour.
"""

from typing import NamedTuple

import numpy as np
import pandas as pd
import plotly.graph_objects as go

from cnnlab.views.figures.style import MAX_MARKERS

HEIGHT = 520
MOST_TICKS = 12
PANELS = {"val_loss": ("Validation loss", "y", ".3f"), "val_accuracy": ("Validation accuracy", "y2", ".1%")}
OPACITIES = {"range": 0.13, "sd": 0.25}


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


def area(frame: pd.DataFrame, kind: str) -> Area:
    """The band of a kind, 'sd' or 'range'."""
    epochs = frame["epoch"].to_numpy(float)
    if kind == "sd":
        upper, lower = frame["mean"] + frame["sd"], frame["mean"] - frame["sd"]
    else:
        upper, lower = frame["high"], frame["low"]
    return Area(
        np.concatenate([epochs, epochs[::-1]]), np.concatenate([upper.to_numpy(), lower.to_numpy()[::-1]])
    )


def bands_figure(bands: list[Band]) -> go.Figure:
    """Validation loss above, validation accuracy below, by epoch; a note where nothing was reported."""
    figure = go.Figure(layout=_layout())
    for band in map(_trained, bands):
        if not band.frame.empty:
            for kind in OPACITIES:
                figure.add_trace(_area_trace(band, kind))
            figure.add_trace(_mean_trace(band))
    epochs = sorted({epoch for trace in figure.data for epoch in trace.x})
    if 0 < len(epochs) <= MOST_TICKS:
        figure.update_xaxes(tickvals=epochs)
    if not figure.data:
        figure.add_annotation(
            text="No seed has ended an epoch yet.", showarrow=False, xref="paper", yref="paper", x=0.5, y=0.5
        )
    return figure


def _trained(band: Band) -> Band:
    """Without the untrained networks, whose loss would press all others into a corner.

    They stay where a single epoch is all that there is besides: a band needs two ends.
    """
    trained = band.frame[band.frame["epoch"] > 0]
    return band._replace(frame=trained) if len(trained) > 1 else band


def _area_trace(band: Band, kind: str) -> go.Scatter:
    x, y = area(band.frame, kind)
    return go.Scatter(
        x=x,
        y=y,
        yaxis=PANELS[band.metric][1],
        legendgroup=band.name,
        showlegend=False,
        mode="lines",
        fill="toself",
        fillcolor=_faint(band.color, OPACITIES[kind]),
        line={"width": 0},
        hoverinfo="skip",
    )


def _faint(color: str, opacity: float) -> str:
    red, green, blue = (int(color[at : at + 2], 16) for at in (1, 3, 5))
    return f"rgba({red}, {green}, {blue}, {opacity})"


def _mean_trace(band: Band) -> go.Scatter:
    _, axis, digits = PANELS[band.metric]
    marked = len(band.frame) <= MAX_MARKERS
    return go.Scatter(
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


def _layout() -> go.Layout:
    return go.Layout(
        height=HEIGHT,
        margin={"l": 60, "r": 10, "t": 10, "b": 45},
        hovermode="x unified",
        hoversubplots="axis",
        legend={"orientation": "h", "yanchor": "bottom", "y": 1.02, "x": 0},
        paper_bgcolor="rgba(0,0,0,0)",
        plot_bgcolor="rgba(0,0,0,0)",
        xaxis={"title": {"text": "Epoch"}, "anchor": "y2", "tickformat": "d"},
        yaxis={"title": {"text": PANELS["val_loss"][0]}, "domain": [0.54, 1.0]},
        yaxis2={"title": {"text": PANELS["val_accuracy"][0]}, "domain": [0.0, 0.46], "tickformat": ".0%"},
    )
