"""Temperature scaling: the one number by which a network's confidence is best softened or sharpened.

SciPy is imported inside the function, since that takes a while.
"""

from typing import NamedTuple

import numpy as np

from cnnlab import words
from cnnlab.evidence.finding import Finding, Quantity

# A probability that float32 rounds to 0 counts as this, as in `cnnlab.models.training.score`, so that losses
# here are those of the curves. Keras's own 1e-7 (`keras.config.epsilon`) does not apply to them: its loss
# takes the logits behind a softmax (`_get_logits` in keras/src/backend/tensorflow/nn.py).
LEAST_PROBABILITY = float(np.finfo(np.float32).tiny)
COLDEST, HOTTEST = 0.05, 20.0  # temperatures
FLAT = 1e-12  # a slope of the loss that is none


class Temperature(NamedTuple):
    """The temperature that suits some images best, and their mean cross-entropy in nats."""

    value: float
    """Above 1 softens the probabilities, below 1 sharpens them; from `COLDEST` to `HOTTEST`."""
    before: float
    """As the network answers, which is at a temperature of 1."""
    after: float


class Recovered(NamedTuple):
    """What temperature scaling takes back on images that it was not fitted on."""

    before: float
    """The mean cross-entropy of all images as the network answers, in nats."""
    after: float
    """The same with each half of the images scaled by the temperature of the other half."""
    temperatures: tuple[float, float]
    """Fitted on the first and on the second half."""

    @property
    def gain(self) -> float:
        """By how much the loss falls, in nats; below 0 where it rises."""
        return self.before - self.after

    @property
    def at_limit(self) -> bool:
        """Whether a temperature beyond the limits would have suited one half better still."""
        return not {COLDEST, HOTTEST}.isdisjoint(self.temperatures)


def temperature(probabilities: np.ndarray, labels: np.ndarray) -> Temperature | None:
    """The temperature T with the lowest mean cross-entropy of softmax(log p / T); None for a diverged one.

    Args:
        probabilities: (N, classes) from 0 to 1.
        labels: (N,) int, the true classes.

    Source: C. Guo, G. Pleiss, Y. Sun and K. Q. Weinberger, "On Calibration of Modern Neural Networks", ICML
    2017, section 4.2; log p differs from the logits by a constant that softmax takes out again. The loss is
    convex in 1/T, so that the root of its derivative is found. Where the loss still falls at a limit, T is
    that limit: `COLDEST` where every answer is right, `HOTTEST` where the answers are no better than
    guessing. Where no T changes the loss, T is 1. Raises `ValueError` as `log_probabilities` does.
    """
    scores = log_probabilities(probabilities, labels)
    if scores is None:
        return None
    value = _fitted(scores, labels)
    return Temperature(value, _loss(scores, labels, 1.0), _loss(scores, labels, value))


def recovered(probabilities: np.ndarray, labels: np.ndarray) -> Recovered | None:
    """What temperature scaling takes back on images that it was not fitted on, in two folds.

    Each half of the images is scaled by the temperature that the other half asks for, since a temperature
    flatters the images on which it was fitted. The halves are every other image once the images are sorted by
    class, so that both have each class equally often: as they come the classes take turns, and of ten
    classes every other image would be of five. None for fewer than two images, or if the training diverged.
    Raises `ValueError` as `log_probabilities` does.
    """
    scores = log_probabilities(probabilities, labels)
    if scores is None or len(labels) < 2:
        return None
    by_class = np.argsort(labels, kind="stable")
    halves = by_class[::2], by_class[1::2]
    first, second = (_fitted(scores[half], labels[half]) for half in halves)
    sums = [
        _loss(scores[half], labels[half], value) * len(half)
        for half, value in zip(halves, (second, first), strict=True)
    ]
    return Recovered(_loss(scores, labels, 1.0), sum(sums) / len(labels), (first, second))


def log_probabilities(probabilities: np.ndarray, labels: np.ndarray) -> np.ndarray | None:
    """log p, (N, classes) float64 and finite; None where a probability is not a number from 0 to 1.

    Raises `ValueError` without images, or where the shapes do not belong together.
    """
    if not len(labels):
        raise ValueError("Without images there is no loss.")
    if probabilities.ndim != 2 or labels.shape != probabilities.shape[:1]:
        raise ValueError(
            f"Each image needs one row and one label, not {probabilities.shape} and {labels.shape}."
        )
    in_range = (probabilities >= 0) & (probabilities <= 1 + 1e-6)  # False for NaN; float32 sums round off
    if not in_range.all():
        return None
    return np.log(np.maximum(probabilities.astype(np.float64), LEAST_PROBABILITY))


def _fitted(scores: np.ndarray, labels: np.ndarray) -> float:
    """The temperature of (N, classes) scores with the lowest loss, between the limits."""
    from scipy.optimize import brentq

    def slope(beta: float) -> float:
        """The derivative of the loss in beta = 1/T, which grows with beta."""
        shares = np.exp(_log_shares(scores, beta))
        return float(((shares * scores).sum(axis=1) - scores[np.arange(len(labels)), labels]).mean())

    lowest, highest = slope(1 / HOTTEST), slope(1 / COLDEST)
    if lowest > -FLAT and highest < FLAT:
        return 1.0
    if lowest >= 0:
        return HOTTEST
    if highest <= 0:
        return COLDEST
    return 1 / float(brentq(slope, 1 / HOTTEST, 1 / COLDEST))


def _loss(scores: np.ndarray, labels: np.ndarray, value: float) -> float:
    """The mean cross-entropy in nats at a temperature."""
    return float(-_log_shares(scores, 1 / value)[np.arange(len(labels)), labels].mean())


def _log_shares(scores: np.ndarray, beta: float) -> np.ndarray:
    """The logarithm of softmax(beta · scores), row by row."""
    scaled = beta * (scores - scores.max(axis=1, keepdims=True))
    return scaled - np.log(np.exp(scaled).sum(axis=1, keepdims=True))


def temperature_finding(name: str, recovered: Recovered | None, rise: float) -> Finding:
    """What temperature scaling would take back of a rise of the validation loss, `rise` in nats, above 0."""
    if recovered is None:
        why = "That takes at least two images, and probabilities that are numbers from 0 to 1."
        return Finding((name,), f"Temperature scaling cannot be tried on {name}", grounds=(why,))
    digits = digits_of(rise)
    gain, whole = (words.rounded(each, digits) for each in (recovered.gain, rise))
    does = f"would take back {words.number(gain, digits)} of it"
    if gain < 0:
        does = f"would add {words.number(-gain, digits)} to it"
    elif gain == 0:
        does = "would take back nothing of it"
    elif gain > whole:
        does = f"would take back all of it, and {words.number(gain - whole, digits)} more"
    values = words.listing(list(dict.fromkeys(words.number(each) for each in recovered.temperatures)))
    limit = f"A temperature stands at the limit of what is tried, {COLDEST:g} to {HOTTEST:g}."
    return Finding(
        (name,),
        f"Temperature scaling (T = {values}) {does}",
        Quantity(recovered.gain, "nats", digits),
        grounds=(
            f"With the temperature of one half of the images, the loss of the other half goes from "
            f"{words.number(recovered.before, digits)} to {words.number(recovered.after, digits)} "
            "(mean of both ways).",
            "It divides the logits by T: every answer stays, only the confidence changes.",
        ),
        caveats=(limit,) if recovered.at_limit else (),
    )


def digits_of(rise: float) -> int:
    """Decimals of a rise and of its parts: more where it is small."""
    return 2 if abs(rise) >= 0.1 else 3
