"""Learning curves as numbers: which lines there are, and their points."""

from typing import Literal, NamedTuple

import numpy as np
import pandas as pd

MAX_POINTS = 500  # of one line; more cannot be told apart on a screen


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
