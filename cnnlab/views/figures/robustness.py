"""Accuracy on disturbed images: heat maps over shifts, curves over levels, and what they say in words.

Plain figure data for the live plot. All heat maps of accuracies share the scale from 0 to 1; lines are
told apart by colour, by their dashes and by the shape of their markers.
"""

from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np

from cnnlab.evidence.intervals import wilson
from cnnlab.robustness.experiments import Experiment, Level
from cnnlab.robustness.findings import Outcome, signed
from cnnlab.views.figures.style import CLEAR, GREY, SCALE, SYMBOLS
from cnnlab.views.palette import DIVERGING

HEIGHT = 380
DASHES = ("solid", "dash", "dot", "dashdot", "longdash", "longdashdot")
NOTHING = "Nothing has been measured yet: press Measure."


def curves_data(experiment: Experiment, outcomes: Sequence[Outcome]) -> dict[str, Any]:
    """The accuracy at each level, with Wilson's intervals; an explaining figure for no networks."""
    percent = "%" in experiment.unit
    layout = CLEAR | {
        "height": HEIGHT if outcomes else HEIGHT // 2,
        "margin": {"l": 50, "r": 10, "t": 50, "b": 45},
        "hovermode": "x unified",
        "legend": {"orientation": "h", "yanchor": "bottom", "y": 1.01, "x": 0},
        "xaxis": {
            "title": {"text": experiment.x_label},
            "tickformat": ".0%" if percent else "",
            "zeroline": False,
        },
        "yaxis": {"title": {"text": "Accuracy"}, "tickformat": ".0%", "range": [0, 1.02]},
    }
    if not outcomes:
        note = {"text": NOTHING, "showarrow": False, "xref": "paper", "yref": "paper", "x": 0.5, "y": 0.5}
        return {"data": [], "layout": layout | {"annotations": [note]}}
    if experiment.undisturbed == max(experiment.levels):
        layout["xaxis"]["autorange"] = "reversed"  # the disturbance grows to the right
    layout |= _mark(experiment.undisturbed)
    traces = [_curve(number, experiment, outcome) for number, outcome in enumerate(outcomes)]
    return {"data": traces, "layout": layout}


def _mark(undisturbed: Level) -> dict[str, Any]:
    line = {"color": GREY, "width": 1, "dash": "dot"}
    place = {"x0": undisturbed, "x1": undisturbed, "xref": "x", "yref": "paper", "y0": 0, "y1": 1}
    text = {"text": "undisturbed", "x": undisturbed, "y": 0.01, "xref": "x", "yref": "paper"}
    text |= {"textangle": -90, "showarrow": False, "yanchor": "bottom", "font": {"size": 10, "color": GREY}}
    return {"shapes": [place | {"type": "line", "line": line}], "annotations": [text | {"xshift": -7}]}


def _curve(number: int, experiment: Experiment, outcome: Outcome) -> dict[str, Any]:
    images = outcome.right.shape[1]
    intervals = np.array([wilson(int(count), images) for count in outcome.right.sum(axis=1)])
    accuracies = outcome.accuracies
    return {
        "type": "scatter",
        "uid": f"robustness-{number}",
        "name": outcome.name,
        "x": list(experiment.levels),
        "y": accuracies.round(4).tolist(),
        "customdata": intervals.round(4).tolist(),
        "mode": "lines+markers",
        "line": {"color": outcome.color, "width": 2.5, "dash": DASHES[number % len(DASHES)]},
        "marker": {"color": outcome.color, "symbol": SYMBOLS[number % len(SYMBOLS)], "size": 8},
        "error_y": {
            "type": "data",
            "symmetric": False,
            "array": (intervals[:, 1] - accuracies).round(4).tolist(),
            "arrayminus": (accuracies - intervals[:, 0]).round(4).tolist(),
            "color": outcome.color,
            "thickness": 1.2,
            "width": 3,
        },
        "hovertemplate": "%{y:.1%} (95% interval %{customdata[0]:.1%} to %{customdata[1]:.1%})",
    }


class Grid(NamedTuple):
    """Values over shifts: the row is dy, the column dx, as they lie in a picture."""

    offsets_x: list[int]
    offsets_y: list[int]
    values: np.ndarray
    """(rows, columns) float."""


def grid(experiment: Experiment, values: np.ndarray) -> Grid:
    """One value for each level of a shift, (levels,), laid out by dx and dy."""
    xs, ys = (sorted({level[axis] for level in experiment.levels}) for axis in (0, 1))
    laid = np.full((len(ys), len(xs)), np.nan)
    for (dx, dy), value in zip(experiment.levels, values, strict=True):
        laid[ys.index(dy), xs.index(dx)] = value
    return Grid(xs, ys, laid)


def accuracy_map(experiment: Experiment, outcome: Outcome) -> dict[str, Any]:
    """The accuracy of one network by the shift of the images, in percent, always from 0 to 100."""
    cells = grid(experiment, outcome.accuracies * 100)
    scale = {"zmin": 0, "zmax": 100, "colorscale": SCALE}
    return _map(f"{outcome.name}, accuracy in %", cells, scale, ".0f", [0, 50, 100])


def difference_map(experiment: Experiment, first: Outcome, second: Outcome, limit: float) -> dict[str, Any]:
    """By how many points the first network is better than the second one; `limit` ends the scale."""
    cells = grid(experiment, (first.accuracies - second.accuracies) * 100)
    colors = [[place, color] for place, color in zip((0, 0.5, 1), DIVERGING, strict=True)]
    scale = {"zmin": -limit, "zmax": limit, "colorscale": colors}
    title = f"{first.name} less {second.name}, in points"
    return _map(title, cells, scale, "+.0f", [-limit, 0, limit])


def difference_limit(outcomes: Sequence[Outcome], baseline: Outcome) -> float:
    """One end for the scales of all differences to the baseline, in whole points, at least 1."""
    widest = max((np.abs(each.accuracies - baseline.accuracies).max() for each in outcomes), default=0.0)
    return float(max(np.ceil(widest * 100), 1))


def _map(title: str, cells: Grid, scale: dict[str, Any], form: str, ticks: list[float]) -> dict[str, Any]:
    heatmap = scale | {
        "type": "heatmap",
        "uid": "shifts",
        "x": cells.offsets_x,
        "y": cells.offsets_y,
        "z": cells.values.round(2).tolist(),
        "texttemplate": f"%{{z:{form}}}",
        "textfont": {"size": 10},
        "xgap": 1,
        "ygap": 1,
        "hovertemplate": "%{x} pixels to the right, %{y} down: %{z:.1f}<extra></extra>",
        "colorbar": {
            "orientation": "h",
            "thickness": 8,
            "y": 1.02,
            "yanchor": "bottom",
            "tickvals": ticks,
            "ticktext": [signed(tick, 0) if "+" in form else f"{tick:g}" for tick in ticks],
            "title": {"text": title, "side": "top", "font": {"size": 12}},
        },
    }
    layout = CLEAR | {
        "height": HEIGHT,
        "margin": {"l": 10, "r": 10, "t": 70, "b": 10},
        "xaxis": {
            "title": {"text": "Pixels to the right"},
            "automargin": True,
            "dtick": 2,
            "constrain": "domain",
            "showgrid": False,
            "zeroline": False,
        },
        "yaxis": {
            "title": {"text": "Pixels down"},
            "automargin": True,
            "dtick": 2,
            "autorange": "reversed",
            "scaleanchor": "x",
            "constrain": "domain",
            "showgrid": False,
            "zeroline": False,
        },
    }
    return {"data": [heatmap], "layout": layout}
