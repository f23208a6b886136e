"""Accuracy on disturbed images: curves over the levels of a disturbance, heat maps over shifts.

All accuracies are on the scale from 0 to 100%. Lines differ in colour, dash and the shape of their markers.
"""

from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np
import plotly.graph_objects as go

from cnnlab import words
from cnnlab.evidence.intervals import wilson
from cnnlab.robustness.experiments import Experiment, Level
from cnnlab.robustness.findings import Outcome
from cnnlab.views.figures.style import (
    DIVERGING_SCALE,
    SEQUENTIAL_SCALE,
    empty_figure,
    error_bars,
    styled_figure,
    vertical_line,
)
from cnnlab.views.palette import GREY, compared_dash, compared_symbol

HEIGHT = 380
NOT_MEASURED = "Nothing has been measured yet: press Measure."


class Curve(NamedTuple):
    """One network's accuracy at each level, with 95% intervals (Wilson); all (levels,) float in [0, 1]."""

    name: str
    color: str
    accuracies: np.ndarray
    lows: np.ndarray
    highs: np.ndarray


class ShiftGrid(NamedTuple):
    """Values over shifts: the row is dy, the column dx, as in a picture."""

    offsets_x: list[int]
    offsets_y: list[int]
    values: np.ndarray
    """(rows, columns) float."""


def accuracy_curve(outcome: Outcome) -> Curve:
    """The network's curve."""
    images = outcome.right.shape[1]
    lows, highs = zip(*(wilson(int(count), images) for count in outcome.right.sum(axis=1)), strict=True)
    return Curve(outcome.name, outcome.color, outcome.accuracies, np.array(lows), np.array(highs))


def shift_grid(experiment: Experiment, values: np.ndarray) -> ShiftGrid:
    """One value for each level of an experiment whose levels are shifts, (levels,), arranged by dx and dy."""
    shifts = [level for level in experiment.levels if isinstance(level, tuple)]
    xs, ys = (sorted({shift[axis] for shift in shifts}) for axis in (0, 1))
    arranged = np.full((len(ys), len(xs)), np.nan)
    for (dx, dy), value in zip(shifts, values, strict=True):
        arranged[ys.index(dy), xs.index(dx)] = value
    return ShiftGrid(xs, ys, arranged)


def difference_limit(outcomes: Sequence[Outcome], baseline: Outcome) -> float:
    """One end for the scales of all differences to the baseline, in whole points, at least 1."""
    widest = max(
        (np.abs(outcome.accuracies - baseline.accuracies).max() for outcome in outcomes), default=0.0
    )
    return float(max(np.ceil(widest * 100), 1))


def accuracy_by_level_figure(experiment: Experiment, outcomes: Sequence[Outcome]) -> go.Figure:
    """The accuracy of each network at each level of a disturbance.

    Raises `ValueError` for shifts, whose levels have two numbers: they are drawn as maps.
    """
    if not outcomes:
        return empty_figure(NOT_MEASURED)
    if isinstance(experiment.undisturbed, tuple):
        raise ValueError(f"Levels must be numbers to be drawn as curves, not {experiment.undisturbed}.")
    curves = [accuracy_curve(outcome) for outcome in outcomes]
    return _curves_figure(experiment, experiment.undisturbed, curves)


def accuracy_map_figure(experiment: Experiment, outcome: Outcome) -> go.Figure:
    """The accuracy of one network by the shift of the images, in percent, always from 0 to 100."""
    heatmap = _heatmap(shift_grid(experiment, outcome.accuracies * 100), ".0f")
    heatmap.update(zmin=0, zmax=100, colorscale=SEQUENTIAL_SCALE)
    heatmap.colorbar.update(tickvals=[0, 50, 100])
    return _map_figure(heatmap, f"{outcome.name}, accuracy in %")


def difference_map_figure(experiment: Experiment, first: Outcome, second: Outcome, limit: float) -> go.Figure:
    """By how many points the first network is better than the second one; `limit` ends the scale."""
    heatmap = _heatmap(shift_grid(experiment, (first.accuracies - second.accuracies) * 100), "+.0f")
    heatmap.update(zmin=-limit, zmax=limit, colorscale=DIVERGING_SCALE)
    ends = [-limit, 0, limit]
    heatmap.colorbar.update(tickvals=ends, ticktext=[words.signed(end, 0) for end in ends])
    return _map_figure(heatmap, f"{first.name} minus {second.name}, in points")


def _curves_figure(experiment: Experiment, undisturbed: float, curves: list[Curve]) -> go.Figure:
    decreasing = undisturbed == max(experiment.levels)  # then the axis is turned round
    return styled_figure(
        [_line(number, experiment.levels, curve) for number, curve in enumerate(curves)],
        HEIGHT,
        margin={"l": 50},
        hovermode="x unified",
        xaxis={
            "title": {"text": experiment.x_label},
            "tickformat": ".0%" if "%" in experiment.unit else "",
            "zeroline": False,
            "autorange": "reversed" if decreasing else True,
        },
        yaxis={"title": {"text": "Accuracy"}, "tickformat": ".0%", "range": [0, 1.02]},
        shapes=[vertical_line(undisturbed, "dot")],
        annotations=[_undisturbed_label(undisturbed)],
    )


def _undisturbed_label(level: float) -> dict[str, Any]:
    place = {"x": level, "xref": "x", "xshift": -7, "y": 0.01, "yref": "paper", "yanchor": "bottom"}
    look = {"textangle": -90, "showarrow": False, "font": {"size": 10, "color": GREY}}
    return {"text": "undisturbed"} | place | look


def _line(number: int, levels: tuple[Level, ...], curve: Curve) -> go.Scatter:
    return go.Scatter(
        uid=f"robustness-{number}",
        name=curve.name,
        x=levels,
        y=curve.accuracies,
        customdata=np.stack([curve.lows, curve.highs], axis=1),
        mode="lines+markers",
        line={"color": curve.color, "width": 2.5, "dash": compared_dash(number)},
        marker={"color": curve.color, "symbol": compared_symbol(number), "size": 8},
        error_y=error_bars(curve.accuracies, curve.lows, curve.highs, color=curve.color, thickness=1.2),
        hovertemplate="%{y:.1%} (95% interval %{customdata[0]:.1%} to %{customdata[1]:.1%})",
    )


def _heatmap(grid: ShiftGrid, number_format: str) -> go.Heatmap:
    return go.Heatmap(
        uid="shifts",
        x=grid.offsets_x,
        y=grid.offsets_y,
        z=grid.values,
        texttemplate=f"%{{z:{number_format}}}",
        textfont={"size": 10},
        hovertemplate="%{x} pixels to the right, %{y} down: %{z:.1f}<extra></extra>",
    )


def _map_figure(heatmap: go.Heatmap, title: str) -> go.Figure:
    heatmap.colorbar.title = {"text": title, "font": {"size": 12}}
    axis = {
        "automargin": True,
        "tickvals": heatmap.x[:: 1 + len(heatmap.x) // 8],
        "constrain": "domain",
        "showgrid": False,
        "zeroline": False,
    }
    return styled_figure(
        [heatmap],
        HEIGHT,
        margin={"l": 10, "t": 70, "b": 10},
        xaxis={**axis, "title": {"text": "Pixels to the right"}},
        yaxis={**axis, "title": {"text": "Pixels down"}, "autorange": "reversed", "scaleanchor": "x"},
    )
