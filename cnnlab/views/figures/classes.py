"""How good several networks are at each class: a point with its interval for each, in the same rows.

Plain figure data for the live plot. Networks are told apart by colour and by the shape of their markers.
"""

from typing import Any, NamedTuple

import numpy as np
import pandas as pd

from cnnlab.views.figures.style import CLEAR, NO_NETWORKS, SYMBOLS


class ClassScores(NamedTuple):
    """One network's accuracy by class: `frame` is that of `evidence.by_class`."""

    name: str
    color: str
    frame: pd.DataFrame


def widest_gap(first: ClassScores, second: ClassScores) -> str:
    """'A and B differ most at Shirt: 72.0% against 61.5% right.' Empty where no class has images."""
    gaps = (first.frame["accuracy"] - second.frame["accuracy"]).abs().dropna()
    if gaps.empty:
        return ""
    widest = gaps.idxmax()
    shares = [f"{each.frame['accuracy'][widest]:.1%}" for each in (first, second)]
    return (
        f"{first.name} and {second.name} differ most at {first.frame['class'][widest]}: "
        f"{' against '.join(shares)} right."
    )


def by_class_data(networks: list[ClassScores]) -> dict[str, Any]:
    """A row for each class that has images, in their order from above."""
    traces = [_trace(number, network) for number, network in enumerate(networks)]
    rows = max((len(trace["y"]) for trace in traces), default=0)
    layout = CLEAR | {
        "height": 110 + rows * (18 + 13 * len(networks)) if rows else 200,
        "margin": {"l": 10, "r": 10, "t": 50, "b": 40},
        "scattermode": "group",
        "scattergap": 0.35,
        "legend": {"orientation": "h", "yanchor": "bottom", "y": 1.01, "x": 0},
        "xaxis": {
            "title": {"text": "Accuracy"},
            "tickformat": ".0%",
            "range": _range(networks),
            "fixedrange": True,
        },
        "yaxis": {"type": "category", "autorange": "reversed", "automargin": True, "fixedrange": True},
        "dragmode": False,
    }
    if not rows:
        layout["annotations"] = [
            {"text": NO_NETWORKS, "showarrow": False, "xref": "paper", "yref": "paper", "x": 0.5, "y": 0.5}
        ]
    return {"data": traces, "layout": layout}


def _range(networks: list[ClassScores]) -> list[float]:
    """From a little below the lowest interval to 100%: with bars that lie flat Plotly would begin at 0."""
    lows = [network.frame.loc[network.frame["images"] > 0, "low"].min() for network in networks]
    return [max(float(np.nanmin([*lows, 1.0])) - 0.03, -0.01), 1.01]


def _trace(number: int, network: ClassScores) -> dict[str, Any]:
    frame = network.frame[network.frame["images"] > 0]
    return {
        "type": "scatter",
        "uid": f"class-{number}",
        "name": network.name,
        "mode": "markers",
        "orientation": "h",
        "offsetgroup": str(number),
        "x": frame["accuracy"].round(4).tolist(),
        "y": frame["class"].tolist(),
        "customdata": frame[["right", "images", "low", "high"]].to_numpy().tolist(),
        "marker": {"color": network.color, "symbol": SYMBOLS[number % len(SYMBOLS)], "size": 9},
        "error_x": {
            "type": "data",
            "symmetric": False,
            "array": (frame["high"] - frame["accuracy"]).round(4).tolist(),
            "arrayminus": (frame["accuracy"] - frame["low"]).round(4).tolist(),
            "color": network.color,
            "thickness": 1.5,
            "width": 3,
        },
        "hovertemplate": (
            "%{y}: %{x:.1%}, %{customdata[0]:,} of %{customdata[1]:,} right "
            "(95% interval %{customdata[2]:.1%} to %{customdata[3]:.1%})"
        ),
    }
