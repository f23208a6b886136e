"""What learning curves show, and when they show nothing.

Each rule is a function of the metrics epoch by epoch. It gives a finding with its figures, or None: a trend
counts only where a straight line through the epochs rises or falls by more than their scatter explains.
"""

import math
from typing import NamedTuple

import numpy as np
import pandas as pd

from cnnlab import words
from cnnlab.evidence.finding import Finding, Quantity

LEVEL = 0.005  # one-sided: the chance that scatter alone makes such a trend
LEAST_EPOCHS = 4  # of a trend
LEAST_RISE = 0.02  # of a loss since its lowest, as a share of it
LEAST_FALL = 0.005  # of a loss in one epoch, as a share of it
WORSE_THAN_GUESSING = 1.5  # times the loss of equal shares for all classes
STANDARD_ERRORS = 2.58  # as far as chance reaches in 99 of 100 cases
LEARNED = 0.01  # the chance of an accuracy as high by guessing, below which something was learned
UNCHANGED = 1e-6  # of a loss, from epoch to epoch, as a share of it
TREND = "t test of the slope"
RISING = (
    "Said where the validation loss rises after its lowest epoch by more than the epochs' scatter explains, "
    f"and by {LEAST_RISE:.0%} at least, while the training loss falls (L. Prechelt, 'Early Stopping – But "
    "When?', 1998)."
)
DIVERGING = (
    "Said where the training loss is no number, is far above that of equal shares for all classes, or rises "
    "after its lowest epoch by more than the epochs' scatter explains (Y. Bengio, 'Practical Recommendations "
    "for Gradient-Based Training of Deep Architectures', 2012)."
)
FALLING = (
    "Said where the validation loss has fallen over the last third of the epochs, four at least, by more "
    f"than their scatter explains, and by {LEAST_FALL:.1%} an epoch at least."
)
GUESSING = (
    "Said where guessing reaches the training accuracy of the last epoch in more than one case in a hundred "
    "(exact binomial test)."
)
ABOVE = (
    "Said where the validation accuracy is above that of training on average and in the last epoch, by more "
    "than the choice of the images explains in 99 of 100 cases."
)


class Epochs(NamedTuple):
    """The metrics of a training, from its first epoch on: each (E,) float64."""

    loss: np.ndarray
    """Mean over the epoch's training images, in nats, each before the update it led to."""
    accuracy: np.ndarray
    """In [0, 1], in the same way."""
    val_loss: np.ndarray
    """After the epoch."""
    val_accuracy: np.ndarray
    training_images: int
    validation_images: int
    classes: int


class Reading(NamedTuple):
    """A finding, and the rule by which it was made, in a sentence."""

    finding: Finding
    rule: str


class Trend(NamedTuple):
    """A straight line through values, one an epoch."""

    slope: float
    """Per epoch."""
    p_value: float
    """One-sided: the chance of a slope as steep in its direction if there were none."""

    @property
    def is_clear(self) -> bool:
        """Whether scatter does not explain it."""
        return self.p_value < LEVEL


def trend(values: np.ndarray) -> Trend:
    """The trend of (N,) values by ordinary least squares; none where there are fewer than `LEAST_EPOCHS`."""
    from scipy.stats import linregress

    if len(values) < LEAST_EPOCHS or not np.isfinite(values).all() or np.ptp(values) == 0:
        return Trend(0.0, 1.0)
    line = linregress(np.arange(len(values)), values)
    return Trend(float(line.slope), float(line.pvalue) / 2)


def by_epoch(curves: pd.DataFrame, steps_per_epoch: int) -> dict[str, np.ndarray]:
    """The means of 'loss' and 'accuracy' over each whole epoch, and 'val_loss' and 'val_accuracy' after it.

    Args:
        curves: The columns metric, step and value, sorted by step; a training metric is the mean over the
            steps since the one before.
        steps_per_epoch: How many steps an epoch has.

    Returns arrays of as many epochs as all four have, (E,) float64 each.
    """
    means = {name: _epoch_means(_of(curves, name), steps_per_epoch) for name in ("loss", "accuracy")}
    for name in ("val_loss", "val_accuracy"):
        points = _of(curves, name)
        means[name] = points[(points.index > 0) & (points.index % steps_per_epoch == 0)].to_numpy(float)
    shortest = min(map(len, means.values()))
    return {name: values[:shortest] for name, values in means.items()}


def _of(curves: pd.DataFrame, metric: str) -> pd.Series:
    """Step → value."""
    return curves[curves["metric"] == metric].drop_duplicates("step", keep="last").set_index("step")["value"]


def _epoch_means(points: pd.Series, steps_per_epoch: int) -> np.ndarray:
    points = points[points.index > 0]
    steps = np.diff(points.index.to_numpy(), prepend=0)
    epochs = (points.index.to_numpy() - 1) // steps_per_epoch
    counts = np.bincount(epochs, weights=steps)
    sums = np.bincount(epochs, weights=steps * points.to_numpy(float))
    return sums[counts == steps_per_epoch] / steps_per_epoch  # NaN where a value is none


def readings(name: str, epochs: Epochs, dropout: bool = False) -> list[Reading]:
    """What the curves of a network show; empty where they show nothing that is sure.

    A training that diverges or learns nothing is not asked anything else. `dropout`: whether it has any.
    """
    for broken in (diverging(name, epochs), not_learning(name, epochs)):
        if broken:
            return [broken]
    found = (
        overfitting(name, epochs),
        still_falling(name, epochs),
        validation_above(name, epochs, dropout),
    )
    return [reading for reading in found if reading]


def overfitting(name: str, epochs: Epochs) -> Reading | None:
    """Since which epoch the validation loss rises while the training loss falls."""
    lowest = _lowest(epochs.val_loss)
    after = epochs.val_loss[lowest + 1 :]
    rising, falling = trend(after), trend(epochs.loss[lowest + 1 :])
    if not (rising.slope > 0 and rising.is_clear and falling.slope < 0 and falling.is_clear):
        return None
    rise = float(after[-2:].mean() / epochs.val_loss[lowest] - 1)
    if rise < LEAST_RISE:
        return None
    claim = f"{name} overfits since epoch {lowest + 1}"
    grounds = (
        f"Its validation loss is {words.percent(rise, 0)} above that of epoch {lowest + 1}, while its "
        f"training loss fell from {epochs.loss[lowest]:.3f} to {epochs.loss[-1]:.3f}.",
        "Fewer epochs, more images or some 'Dropout' would help.",
    )
    quantity = Quantity(float(lowest + 1), "epoch", 0)
    return Reading(Finding((name,), claim, quantity, None, rising.p_value, TREND, grounds), RISING)


def diverging(name: str, epochs: Epochs) -> Reading | None:
    """Whether the learning rate is too high: the training loss grows."""
    advice = "Lower 'Learning rate'."
    if not np.isfinite(epochs.loss).all():
        first = int(np.flatnonzero(~np.isfinite(epochs.loss))[0]) + 1
        claim = (
            f"The learning rate is too high for {name}: its training loss is no number since epoch {first}"
        )
        return Reading(Finding((name,), claim, grounds=(advice,)), DIVERGING)
    if not len(epochs.loss):
        return None
    guessing, last = math.log(epochs.classes), float(epochs.loss[-1])
    claim = f"The learning rate is too high for {name}"
    if last > WORSE_THAN_GUESSING * guessing:
        ground = f"Its training loss of {last:.2f} is far above that of equal shares, {guessing:.2f}."
        return Reading(Finding((name,), claim, grounds=(ground, advice)), DIVERGING)
    lowest = _lowest(epochs.loss)
    rising = trend(epochs.loss[lowest + 1 :])
    rise = last / float(epochs.loss[lowest]) - 1
    if not (rising.slope > 0 and rising.is_clear and rise > LEAST_RISE):
        return None
    ground = f"Its training loss is {words.percent(rise, 0)} above that of epoch {lowest + 1}, and rises."
    return Reading(
        Finding((name,), claim, None, None, rising.p_value, TREND, grounds=(ground, advice)), DIVERGING
    )


def not_learning(name: str, epochs: Epochs) -> Reading | None:
    """Whether the training accuracy is no better than guessing, and whether nothing changes at all."""
    from scipy.stats import binomtest

    if not len(epochs.accuracy):
        return None
    right = round(float(epochs.accuracy[-1]) * epochs.training_images)
    p_value = binomtest(right, epochs.training_images, 1 / epochs.classes, "greater").pvalue
    if p_value < LEARNED:
        return None
    loss = epochs.loss
    still = len(loss) > 2 and np.ptp(loss[1:]) <= UNCHANGED * abs(loss[-1])
    ground = (
        "Its loss does not change at all: no gradient arrives, as where all units of a layer are dead. Try "
        "another 'Activation', or a lower 'Learning rate'."
        if still
        else "Try another 'Learning rate', or more epochs."
    )
    accuracy = words.percent(float(epochs.accuracy[-1]))
    claim = f"{name} has learned nothing: its training accuracy of {accuracy} is guessing"
    return Reading(Finding((name,), claim, None, None, float(p_value), "binomial test", (ground,)), GUESSING)


def still_falling(name: str, epochs: Epochs) -> Reading | None:
    """Whether more epochs would have helped: the validation loss was falling at the end."""
    last = max(LEAST_EPOCHS, len(epochs.val_loss) // 3)
    values = epochs.val_loss[-last:]
    falling = trend(values)
    if not (falling.slope < 0 and falling.is_clear and len(values) == last):
        return None
    share = -falling.slope / float(values[-1])
    if share < LEAST_FALL:
        return None
    claim = f"{name} was still learning after epoch {len(epochs.val_loss)}"
    fell = f"Its validation loss fell by {words.percent(share)} an epoch over the last {last}"
    ground = f"{fell}; try more 'Epochs'."
    return Reading(Finding((name,), claim, None, None, falling.p_value, TREND, (ground,)), FALLING)


def validation_above(name: str, epochs: Epochs, dropout: bool = False) -> Reading | None:
    """Whether validation is above training, which surprises people, and why."""
    if len(epochs.accuracy) < 2:
        return None
    ahead = epochs.val_accuracy - epochs.accuracy
    share = float(epochs.val_accuracy.mean())
    error = math.sqrt(share * (1 - share) * (1 / epochs.validation_images + 1 / epochs.training_images))
    if not (ahead.mean() > STANDARD_ERRORS * error and ahead[-1] > STANDARD_ERRORS * error):
        return None
    points = words.number(100 * float(ahead[-1]))
    because = "dropout is off in validation, and training's accuracy" if dropout else "training's accuracy"
    ground = (
        f"That is no fault: {because} is a mean over the epoch, in which the network improves, while "
        "validation's is taken at its end."
    )
    claim = f"{name} has a validation accuracy {points} points above its training accuracy"
    return Reading(
        Finding((name,), claim, Quantity(100 * float(ahead[-1]), "points"), grounds=(ground,)), ABOVE
    )


def _lowest(values: np.ndarray) -> int:
    """The place of the lowest finite value; the last one where there is none."""
    finite = np.where(np.isfinite(values), values, np.inf)
    return int(finite.argmin()) if np.isfinite(finite).any() else len(values) - 1
