"""Whether two trained networks differ on the same test images: counts, a test, an interval, a verdict.

Whether two networks trained from other seeds would differ too is another question: see `seed_noise`.
SciPy's statistics are imported inside the functions, since that takes half a second.
"""

from collections.abc import Mapping
from dataclasses import replace
from typing import NamedTuple

import numpy as np

from cnnlab import words
from cnnlab.evidence.finding import (
    SEED_STUDY,
    Finding,
    Quantity,
    capitalized,
    in_points,
    no_clear_winner,
)
from cnnlab.evidence.intervals import LEVEL, SIGNIFICANT, Interval

RESAMPLES = 10_000
POINTS = "points"
TEST = "McNemar's test"


class Paired(NamedTuple):
    """Two networks on the same images, counted by who is right."""

    both: int
    only_first: int
    only_second: int
    neither: int
    difference: float
    """The first one's accuracy minus the second one's, from -1 to 1."""
    interval: Interval
    """Of the difference, at `LEVEL`."""
    p_value: float
    """The chance of a split at least as uneven if both networks were equally good."""

    @property
    def images(self) -> int:
        """How many images there were."""
        return self.both + self.only_first + self.only_second + self.neither


def paired(right_first: np.ndarray, right_second: np.ndarray, seed: int = 0) -> Paired:
    """Counts who is right on which images, and tests the difference.

    Args:
        right_first: (N,) bool, whether the first network is right on each image.
        right_second: (N,) bool, the same of the second, in the same order.
        seed: Of the bootstrap, so that the same predictions always get the same interval.

    The test is McNemar's exact one: of the images that only one network gets right, each would get half
    if both were equally good (Q. McNemar, Psychometrika 12, 1947). Raises `ValueError` where the
    lengths differ or there are no images.
    """
    from scipy.stats import binomtest

    if right_first.shape != right_second.shape or right_first.ndim != 1 or not len(right_first):
        raise ValueError(
            "Both networks must be judged on the same images, at least one, "
            f"not on {right_first.shape} and {right_second.shape}."
        )
    counts = np.bincount(2 * right_first.astype(int) + right_second, minlength=4)
    neither, only_second, only_first, both = map(int, counts)
    uneven = only_first + only_second
    return Paired(
        both,
        only_first,
        only_second,
        neither,
        difference=(only_first - only_second) / len(right_first),
        interval=_bootstrapped(only_first, only_second, len(right_first), seed),
        p_value=float(binomtest(only_first, uneven).pvalue) if uneven else 1.0,
    )


def _bootstrapped(only_first: int, only_second: int, images: int, seed: int) -> Interval:
    """The percentile interval of the difference over resampled images.

    The counts of n images drawn with replacement are one multinomial draw with the observed shares, so
    no image needs to be drawn by itself. Source: B. Efron and R. J. Tibshirani, "An Introduction
    to the Bootstrap" (1993), chapter 13. Exchanging the networks mirrors the interval.
    """
    if only_second > only_first:
        mirrored = _bootstrapped(only_second, only_first, images, seed)
        return Interval(-mirrored.high, -mirrored.low)
    shares = np.array([only_first, only_second, images - only_first - only_second]) / images
    drawn = np.random.default_rng(seed).multinomial(images, shares, size=RESAMPLES)
    tail = (1 - LEVEL) / 2
    low, high = np.quantile((drawn[:, 0] - drawn[:, 1]) / images, [tail, 1 - tail])
    return Interval(float(low), float(high))


def paired_predictions(first: Mapping[str, np.ndarray], second: Mapping[str, np.ndarray]) -> Paired | None:
    """Two networks by what is stored of their tests; None where these were not on the same images.

    Args:
        first, second: 'probabilities' (N, classes) and 'labels' (N,) int, as a run stores them.
    """
    labels = first["labels"]
    if not len(labels) or not np.array_equal(labels, second["labels"]):
        return None
    answers = [each["probabilities"].argmax(axis=1) for each in (first, second)]
    return paired(*(each == labels for each in answers))


def verdict(first: str, second: str, counts: Paired) -> Finding:
    """Which network is better, if that is clear; `first` and `second` are their names."""
    alike = f"right on {{}} of the {counts.images:,} test images"
    if not counts.only_first + counts.only_second:
        claim = f"{first} and {second} are {alike.format(f'the same {counts.both:,}')}"
        return Finding((first, second), claim, Quantity(0.0, POINTS), caveats=(SEED_STUDY,))
    behind = counts.difference < 0
    better, worse = (second, first) if behind else (first, second)
    ahead = Quantity(abs(counts.difference) * 100, POINTS, _digits(counts))
    if counts.difference == 0:
        claim = f"No clear winner: {first} and {second} are {alike.format('equally many')}"
    elif is_significant(counts):
        claim = f"{better} is better than {worse} by {words.number(ahead.value, ahead.digits)} points"
    else:
        claim = capitalized(no_clear_winner(counts.p_value))
        ahead = replace(ahead, introduced_by=f"{better} is ahead of {worse} by")
    return Finding(
        (first, second),
        claim,
        ahead,
        in_points(counts.interval, mirrored=behind),
        counts.p_value,
        TEST,
        grounds=(_split(better, worse, counts),),
        caveats=(SEED_STUDY,),
    )


def _split(better: str, worse: str, counts: Paired) -> str:
    more, fewer = sorted((counts.only_first, counts.only_second), reverse=True)
    images = f"Of the same {counts.images:,} test images"
    return f"{images}, only {better} gets {more:,} right, only {worse} {fewer:,}."


def is_significant(counts: Paired) -> bool:
    """Whether both the test and the interval speak for a difference."""
    low, high = counts.interval
    return counts.p_value < SIGNIFICANT and not low <= 0 <= high


def _digits(counts: Paired) -> int:
    """As many decimals of a point as it takes to see the difference, at least one."""
    points, digits = abs(counts.difference) * 100, 1
    while points and round(points, digits) == 0:
        digits += 1
    return digits
