"""The validation accuracy of a sweep's trainings by epoch, while it runs."""

from typing import Any, Literal, NamedTuple

import numpy as np
import plotly.graph_objects as go

from cnnlab.views.figures.style import PERCENT_AXIS, empty_figure, styled_figure
from cnnlab.views.palette import COLORS, COMPARED_COLORS, DASHES, GREY

HEIGHT = 300
Kind = Literal["ended", "baseline", "best", "running"]
ORDER: tuple[Kind, ...] = ("ended", "baseline", "best", "running")  # the later are drawn over the earlier
LIMITS = {"minallowed": 0, "maxallowed": 1}
FIRST_OF_RUNNING = 2  # the first two colours are those of the best trial and of the baseline


class Curve(NamedTuple):
    """One training's validation accuracy at the end of each epoch, (E,) from 0 to 1."""

    name: str
    kind: Kind
    epochs: np.ndarray
    accuracies: np.ndarray


def curves_figure(curves: list[Curve], epochs: int) -> go.Figure:
    """The curves up to so many epochs; those of trainings that have ended are faint."""
    reported = [curve for curve in curves if len(curve.epochs)]
    if not reported:
        return empty_figure("The first epoch of the first trial comes in a moment.")
    in_order = sorted(reported, key=lambda curve: ORDER.index(curve.kind))
    kinds = [curve.kind for curve in in_order]
    return styled_figure(
        [_trace(curve, number, kinds[:number].count(curve.kind)) for number, curve in enumerate(in_order)],
        HEIGHT,
        margin={"b": 40},
        xaxis={"title": {"text": "Epoch"}, "range": [0, 1.02 * epochs], "zeroline": False},
        yaxis={"title": {"text": "Validation accuracy"}, "zeroline": False, "autorangeoptions": LIMITS}
        | PERCENT_AXIS,
        hovermode="closest",
    )


def _trace(curve: Curve, number: int, of_kind: int) -> go.Scatter:
    """`number`: among all; `of_kind`: how many of its kind come before it."""
    ended = curve.kind == "ended"
    return go.Scatter(
        uid=f"curve-{number}",
        name="Ended before" if ended else curve.name,
        legendgroup="ended" if ended else curve.name,
        showlegend=not ended or not of_kind,
        x=curve.epochs,
        y=curve.accuracies,
        hovertemplate=f"{curve.name}<br>epoch %{{x:.1f}}: %{{y:.1%}}<extra></extra>",
        mode="lines+markers",
        **_look(curve.kind, of_kind),
    )


def _look(kind: Kind, of_kind: int) -> dict[str, Any]:
    if kind == "ended":
        return {"line": {"color": GREY, "width": 1.2}, "marker": {"size": 4}, "opacity": 0.45}
    if kind == "baseline":
        line = {"color": COLORS["baseline"], "width": 2, "dash": DASHES["baseline"]}
        return {"line": line, "marker": {"size": 6, "symbol": "square"}}
    if kind == "best":
        return {"line": {"color": COLORS["model"], "width": 3}, "marker": {"size": 9, "symbol": "star"}}
    colors = COMPARED_COLORS[FIRST_OF_RUNNING:]
    line = {"color": colors[of_kind % len(colors)], "width": 2, "dash": "dash"}
    return {"line": line, "marker": {"size": 6, "symbol": "diamond"}}
