"""How much accuracy is lost at a strength, and whether two networks lose different amounts."""

from typing import NamedTuple

import numpy as np

from cnnlab.evidence.intervals import LEVEL, Interval
from cnnlab.robustness.experiments import Experiment, Level


def strength(level: Level) -> float:
    """How strong a level is, whichever its direction: |degrees|; of a shift the longer of |dx| and |dy|."""
    return float(np.max(np.abs(level)))


def accuracy_at(right: np.ndarray, experiment: Experiment, of_strength: float) -> np.ndarray:
    """How often each image is classified correctly at a strength, over all directions: (N,) float in [0, 1].

    `right` is (levels, N) bool. Raises `ValueError` if no level has this strength.
    """
    rows = [number for number, level in enumerate(experiment.levels) if strength(level) == of_strength]
    if not rows:
        raise ValueError(f"{experiment.title} is not measured at a strength of {of_strength:g}.")
    return right[rows].mean(axis=0)


class Gap(NamedTuple):
    """How much less accuracy one network loses than another, as a share of all images."""

    difference: float
    interval: Interval
    """At `evidence.intervals.LEVEL`."""


def gap(first: np.ndarray, second: np.ndarray) -> Gap:
    """How much less the first network loses than the second one, on the same images.

    Args:
        first: (N,) float, of each image: right when undisturbed, minus `accuracy_at`; at least 2 images.
        second: The same of the other network.

    The interval is Student's for the mean of paired differences (W. S. Gosset, Biometrika 6, 1908).
    """
    from scipy.stats import ttest_1samp

    less = second - first
    if not np.ptp(less):  # without any spread SciPy has no interval
        return Gap(float(less[0]), Interval(float(less[0]), float(less[0])))
    low, high = ttest_1samp(less, 0).confidence_interval(LEVEL)
    return Gap(float(less.mean()), Interval(float(low), float(high)))
