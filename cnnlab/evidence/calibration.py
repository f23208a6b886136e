"""Whether a network is as often right as it is sure: its reliability, bin by bin, and the error of it.

Numbers in, numbers out; this file knows nothing of runs, figures or screens.
"""

from typing import NamedTuple

import numpy as np
import pandas as pd

from cnnlab.evidence.intervals import wilson

BINS = 10


class Calibration(NamedTuple):
    """How sure a network is, against how often it is right."""

    bins: pd.DataFrame
    """A row for each bin that holds images, with the columns from and to (the bin's edges), images,
    confidence (mean), accuracy, low and high (Wilson's interval of the accuracy); all from 0 to 1."""
    error: float
    """Expected calibration error, from 0 to 1."""
    confidence: float
    """Mean probability of the class that is answered."""
    accuracy: float


def calibration(probabilities: np.ndarray, labels: np.ndarray, bins: int = BINS) -> Calibration:
    """How far a network's confidence can be believed.

    Args:
        probabilities: (N, classes) from 0 to 1. The highest of an image is the network's confidence.
        labels: (N,) int, the true classes.
        bins: How many bins of equal width; an image on an edge belongs to the bin below.

    The expected calibration error is the mean distance of accuracy and confidence over the bins, each
    weighted by its images. Source: C. Guo, G. Pleiss, Y. Sun and K. Q. Weinberger, "On Calibration of
    Modern Neural Networks", ICML 2017, equation 3. Raises `ValueError` without images, and where a
    probability is not a number from 0 to 1, as of a network whose training diverged.
    """
    if not len(labels):
        raise ValueError("Without images there is no calibration.")
    sure = probabilities.max(axis=1).astype(np.float64)
    if not ((sure >= 0) & (sure <= 1 + 1e-6)).all():  # False for NaN too; float32 sums round off
        raise ValueError("Its probabilities are not numbers from 0 to 1: its training diverged.")
    right = probabilities.argmax(axis=1) == labels
    places = np.clip(np.ceil(sure * bins).astype(int) - 1, 0, bins - 1)
    images = np.bincount(places, minlength=bins)
    filled = np.flatnonzero(images)
    images = images[filled]
    right_in = np.bincount(places, right, bins)[filled].astype(int)
    frame = pd.DataFrame(
        {
            "from": filled / bins,
            "to": (filled + 1) / bins,
            "images": images,
            "confidence": np.bincount(places, sure, bins)[filled] / images,
            "accuracy": right_in / images,
        }
    )
    intervals = [wilson(int(of), int(total)) for of, total in zip(right_in, images, strict=True)]
    frame[["low", "high"]] = intervals
    distance = (frame["accuracy"] - frame["confidence"]).abs()
    error = float((distance * images).sum() / images.sum())
    return Calibration(frame, error, float(sure.mean()), float(right.mean()))
