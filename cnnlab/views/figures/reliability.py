"""Reliability curves: how often networks are right, against how confident they are.

A network below the diagonal is overconfident. Networks differ in colour and in the shape of their
markers; bars are intervals.
"""

from typing import Any, NamedTuple

import plotly.graph_objects as go

from cnnlab.evidence.calibration import Calibration
from cnnlab.views.figures.style import NO_NETWORKS, empty_figure, error_bars, styled_figure
from cnnlab.views.palette import GREY, compared_symbol

HEIGHT = 420


class Reliability(NamedTuple):
    """One network's calibration, with its name and colour."""

    name: str
    color: str
    calibration: Calibration


def reliability_figure(networks: list[Reliability]) -> go.Figure:
    """A curve for each network, and the diagonal, on which networks are perfectly calibrated."""
    if not networks:
        return empty_figure(NO_NETWORKS, HEIGHT)
    return _figure(networks)


def _figure(networks: list[Reliability]) -> go.Figure:
    return styled_figure(
        [_diagonal(), *(_curve(number, network) for number, network in enumerate(networks))],
        HEIGHT,
        margin={"l": 55},
        dragmode=False,
        xaxis=_axis("Confidence (mean probability of the answer)"),
        yaxis=_axis("Accuracy"),
    )


def _axis(title: str) -> dict[str, Any]:
    return {"title": {"text": title}, "range": [-0.02, 1.04], "tickformat": ".0%", "fixedrange": True}


def _diagonal() -> go.Scatter:
    return go.Scatter(
        uid="diagonal",
        name="perfectly calibrated",
        mode="lines",
        x=[0, 1],
        y=[0, 1],
        line={"color": GREY, "width": 1.5, "dash": "dash"},
        hoverinfo="skip",
    )


def _curve(number: int, network: Reliability) -> go.Scatter:
    bins = network.calibration.bins
    return go.Scatter(
        uid=f"reliability-{number}",
        name=network.name,
        mode="lines+markers",
        x=bins["confidence"],
        y=bins["accuracy"],
        customdata=bins[["images", "from", "to", "low", "high"]],
        line={"color": network.color, "width": 2},
        marker={"symbol": compared_symbol(number), "size": 9, "color": network.color},
        error_y=error_bars(bins["accuracy"], bins["low"], bins["high"], color=network.color, thickness=1.2),
        hovertemplate=(
            "confidence %{x:.1%}, accuracy %{y:.1%} (95% interval %{customdata[3]:.1%} to "
            "%{customdata[4]:.1%}) on %{customdata[0]:,} images of confidence %{customdata[1]:.0%} to "
            "%{customdata[2]:.0%}"
        ),
    )
