"""Learning curves: loss above, accuracy below, of the networks of one comparison.

Colour tells the network; training is a thin line, validation a thick one with markers, the best epoch a
star, so no reading relies on colour alone. This file knows where its numbers come from as little as
where they are shown.
"""

import re
from typing import Any, Literal, NamedTuple

import numpy as np
import pandas as pd
import plotly.graph_objects as go

MAX_POINTS = 500  # of one line; more cannot be told apart on a screen
MAX_MARKERS = 60  # of one line; more cover it and its neighbours
PANELS = {"Loss": ("loss", "val_loss"), "Accuracy": ("accuracy", "val_accuracy")}
AXES = {"Loss": ("x", "y"), "Accuracy": ("x", "y2")}  # one time axis for both panels
GREY = "#8a8f98"  # readable on white and on black

XAxis = Literal["epoch", "step", "images", "seconds"]
X_TITLES: dict[XAxis, str] = {
    "epoch": "Epoch",
    "step": "Step",
    "images": "Images seen",
    "seconds": "Seconds",
}


class Network(NamedTuple):
    """One network's curves: `frame` has the columns metric, step, value and milliseconds."""

    name: str
    color: str
    steps_per_epoch: int
    images_per_epoch: int
    frame: pd.DataFrame
    ghost: bool = False
    """An earlier training, drawn faintly for comparison."""


class View(NamedTuple):
    """How the curves are looked at."""

    x: XAxis = "epoch"
    smoothing: float = 0.0
    """0 leaves the training curves as they are; towards 1 they become smoother."""
    log_loss: bool = False


class Line(NamedTuple):
    """One line of the figure."""

    panel: str
    name: str
    color: str
    kind: Literal["training", "raw", "validation", "best"]
    x: np.ndarray
    y: np.ndarray
    ghost: bool = False


PLAIN = View()


def current(frame: pd.DataFrame) -> pd.DataFrame:
    """The curves without what a continuation from an earlier step has overtaken.

    A training that was interrupted goes on from its last checkpoint and reports the steps since then
    once more. `frame` is sorted by time; what is followed by the same or an earlier step of its metric is
    dropped.
    """
    latest_first = frame[::-1]
    least_so_far = latest_first.groupby("metric")["step"].cummin()
    least_to_come = least_so_far.groupby(latest_first["metric"]).shift(fill_value=np.iinfo(np.int64).max)
    return frame[frame["step"] < least_to_come[::-1]]


def smoothed(values: pd.Series, smoothing: float) -> pd.Series:
    """Exponential smoothing without the bias towards the start, as TensorBoard does it.

    Each value becomes the mean of all up to it, weighted by `smoothing` to the power of their distance.
    A constant series stays as it is.
    """
    return values.ewm(alpha=1 - smoothing, adjust=True, ignore_na=True).mean()


def curve_lines(networks: list[Network], view: View = PLAIN) -> list[Line]:
    """The lines to draw, panel by panel; a metric that was not reported has none."""
    lines = []
    for panel, (training, validation) in PANELS.items():
        for network in networks:
            by_metric = dict(list(network.frame.groupby("metric")))
            if training in by_metric:
                lines += _training_lines(panel, network, by_metric[training], view)
            if validation in by_metric:
                lines += _validation_lines(panel, network, by_metric, validation, view)
    return lines


def _training_lines(panel: str, network: Network, points: pd.DataFrame, view: View) -> list[Line]:
    points = _thinned(points)
    x, raw = _x(points, network, view), points["value"].to_numpy()
    name = f"{network.name}, training"
    if not view.smoothing:
        return [Line(panel, name, network.color, "training", x, raw, network.ghost)]
    smooth = smoothed(points["value"], view.smoothing).to_numpy()
    line = Line(panel, name, network.color, "training", x, smooth, network.ghost)
    return [Line(panel, f"{name}, raw", network.color, "raw", x, raw, network.ghost), line]


def _validation_lines(
    panel: str, network: Network, by_metric: dict[str, pd.DataFrame], validation: str, view: View
) -> list[Line]:
    points = _thinned(by_metric[validation])
    x, y = _x(points, network, view), points["value"].to_numpy()
    name = f"{network.name}, validation"
    lines = [Line(panel, name, network.color, "validation", x, y, network.ghost)]
    best = _best_step(by_metric.get("val_accuracy"))
    at_best = points["step"].to_numpy() == best
    if at_best.any() and not network.ghost:
        star = Line(panel, f"{network.name}, best epoch", network.color, "best", x[at_best], y[at_best])
        lines.append(star)
    return lines


def _best_step(accuracies: pd.DataFrame | None) -> int | None:
    """The step of the highest validation accuracy after training began; the first one where it is shared."""
    if accuracies is None:
        return None
    trained = accuracies[accuracies["step"] > 0]
    return None if trained.empty else int(trained.loc[trained["value"].idxmax(), "step"])


def _x(points: pd.DataFrame, network: Network, view: View) -> np.ndarray:
    if view.x == "step":
        return points["step"].to_numpy()
    if view.x == "seconds":
        return (points["milliseconds"].to_numpy() - network.frame["milliseconds"].min()) / 1000
    epochs = points["step"].to_numpy() / network.steps_per_epoch
    return epochs if view.x == "epoch" else epochs * network.images_per_epoch


def _thinned(points: pd.DataFrame) -> pd.DataFrame:
    """At most `MAX_POINTS` of the points, evenly chosen, the first and the last among them."""
    if len(points) <= MAX_POINTS:
        return points
    return points.iloc[np.linspace(0, len(points) - 1, MAX_POINTS).round().astype(int)]


class RateChange(NamedTuple):
    """Where a learning rate was changed while the training ran."""

    x: float
    rate: float


def rate_changes(networks: list[Network], view: View = PLAIN) -> list[RateChange]:
    """The changes of the learning rate, each once, though both networks made it."""
    changes: dict[tuple[int, float], RateChange] = {}
    for network in networks:
        rates = network.frame[network.frame["metric"] == "learning_rate"]
        changed = rates[rates["value"].pct_change().abs() > 1e-5]  # more than float32 rounds off
        for number, place in enumerate(zip(_x(changed, network, view), changed["value"], strict=True)):
            change = RateChange(*map(float, place))
            changes.setdefault((number, change.rate), change)
    return list(changes.values())


def curves_figure(networks: list[Network], view: View = PLAIN) -> go.Figure:
    """Loss and accuracy; an explaining figure where nothing was reported yet."""
    return go.Figure(curves_data(networks, view))


def curves_data(networks: list[Network], view: View = PLAIN) -> dict[str, Any]:
    """The same figure as plain data: `data` and `layout`, ready for JSON.

    A poll has no time for Plotly's own validation of every value; the tests let `curves_figure` do it.
    """
    lines = curve_lines(networks, view)
    layout = _layout(view)
    for change in rate_changes(networks, view):
        layout["shapes"].append(_vertical(change.x))
        layout["annotations"].append(_note_at(change))
    if not lines:
        layout["annotations"].append(
            {
                "text": "The first values come in a moment.",
                "showarrow": False,
                "xref": "paper",
                "yref": "paper",
            }
        )
    return {"data": [_trace(line) for line in lines], "layout": layout}


def _layout(view: View) -> dict[str, Any]:
    loss_axis: dict[str, Any] = {"title": {"text": "Loss (cross-entropy)"}, "domain": [0.53, 1.0]}
    loss_axis |= {"type": "log"} if view.log_loss else {"rangemode": "tozero"}
    return {
        "height": 560,
        "margin": {"l": 55, "r": 10, "t": 70, "b": 45},
        "hovermode": "x unified",
        "hoversubplots": "axis",
        "hoverdistance": 60,
        "legend": {"orientation": "h", "yanchor": "bottom", "y": 1.01, "x": 0},
        "paper_bgcolor": "rgba(0,0,0,0)",
        "plot_bgcolor": "rgba(0,0,0,0)",
        "xaxis": {"title": {"text": X_TITLES[view.x]}, "anchor": "y2", "rangemode": "tozero"},
        "yaxis": loss_axis,
        "yaxis2": {"title": {"text": "Accuracy"}, "domain": [0.0, 0.47], "tickformat": ".0%"},
        "shapes": [],
        "annotations": [],
    }


def _vertical(x: float) -> dict[str, Any]:
    line = {"color": GREY, "width": 1, "dash": "dash"}
    return {"type": "line", "xref": "x", "yref": "paper", "x0": x, "x1": x, "y0": 0, "y1": 1, "line": line}


def _note_at(change: RateChange) -> dict[str, Any]:
    place = {"xref": "x", "yref": "paper", "x": change.x, "y": 0.5, "xanchor": "left", "showarrow": False}
    return place | {"text": f"learning rate {change.rate:g}", "font": {"size": 11}}


def _trace(line: Line) -> dict[str, Any]:
    x_axis, y_axis = AXES[line.panel]
    return {
        "type": "scatter",
        "uid": _identity(line),
        "x": _rounded(line.x),
        "y": _rounded(line.y),
        "xaxis": x_axis,
        "yaxis": y_axis,
        "name": line.name,
        "legendgroup": line.name,
        "showlegend": line.panel == "Loss" and line.kind in ("training", "validation") and not line.ghost,
        "hovertemplate": "%{y:.3f}" if line.panel == "Loss" else "%{y:.1%}",
    } | _look(line)


def _identity(line: Line) -> str:
    """By it Plotly knows a line again when others come before it, so that what was hidden stays hidden.

    Plotly makes a CSS class of it.
    """
    return re.sub(r"\W+", "-", f"{line.panel}-{line.kind}-{line.name}-{line.color}")


def _look(line: Line) -> dict[str, Any]:
    if line.kind == "best":
        marker = {"symbol": "star", "size": 15, "color": line.color, "line": {"width": 1, "color": "white"}}
        return {"mode": "markers", "marker": marker, "hoverinfo": "skip", "hovertemplate": None}
    validation = line.kind == "validation"
    stroke = {"color": line.color, "width": 2.5 if validation else 1.4}
    marked = validation and len(line.x) <= MAX_MARKERS
    look: dict[str, Any] = {"mode": "lines+markers" if marked else "lines", "line": stroke}
    if marked:
        look["marker"] = {"symbol": "circle", "size": 7}
    if line.kind == "raw":
        return look | {"opacity": 0.3, "hoverinfo": "skip", "hovertemplate": None}
    if line.ghost:
        stroke["dash"] = "dot"
        return look | {"opacity": 0.35}
    return look | {"opacity": 1.0 if validation else 0.9}


def _rounded(values: np.ndarray) -> list[float | None]:
    """Five digits, which a screen cannot tell from more; null where the value is not finite."""
    finite = np.isfinite(values)
    sizes = np.log10(np.abs(values), where=finite & (values != 0), out=np.zeros(len(values)))
    decimals = 4 - np.floor(sizes).astype(int)
    rounded = np.array(values, dtype=float)
    for digits in np.unique(decimals):  # a few: a loop over the values would take most of a poll
        rounded[decimals == digits] = np.round(rounded[decimals == digits], digits)
    return [value if ok else None for value, ok in zip(rounded.tolist(), finite.tolist(), strict=True)]
