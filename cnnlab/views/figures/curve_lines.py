"""Learning curves as numbers: which lines there are, and their points."""

from typing import Literal, NamedTuple

import numpy as np
import pandas as pd

from cnnlab.runs import rate_in_force
from cnnlab.views.palette import GREY
from cnnlab.views.training_time import seconds_at

RATE = "learning_rate"
MAX_POINTS = 500  # of one line; a screen does not show more

PANELS = {"Loss": ("loss", "val_loss"), "Accuracy": ("accuracy", "val_accuracy")}

XAxis = Literal["epoch", "step", "images", "seconds"]


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
    """How the curves are drawn."""

    x: XAxis = "epoch"
    smoothing: float = 0.0
    """0 leaves the training curves as they are; towards 1 they become smoother."""
    log_loss: bool = False


class Line(NamedTuple):
    """One line of the figure."""

    panel: str
    """'Loss', 'Accuracy', or 'Rate', which is drawn into that of the loss with a scale of its own."""
    network: int
    """The place of its network, counted from 0."""
    name: str
    color: str
    kind: Literal["training", "raw", "validation", "best", "rate"]
    x: np.ndarray
    y: np.ndarray
    ghost: bool = False


PLAIN = View()


def current(frame: pd.DataFrame) -> pd.DataFrame:
    """The curves without the values that a resumed training has replaced.

    A training that was interrupted resumes from its last checkpoint and reports the steps since then once
    more. `frame` is sorted by time; values that are followed by the same or an earlier step of their
    metric are dropped.
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
    points = [
        {str(metric): frame for metric, frame in network.frame.groupby("metric", sort=False)}
        for network in networks
    ]
    lines = []
    for panel, (training, validation) in PANELS.items():
        for number, (network, by_metric) in enumerate(zip(networks, points, strict=True)):
            if training in by_metric:
                lines += _training_lines(panel, number, network, by_metric[training], view)
            if validation in by_metric:
                lines += _validation_lines(panel, number, network, by_metric, validation, view)
    return lines


def schedule_line(networks: list[Network], view: View = PLAIN) -> list[Line]:
    """The learning rate of the first network that follows a schedule, which all of a comparison share."""
    for number, network in enumerate(networks):
        metrics = set(network.frame["metric"])
        if rate_in_force(metrics) != RATE and RATE in metrics and not network.ghost:
            points = _thinned(network.frame[network.frame["metric"] == RATE])
            rates = points["value"].to_numpy()
            return [Line("Rate", number, "learning rate", GREY, "rate", _x(points, network, view), rates)]
    return []


def _training_lines(
    panel: str, number: int, network: Network, points: pd.DataFrame, view: View
) -> list[Line]:
    points = _thinned(points)
    x, raw = _x(points, network, view), points["value"].to_numpy()
    name = f"{network.name}, training"
    if not view.smoothing:
        return [Line(panel, number, name, network.color, "training", x, raw, network.ghost)]
    smooth = smoothed(points["value"], view.smoothing).to_numpy()
    line = Line(panel, number, name, network.color, "training", x, smooth, network.ghost)
    return [Line(panel, number, f"{name}, raw", network.color, "raw", x, raw, network.ghost), line]


def _validation_lines(
    panel: str,
    number: int,
    network: Network,
    by_metric: dict[str, pd.DataFrame],
    validation: str,
    view: View,
) -> list[Line]:
    points = _thinned(by_metric[validation])
    x, y = _x(points, network, view), points["value"].to_numpy()
    name = f"{network.name}, validation"
    lines = [Line(panel, number, name, network.color, "validation", x, y, network.ghost)]
    best = _best_step(by_metric.get("val_accuracy"))
    at_best = points["step"].to_numpy() == best
    if at_best.any() and not network.ghost:
        name = f"{network.name}, best epoch"
        lines.append(Line(panel, number, name, network.color, "best", x[at_best], y[at_best]))
    return lines


def _best_step(accuracies: pd.DataFrame | None) -> int | None:
    """The step of the highest validation accuracy after training began; the first one where it is shared."""
    if accuracies is None:
        return None
    trained = accuracies[(accuracies["step"] > 0) & accuracies["value"].notna()]
    return None if trained.empty else int(trained.loc[trained["value"].idxmax(), "step"])


def _x(points: pd.DataFrame, network: Network, view: View) -> np.ndarray:
    if view.x == "step":
        return points["step"].to_numpy()
    if view.x == "seconds":
        images_per_step = network.images_per_epoch / network.steps_per_epoch
        return seconds_at(network.frame, points["step"].to_numpy(), images_per_step)
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
    """The changes of the learning rate by hand, not by a schedule; one of several networks is listed once."""
    changes: dict[tuple[int, float], RateChange] = {}
    for network in networks:
        metric = rate_in_force(set(network.frame["metric"]))
        rates = network.frame[network.frame["metric"] == metric]
        changed = rates[rates["value"].pct_change().abs() > 1e-5]  # more than float32 rounds off
        for number, place in enumerate(zip(_x(changed, network, view), changed["value"], strict=True)):
            change = RateChange(*map(float, place))
            changes.setdefault((number, change.rate), change)
    return list(changes.values())
