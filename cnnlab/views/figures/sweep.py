"""Figures of a sweep: what `optuna.visualization` draws, in the style of all figures.

Optuna computes what is drawn: the best so far, the importances, the grid of a contour, the front. Here its
traces get colours, names and hover texts of this dashboard, and the baseline as a line. Optuna itself is not
imported: `cnnlab.studies.sweep_figures` calls it.
"""

from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np
import plotly.graph_objects as go

from cnnlab import words
from cnnlab.views.figures.style import PERCENT_AXIS, empty_figure, styled_figure
from cnnlab.views.palette import COLORS, DASHES, GREY, PALE, mixed, translucent

ACCURACY = "Validation accuracy"
IMPORTANCE = "Importance"
NO_TRIALS = "No trial has finished yet."
HEIGHT = 400
SMALL_HEIGHT = 280
TRIAL, RIVAL = COLORS["model"], COLORS["baseline"]
SCALE = [[0, PALE], [0.5, mixed(PALE, TRIAL, 0.5)], [1, TRIAL]]  # visible on white and on black
ACCURACY_AXIS = {"title": {"text": ACCURACY}, "zeroline": False} | PERCENT_AXIS
FEW_TRIALS = 12  # up to so many, each has a tick


class Trials(NamedTuple):
    """The trials that are drawn, in the order in which Optuna knows them."""

    numbers: list[int]
    """Of the trials in their sweep."""
    hover: list[str]
    """What each is, in lines of HTML."""


class Baseline(NamedTuple):
    """The network without convolutions, to which the trials are compared."""

    name: str
    accuracy: float
    """On the validation images, from 0 to 1."""


def history_figure(drawn: go.Figure, trials: Trials, baseline: Baseline | None) -> go.Figure:
    """The accuracy of each trial, and the best so far as steps.

    `drawn`: by `plot_optimization_history`.
    """
    if not trials.numbers:
        return empty_figure(NO_TRIALS)
    points, best = drawn.data[0], drawn.data[1]
    numbers = np.asarray(trials.numbers)
    ticks = {"tickvals": trials.numbers} if len(numbers) <= FEW_TRIALS else {"tickformat": ",d"}
    traces = [
        _points(points.y, numbers[np.asarray(points.x, int)], trials.hover, "Trials", uid="trials"),
        go.Scatter(
            uid="best",
            name="Best so far",
            x=numbers[np.asarray(best.x, int)],
            y=best.y,
            mode="lines",
            line={"color": TRIAL, "width": 2.5, "shape": "hv"},
            hovertemplate="best up to trial %{x}: %{y:.1%}<extra></extra>",
        ),
        *_baseline_entry(baseline),
    ]
    return styled_figure(
        traces,
        HEIGHT,
        xaxis={"title": {"text": "Trial"}, "zeroline": False, **ticks},
        yaxis=ACCURACY_AXIS,
        shapes=_baseline_line(baseline),
        hovermode="closest",
    )


def slice_figure(drawn: go.Figure, trials: Trials, baseline: Baseline | None) -> go.Figure:
    """Accuracy by one setting; later trials are bluer. `drawn`: by `plot_slice` for a single parameter."""
    if not trials.numbers:
        return empty_figure(NO_TRIALS)
    points = drawn.data[0]
    places = np.asarray(points.marker.color, int)  # Optuna colours points by their trials
    trace = _points(
        points.y, _unquoted(points.x), [trials.hover[place] for place in places], "Trials", "trials"
    )
    numbers = [trials.numbers[place] for place in places]
    trace.marker.update(color=numbers, colorscale=SCALE, showscale=False, opacity=0.85)
    trace.showlegend = False
    return styled_figure(
        [trace],
        SMALL_HEIGHT,
        margin={"t": 15},
        xaxis=_setting_axis(drawn.layout.xaxis),
        yaxis=ACCURACY_AXIS,
        shapes=_baseline_line(baseline),
        hovermode="closest",
    )


def contour_figure(drawn: go.Figure, hover: list[str]) -> go.Figure:
    """Accuracy as a surface over two settings. `drawn`: by `plot_contour` for two parameters."""
    if not drawn.data:
        return empty_figure(NO_TRIALS)
    surface, points = drawn.data[0], drawn.data[1]
    surface.update(
        uid="surface",
        colorscale=SCALE,
        reversescale=False,
        contours={"coloring": "heatmap"},
        line={"color": translucent(GREY, 0.6), "width": 0.8},
        colorbar={
            "orientation": "h",
            "thickness": 8,
            "y": 1.02,
            "yanchor": "bottom",
            "tickformat": ".0%",
            "title": {"text": ACCURACY, "side": "top", "font": {"size": 11}},
        },
    )
    points.update(
        uid="trials",
        marker={"color": PALE, "size": 6, "opacity": 0.9, "line": {"color": GREY, "width": 1}},
        hovertext=hover,
        hovertemplate="%{hovertext}<extra></extra>",
    )
    axes = {"xaxis": _setting_axis(drawn.layout.xaxis), "yaxis": _setting_axis(drawn.layout.yaxis)}
    for trace in (surface, points):
        trace.x, trace.y = _unquoted(trace.x), _unquoted(trace.y)
    return styled_figure([surface, points], HEIGHT + 40, margin={"t": 65}, hovermode="closest", **axes)


def importance_figure(drawn: go.Figure) -> go.Figure:
    """How much of the differences between good and other trials each setting explains.

    `drawn`: by `plot_param_importances`.
    """
    if not drawn.data:
        return empty_figure("The importance of settings is known from two trials of different accuracy on.")
    bars = drawn.data[0]
    shares = [float(share) for share in bars.x]
    trace = go.Bar(
        uid="importance",
        x=shares,
        y=list(bars.y),
        orientation="h",
        text=[words.percent(share, 0) for share in shares],
        textposition="outside",
        cliponaxis=False,
        marker={"color": TRIAL},
        hovertemplate="%{y}: %{x:.1%}<extra></extra>",
        showlegend=False,
    )
    return styled_figure(
        [trace],
        90 + 34 * len(shares),
        margin={"t": 10, "r": 45, "l": 10},
        xaxis={"title": {"text": IMPORTANCE}, "range": [0, 1.0], "tickformat": ".0%"},
        yaxis={"type": "category", "automargin": True, "showgrid": False, "ticksuffix": "  "},
        bargap=0.35,
    )


def pareto_figure(drawn: go.Figure, trials: Trials, cost: str, baseline: Baseline | None) -> go.Figure:
    """Accuracy against cost; the trials that no other beats in both, joined by steps.

    Args:
        drawn: By `plot_pareto_front`, with the cost on the horizontal axis.
        trials: Those that are drawn.
        cost: Its title.
        baseline: If it was trained.
    """
    if not trials.numbers:
        return empty_figure(NO_TRIALS)
    beaten, front = drawn.data[0], drawn.data[1]
    traces = [
        _points(beaten.y, beaten.x, _hover(beaten, trials), "Trials", "beaten", opacity=0.65),
        _steps(front),
        _points(front.y, front.x, _hover(front, trials), "On the front", "front", size=11),
        *_baseline_entry(baseline),
    ]
    return styled_figure(
        traces,
        HEIGHT + 20,
        xaxis={"title": {"text": cost}, "type": "log", "tickformat": "~s", "nticks": 8},
        yaxis=ACCURACY_AXIS,
        shapes=_baseline_line(baseline),
        hovermode="closest",
    )


def _hover(points: Any, trials: Trials) -> list[str]:
    """By trial; Optuna colours the points of both traces by their trials."""
    return [trials.hover[int(place)] for place in (points.marker.color or ())]


def _steps(front: Any) -> go.Scatter:
    cheapest_first = sorted(zip(front.x, front.y, strict=True))
    return go.Scatter(
        uid="steps",
        name="Pareto front",
        x=[cost for cost, _ in cheapest_first],
        y=[accuracy for _, accuracy in cheapest_first],
        mode="lines",
        line={"shape": "hv", "color": GREY, "dash": "dash"},
        hoverinfo="skip",
    )


def _points(
    y: Any, x: Any, hover: Sequence[str], name: str, uid: str, size: int = 8, opacity: float = 0.65
) -> go.Scatter:
    return go.Scatter(
        uid=uid,
        name=name,
        x=list(x),
        y=list(y),
        mode="markers",
        marker={"color": TRIAL, "size": size, "opacity": opacity, "line": {"width": 0.5, "color": GREY}},
        hovertext=list(hover),
        hovertemplate="%{hovertext}<extra></extra>",
    )


def _setting_axis(drawn: Any) -> dict[str, Any]:
    """The axis of a setting, with its title, its kind and its range as Optuna draws it."""
    axis: dict[str, Any] = {"title": {"text": drawn.title.text, "standoff": 12}, "zeroline": False}
    axis["automargin"] = True
    if drawn.type == "category":
        axis |= {"type": "category"}
        if drawn.categoryarray is not None:
            axis |= {"categoryorder": "array", "categoryarray": _unquoted(drawn.categoryarray)}
    elif drawn.type == "log":
        axis |= {"type": "log", "dtick": 1, "tickformat": "~g"}
    if drawn.range is not None:
        axis["range"] = list(drawn.range)
    return axis


def _unquoted(values: Any) -> list[Any]:
    """Optuna names the choices of a setting as Python writes them, with quotes."""
    return [value.strip("'") if isinstance(value, str) else value for value in values]


def _baseline_line(baseline: Baseline | None) -> list[dict[str, Any]]:
    """A line from the left to the right of the figure at the baseline's accuracy."""
    if baseline is None:
        return []
    ends = {"xref": "paper", "x0": 0, "x1": 1, "yref": "y", "y0": baseline.accuracy, "y1": baseline.accuracy}
    return [ends | {"type": "line", "line": _BASELINE_LINE}]


def _baseline_entry(baseline: Baseline | None) -> list[go.Scatter]:
    """The line's entry in the legend; a point of it, so that the axis reaches the line."""
    if baseline is None:
        return []
    return [
        go.Scatter(
            uid="baseline",
            name=f"{baseline.name}: {words.percent(baseline.accuracy)}",
            x=[None],
            y=[baseline.accuracy],
            mode="lines",
            line=_BASELINE_LINE,
            hoverinfo="skip",
        )
    ]


_BASELINE_LINE = {"color": RIVAL, "dash": DASHES["baseline"], "width": 2}
