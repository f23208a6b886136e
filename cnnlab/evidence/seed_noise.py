"""Whether two networks differ by more than their seeds do: a paired test over seeds, its power, bands.

`cnnlab.evidence.paired` asks whether two trained networks differ on the test images; this file asks whether
two networks trained from other seeds would. SciPy's statistics are imported inside the functions, since
that takes half a second.
"""

import math
from bisect import bisect_left
from typing import NamedTuple

import numpy as np
import pandas as pd

from cnnlab import words
from cnnlab.evidence.finding import Finding, Quantity, in_points, no_clear_winner
from cnnlab.evidence.intervals import LEVEL, SIGNIFICANT, Interval

POWER = 0.8  # the chance with which a real gap should be found
MOST_SEEDS = 1000  # a search for more is hopeless
FEW = 5  # up to so many seeds, the interval leans on the assumption of a normal distribution
SAME = 1e-7  # accuracies are float32: smaller differences are rounding
DIGITS = 2
TEST = "paired t test"


class Gap(NamedTuple):
    """How far one network is ahead of another, seed by seed; accuracies from 0 to 1."""

    seeds: int
    mean: float
    """Of the differences, the first network's accuracy minus the second one's."""
    sd: float
    """Their standard deviation, with one degree of freedom lost to the mean."""
    low: float
    high: float
    """The interval of the mean by Student's t, at `LEVEL`."""
    p_value: float
    """Of the paired t test: the chance of a mean at least as far from zero if there were no real gap."""

    @property
    def is_significant(self) -> bool:
        """Whether the gap exceeds the seed noise."""
        return self.p_value < SIGNIFICANT


def gap(first: np.ndarray, second: np.ndarray) -> Gap:
    """The differences of two networks that were trained with the same seeds.

    Args:
        first, second: (K,) test accuracies from 0 to 1, seed by seed.

    If the difference is the same with every seed, there is no noise: the interval is the mean, and the
    p-value is 0, or 1 if the difference is 0. Raises `ValueError` for fewer than two seeds, or for
    different numbers of them.
    """
    from scipy.stats import ttest_rel

    if first.shape != second.shape or first.ndim != 1 or len(first) < 2:
        raise ValueError(
            f"Both networks need the same seeds, at least two, not {first.shape} and {second.shape}."
        )
    differences = np.asarray(first, dtype=np.float64) - np.asarray(second, dtype=np.float64)
    mean, sd = float(differences.mean()), float(differences.std(ddof=1))
    if sd < SAME:
        equal = abs(mean) < SAME
        return Gap(len(first), 0.0 if equal else mean, 0.0, mean, mean, 1.0 if equal else 0.0)
    tested = ttest_rel(differences, np.zeros_like(differences))
    interval = tested.confidence_interval(LEVEL)
    return Gap(len(first), mean, sd, float(interval.low), float(interval.high), float(tested.pvalue))


def power(seeds: int, effect: float) -> float:
    """The chance that a paired t test over so many seeds finds a gap, at the level `SIGNIFICANT`.

    `effect` is the true mean of the differences over their true standard deviation. By the noncentral t
    distribution, both tails counted: J. Cohen, "Statistical Power Analysis for the Behavioral Sciences"
    (1988), chapter 2.
    """
    from scipy.stats import nct, t

    freedom, away = seeds - 1, effect * math.sqrt(seeds)
    critical = t.isf(SIGNIFICANT / 2, freedom)
    # The lower tail by its mirror image: SciPy's own is no number where it is very small (seen with 1.17).
    return float(nct.sf(critical, freedom, away) + nct.sf(critical, freedom, -away))


def more_seeds(gap: Gap) -> int | None:
    """How many more seeds would find the gap with power `POWER`, if it is as large as it was observed.

    0 if it is significant already, None if more than `MOST_SEEDS` more would be needed.
    """
    if gap.is_significant:
        return 0
    effect = abs(gap.mean) / gap.sd if gap.sd else 0.0
    more = range(1, MOST_SEEDS + 1)
    enough = bisect_left(more, POWER, key=lambda count: power(gap.seeds + count, effect))  # power grows
    return more[enough] if enough < len(more) else None


def verdict(first: str, second: str, gap: Gap) -> Finding:
    """Whether the gap exceeds the seed noise; `first` and `second` are the networks' names."""
    behind = gap.mean < 0
    better, worse = (second, first) if behind else (first, second)
    ahead, over = Quantity(abs(gap.mean) * 100, "points", DIGITS), f"Over {gap.seeds} seeds, "
    if gap.is_significant:
        points = words.number(ahead.value, DIGITS)
        lead = f"{better} is better than {worse} by {points} points on average"
        claim = f"{over}{lead}: the gap exceeds the seed noise"
    elif abs(gap.mean) < SAME:
        claim = f"{over}{first} and {second} are equally good on average"
    else:
        claim = f"{over}{no_clear_winner(gap.p_value)}"
        ahead = Quantity(ahead.value, ahead.unit, DIGITS, f"{better} is ahead of {worse} on average by")
    return Finding(
        (first, second),
        claim,
        ahead,
        in_points(Interval(gap.low, gap.high), mirrored=behind) if gap.sd else None,
        gap.p_value if gap.sd else None,
        TEST,
        grounds=() if gap.sd else ("The difference is the same with every seed.",),
        caveats=tuple(filter(None, [_needed(gap), few(gap)])),
    )


def _needed(gap: Gap) -> str:
    more = more_seeds(gap)
    if more == 0 or abs(gap.mean) < SAME:  # nothing to find
        return ""
    seeds = (
        f"more than {MOST_SEEDS:,} more seeds" if more is None else f"about {words.count(more, 'more seed')}"
    )
    return (
        f"If the true gap and its spread are as observed, finding the gap would take {seeds} "
        f"(power {POWER:g} at the {SIGNIFICANT:.0%} level)."
    )


def few(gap: Gap) -> str:
    """What a gap over few seeds depends on, in a sentence; empty where there are more than `FEW`."""
    if gap.seeds > FEW:
        return ""
    return (
        f"With only {gap.seeds} seeds this depends on the assumption that differences between seeds are "
        "normally distributed: treat it as a first answer."
    )


def band(curves: pd.DataFrame) -> pd.DataFrame:
    """Curves of several seeds as one: mean and spread by epoch.

    Args:
        curves: The columns seed, epoch and value; a seed has at most one value an epoch.

    Returns a frame sorted by epoch with the columns epoch, seeds (how many have reached it), mean, sd
    (0 for a single seed), low and high (the smallest and the largest value). Values that are not finite are
    left out.
    """
    finite = curves[np.isfinite(curves["value"].astype("float64"))]
    spread = finite.groupby("epoch")["value"].agg(["count", "mean", "std", "min", "max"]).reset_index()
    spread.columns = pd.Index(["epoch", "seeds", "mean", "sd", "low", "high"])
    return spread.fillna({"sd": 0.0})
