"""Calibration: whether a network is right as often as it is confident, bin by bin and on average."""

from typing import NamedTuple

import numpy as np
import pandas as pd

from cnnlab import words
from cnnlab.evidence.finding import Finding, Quantity
from cnnlab.evidence.intervals import wilson

BINS = 10


class Calibration(NamedTuple):
    """How confident a network is, and how often it is right."""

    bins: pd.DataFrame
    """A row for each bin that holds images, with the columns from and to (the bin's edges), images,
    confidence (mean), accuracy, low and high (Wilson's interval of the accuracy); all from 0 to 1."""
    error: float
    """Expected calibration error, from 0 to 1."""
    confidence: float
    """Mean probability of the predicted class."""
    accuracy: float


def calibration(probabilities: np.ndarray, labels: np.ndarray, bins: int = BINS) -> Calibration | None:
    """How far a network's confidence can be believed; None if its training diverged.

    Args:
        probabilities: (N, classes) from 0 to 1. The highest of an image is the network's confidence.
        labels: (N,) int, the true classes.
        bins: How many bins of equal width; an image on an edge belongs to the bin below.

    The expected calibration error is the mean distance of accuracy and confidence over the bins, each
    weighted by its images. Source: C. Guo, G. Pleiss, Y. Sun and K. Q. Weinberger, "On Calibration of
    Modern Neural Networks", ICML 2017, equation 3. The probabilities of a network whose training diverged
    are not numbers from 0 to 1. Raises `ValueError` without images.
    """
    if not len(labels):
        raise ValueError("Without images there is no calibration.")
    confidences = probabilities.max(axis=1).astype(np.float64)
    in_range = (confidences >= 0) & (confidences <= 1 + 1e-6)  # False for NaN; float32 sums round off
    if not in_range.all():
        return None
    right = probabilities.argmax(axis=1) == labels
    places = np.clip(np.ceil(confidences * bins).astype(int) - 1, 0, bins - 1)
    images = np.bincount(places, minlength=bins)
    filled = np.flatnonzero(images)
    images = images[filled]
    right_in = np.bincount(places, right, bins)[filled].astype(int)
    frame = pd.DataFrame(
        {
            "from": filled / bins,
            "to": (filled + 1) / bins,
            "images": images,
            "confidence": np.bincount(places, confidences, bins)[filled] / images,
            "accuracy": right_in / images,
        }
    )
    intervals = [wilson(int(of), int(total)) for of, total in zip(right_in, images, strict=True)]
    frame[["low", "high"]] = intervals
    distance = (frame["accuracy"] - frame["confidence"]).abs()
    error = float((distance * images).sum() / images.sum())
    return Calibration(frame, error, float(confidences.mean()), float(right.mean()))


def calibration_finding(name: str, calibration: Calibration | None) -> Finding:
    """Whether a network is overconfident, underconfident or neither; `name` is the network's."""
    if calibration is None:
        why = "Its probabilities are not numbers from 0 to 1: its training diverged."
        return Finding((name,), f"{name} has no calibration curve", grounds=(why,))
    points = (calibration.confidence - calibration.accuracy) * 100
    claim = f"{name} is {'over' if points > 0 else 'under'}confident by {words.number(abs(points))} points"
    if round(points, 1) == 0:
        claim = f"{name} is on average as confident as it is accurate"
    return Finding(
        (name,),
        claim,
        Quantity(points, "points"),
        grounds=(
            f"Its mean confidence is {words.percent(calibration.confidence)}, its accuracy "
            f"{words.percent(calibration.accuracy)}.",
            f"Expected calibration error: {words.number(calibration.error * 100)} points.",
        ),
    )
