"""Reliability curves: how often networks are right, against how sure they are.

Plain figure data for the live plot. A network below the diagonal is surer than it should be. Networks
are told apart by colour and by the shape of their markers; intervals are bars.
"""

from typing import Any, NamedTuple

from cnnlab.evidence.calibration import Calibration
from cnnlab.views.figures.style import CLEAR, GREY, NO_NETWORKS, SYMBOLS

HEIGHT = 420


class Reliability(NamedTuple):
    """One network's calibration, with its name and colour."""

    name: str
    color: str
    found: Calibration


def sentence(name: str, found: Calibration) -> str:
    """'CNN is on average 91.2% sure and right on 89.4%: … Expected calibration error: 2.1 points.'"""
    points = (found.confidence - found.accuracy) * 100
    judged = f"{abs(points):.1f} points too {'sure' if points > 0 else 'unsure'}"
    if abs(round(points, 1)) == 0:
        judged = "as sure as it should be on the whole"
    return (
        f"{name} is on average {found.confidence:.1%} sure and right on {found.accuracy:.1%}: "
        f"{judged}. Expected calibration error: {found.error * 100:.1f} points."
    )


def reliability_data(networks: list[Reliability]) -> dict[str, Any]:
    """A curve for each network and the diagonal, on which a network is right as often as it is sure."""
    layout: dict[str, Any] = CLEAR | {
        "height": HEIGHT,
        "margin": {"l": 55, "r": 10, "t": 50, "b": 45},
        "legend": {"orientation": "h", "yanchor": "bottom", "y": 1.01, "x": 0},
        "xaxis": _axis("How sure (mean probability of the answer)"),
        "yaxis": _axis("How often right"),
        "dragmode": False,
    }
    if not networks:
        layout["annotations"] = [
            {"text": NO_NETWORKS, "showarrow": False, "xref": "paper", "yref": "paper", "x": 0.5, "y": 0.5}
        ]
        return {"data": [], "layout": layout}
    diagonal = {
        "type": "scatter",
        "uid": "diagonal",
        "name": "as often right as sure",
        "mode": "lines",
        "x": [0, 1],
        "y": [0, 1],
        "line": {"color": GREY, "width": 1.5, "dash": "dash"},
        "hoverinfo": "skip",
    }
    traces = [_trace(number, network) for number, network in enumerate(networks)]
    return {"data": [diagonal, *traces], "layout": layout}


def _axis(title: str) -> dict[str, Any]:
    return {"title": {"text": title}, "range": [-0.02, 1.04], "tickformat": ".0%", "fixedrange": True}


def _trace(number: int, network: Reliability) -> dict[str, Any]:
    bins = network.found.bins
    return {
        "type": "scatter",
        "uid": f"reliability-{number}",
        "name": network.name,
        "mode": "lines+markers",
        "x": bins["confidence"].round(4).tolist(),
        "y": bins["accuracy"].round(4).tolist(),
        "customdata": bins[["images", "from", "to", "low", "high"]].to_numpy().tolist(),
        "line": {"color": network.color, "width": 2},
        "marker": {"symbol": SYMBOLS[number % len(SYMBOLS)], "size": 9, "color": network.color},
        "error_y": {
            "type": "data",
            "symmetric": False,
            "array": (bins["high"] - bins["accuracy"]).round(4).tolist(),
            "arrayminus": (bins["accuracy"] - bins["low"]).round(4).tolist(),
            "color": network.color,
            "thickness": 1.2,
            "width": 3,
        },
        "hovertemplate": (
            "%{x:.1%} sure, %{y:.1%} right (95% interval %{customdata[3]:.1%} to %{customdata[4]:.1%}) "
            "on %{customdata[0]:,} images, %{customdata[1]:.0%} to %{customdata[2]:.0%} sure"
        ),
    }
