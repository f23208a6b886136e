"""The accuracy of several networks by class: a point with its interval for each, in rows that they share.

Networks differ in colour and in the shape of their markers.
"""

from typing import NamedTuple

import numpy as np
import pandas as pd
import plotly.graph_objects as go

from cnnlab import words
from cnnlab.evidence.finding import Finding, Quantity
from cnnlab.views.figures.style import NO_NETWORKS, empty_figure, error_bars, short_ticks, styled_figure
from cnnlab.views.palette import compared_symbol

MOST_CLASSES = 20


class ClassScores(NamedTuple):
    """One network's accuracy by class.

    `frame` has a row for each class, with the columns class, right, images, accuracy, low and high, as
    `evidence.classes.by_class` gives them.
    """

    name: str
    color: str
    frame: pd.DataFrame


def widest_gap(first: ClassScores, second: ClassScores) -> Finding | None:
    """The class at which two networks differ most; None if no class has images."""
    gaps = (first.frame["accuracy"] - second.frame["accuracy"]).dropna()
    if gaps.empty:
        return None
    widest = gaps.abs().idxmax()
    label = first.frame["class"][widest]
    shares = [words.percent(network.frame["accuracy"][widest]) for network in (first, second)]
    return Finding(
        (first.name, second.name),
        f"{first.name} and {second.name} differ most at {label}",
        Quantity(100 * abs(gaps[widest]), "points"),
        grounds=(f"{first.name} gets {shares[0]} of its images right, {second.name} {shares[1]}.",),
    )


def most_telling(networks: list[ClassScores], most: int = MOST_CLASSES) -> list[ClassScores]:
    """The same with at most so many classes: those whose accuracies are furthest apart, or, of one network,
    lowest. Classes without images come last."""
    if not networks or len(networks[0].frame) <= most:
        return networks
    accuracies = np.stack([network.frame["accuracy"].to_numpy(float) for network in networks])
    apart = np.ptp(accuracies, axis=0) if len(networks) > 1 else 1 - accuracies[0]
    order = np.argsort(-np.nan_to_num(apart, nan=-1.0), kind="stable")[:most]
    return [network._replace(frame=network.frame.iloc[np.sort(order)]) for network in networks]


def accuracy_by_class_figure(networks: list[ClassScores]) -> go.Figure:
    """A row for each class that has images, in their order from above."""
    tested = [network._replace(frame=network.frame[network.frame["images"] > 0]) for network in networks]
    if all(network.frame.empty for network in tested):
        return empty_figure(NO_NETWORKS)
    return _figure(tested)


def _figure(networks: list[ClassScores]) -> go.Figure:
    rows = max(len(network.frame) for network in networks)
    return styled_figure(
        [_points(number, network) for number, network in enumerate(networks)],
        height=110 + rows * (18 + 13 * len(networks)),
        margin={"l": 10, "b": 40},
        scattermode="group",
        scattergap=0.35,
        dragmode=False,
        xaxis={
            "title": {"text": "Accuracy"},
            "tickformat": ".0%",
            "range": _axis_range(networks),
            "fixedrange": True,
        },
        yaxis={
            "type": "category",
            "autorange": "reversed",
            "automargin": True,
            "fixedrange": True,
            **short_ticks(networks[0].frame["class"]),
        },
    )


def _axis_range(networks: list[ClassScores]) -> list[float]:
    """From a little below the lowest interval to 100%; Plotly's own range would begin at 0."""
    lows = [network.frame["low"].min() for network in networks]
    return [max(float(np.nanmin([*lows, 1.0])) - 0.03, -0.01), 1.01]


def _points(number: int, network: ClassScores) -> go.Scatter:
    frame = network.frame
    return go.Scatter(
        uid=f"class-{number}",
        name=network.name,
        mode="markers",
        orientation="h",
        offsetgroup=str(number),
        x=frame["accuracy"],
        y=frame["class"],
        customdata=frame[["right", "images", "low", "high"]],
        marker={"color": network.color, "symbol": compared_symbol(number), "size": 9},
        error_x=error_bars(frame["accuracy"], frame["low"], frame["high"], color=network.color),
        hovertemplate=(
            "%{y}: %{x:.1%}, %{customdata[0]:,} of %{customdata[1]:,} right "
            "(95% interval %{customdata[2]:.1%} to %{customdata[3]:.1%})"
        ),
    )
