"""Intervals, their level, and what counts as significant."""

from functools import lru_cache
from typing import NamedTuple

LEVEL = 0.95  # of every interval
SIGNIFICANT = 0.05  # a p-value below this counts as a difference


class Interval(NamedTuple):
    """Both ends of an interval."""

    low: float
    high: float


@lru_cache(maxsize=10_000)
def wilson(right: int, total: int, level: float = LEVEL) -> Interval:
    """Wilson's score interval for a share of `right` among `total`.

    Without any images the interval is 0 to 1. Source: E. B. Wilson, "Probable
    Inference, the Law of Succession, and Statistical Inference", JASA 22 (1927), as SciPy computes it.
    Raises `ValueError` where `right` is not between 0 and `total`.
    """
    from scipy.stats import binomtest

    if total == 0 == right:
        return Interval(0.0, 1.0)
    interval = binomtest(right, total).proportion_ci(level, method="wilson")
    return Interval(float(interval.low), float(interval.high))
