"""What the test images say of one network, and of two on the same images: intervals, tests, verdicts.

Numbers in, numbers and sentences out. This file knows nothing of runs, figures or screens, nor of
seeds: whether the next training would come out the same is another question than whether these two
networks differ. SciPy's statistics are imported inside the functions, since that takes half a second.
"""

from typing import NamedTuple

import numpy as np

from cnnlab.evidence.intervals import LEVEL, SIGNIFICANT, Interval

RESAMPLES = 10_000
SCOPE = (
    "This is about these two trained networks on images like these: whether other seeds would agree, "
    "the page Studies tests."
)


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
    """The chance of a split at least as uneven where both are equally good."""

    @property
    def images(self) -> int:
        """How many images there were."""
        return self.both + self.only_first + self.only_second + self.neither


def paired(right_first: np.ndarray, right_second: np.ndarray, seed: int = 0) -> Paired:
    """Two networks against each other on the same images.

    Args:
        right_first: (N,) bool, whether the first network is right on each image.
        right_second: (N,) bool, the same of the second, in the same order.
        seed: Of the bootstrap, so that the same predictions always get the same interval.

    The test is McNemar's exact one: of the images that only one of them gets right, either would get
    half where both are equally good (Q. McNemar, Psychometrika 12, 1947). Raises `ValueError` where the
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

    Drawing n images with replacement counts them into cells as one multinomial draw with the observed
    shares does, so no image is drawn by itself. Source: B. Efron and R. J. Tibshirani, "An Introduction
    to the Bootstrap" (1993), chapter 13. Where the networks are exchanged, so are the ends.
    """
    if only_second > only_first:
        mirrored = _bootstrapped(only_second, only_first, images, seed)
        return Interval(-mirrored.high, -mirrored.low)
    shares = np.array([only_first, only_second, images - only_first - only_second]) / images
    drawn = np.random.default_rng(seed).multinomial(images, shares, size=RESAMPLES)
    tail = (1 - LEVEL) / 2
    low, high = np.quantile((drawn[:, 0] - drawn[:, 1]) / images, [tail, 1 - tail])
    return Interval(float(low), float(high))


def verdict(first: str, second: str, found: Paired) -> str:
    """The comparison in a few plain sentences, with Markdown's bold; `first` and `second` are names."""
    n, difference = f"{found.images:,}", found.difference
    if not found.only_first + found.only_second:
        return (
            f"**{first} and {second} are right on the same {found.both:,} of the {n} test images**: "
            f"these images do not tell them apart. {SCOPE}"
        )
    if difference == 0:
        return (
            f"**{first} and {second} are right on equally many of the {n} test images**, on "
            f"{found.only_first:,} each without the other: these images do not tell them apart "
            f"({_interval(found)} for the difference). {SCOPE}"
        )
    better, worse = (first, second) if difference > 0 else (second, first)
    alone, other = sorted((found.only_first, found.only_second), reverse=True)
    chance = (
        f"the chance of so uneven a split ({_images(alone)} right only for {better}, {other:,} only for "
        f"{worse}) without a real difference is {_chance(found.p_value)}"
    )
    if tells_apart(found):
        return (
            f"**{better} is better than {worse} by {_ahead(found)} points** ({_interval(found)}) on the "
            f"same {n} test images; {chance}. {SCOPE}"
        )
    return (
        f"**The {n} test images do not tell {first} and {second} apart.** {better} is ahead by "
        f"{_ahead(found)} points ({_interval(found)}), but {chance}. {SCOPE}"
    )


def tells_apart(found: Paired) -> bool:
    """Whether both the test and the interval speak for a difference."""
    low, high = found.interval
    return found.p_value < SIGNIFICANT and not low <= 0 <= high


def _digits(found: Paired) -> int:
    """As many decimals of a point as it takes to see the difference, at least one."""
    points, digits = abs(found.difference) * 100, 1
    while points and round(points, digits) == 0:
        digits += 1
    return digits


def _ahead(found: Paired) -> str:
    return f"{abs(found.difference) * 100:.{_digits(found)}f}"


def _interval(found: Paired) -> str:
    """The interval in points, seen from the network that is ahead: '95% interval −0.2 to 0.8'."""
    low, high = found.interval if found.difference >= 0 else (-found.interval.high, -found.interval.low)
    ends = (f"{round(end * 100, _digits(found)) + 0.0:.{_digits(found)}f}" for end in (low, high))
    return f"{LEVEL:.0%} interval {' to '.join(ends)}".replace("-", "−")


def _images(count: int) -> str:
    return f"{count:,} image{'s' if count != 1 else ''}"


def _chance(p_value: float) -> str:
    """Never rounded across the border of what counts as a difference."""
    if p_value < 0.001:
        return "below 0.001"
    rounded = round(p_value, 3)
    return f"{p_value:.5f}" if rounded == SIGNIFICANT else f"{rounded:g}"
