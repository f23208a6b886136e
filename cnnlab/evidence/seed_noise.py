"""What several seeds say of two networks: paired tests over seeds, bands of curves, and sentences.

Another question than `cnnlab.evidence.paired` answers: not whether these two trained networks differ on the
test images, but whether two trained anew, from other seeds, would. Numbers in, numbers and sentences
out; this file knows nothing of runs, figures or screens. SciPy's statistics are imported inside the
functions, since that takes half a second.
"""

import math
from typing import NamedTuple

import numpy as np
import pandas as pd

LEVEL = 0.95  # of every interval
SIGNIFICANT = 0.05
POWER = 0.8  # how surely a real gap is to be told
MOST_SEEDS = 1000  # more are hopeless
FEW = 5  # up to so many, the interval rests on little
SAME = 1e-7  # accuracies are float32: what differs by less is equal


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
    """Of the paired t test: the chance of a mean at least as far from zero without a real gap."""

    @property
    def told(self) -> bool:
        """Whether the gap exceeds the seed noise."""
        return self.p_value < SIGNIFICANT


def gap(first: np.ndarray, second: np.ndarray) -> Gap:
    """The differences of two networks that were trained with the same seeds.

    Args:
        first, second: (K,) test accuracies from 0 to 1, seed by seed.

    Differences that are all alike leave no noise: their interval is their mean, and the chance is 0, or 1
    where there is no difference. Raises `ValueError` for fewer than two seeds, or unlike many.
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


def more_seeds(found: Gap) -> int | None:
    """How many more seeds it would take to tell the gap with power `POWER`, were it as it was observed.

    0 where it is told already, None where more than `MOST_SEEDS` more would be needed.
    """
    if found.told:
        return 0
    effect = abs(found.mean) / found.sd if found.sd else 0.0
    least, most = found.seeds + 1, found.seeds + MOST_SEEDS
    if power(most, effect) < POWER:
        return None
    while least < most:  # the power grows with the seeds
        middle = (least + most) // 2
        least, most = (least, middle) if power(middle, effect) >= POWER else (middle + 1, most)
    return least - found.seeds


def sentence(first: str, second: str, found: Gap) -> str:
    """Whether the gap exceeds the seed noise, in plain words with Markdown's bold."""
    seeds = f"{found.seeds} seeds"
    if not found.told and abs(found.mean) < SAME:
        told = f"**Over {seeds}, {first} and {second} are equally good on average**{_spread(found)}."
    else:
        better, worse = (first, second) if found.mean > 0 else (second, first)
        ahead = f"{better} is better than {worse} by {_points(abs(found.mean))} points on average"
        told = (
            f"**Over {seeds}, {ahead}: the gap exceeds the seed noise**{_spread(found)}."
            if found.told
            else f"**Over {seeds}, the gap does not exceed the seed noise.** {ahead}{_spread(found)}."
        )
    return " ".join(filter(None, [told, _needed(found), _few(found)]))


def _spread(found: Gap) -> str:
    """The interval, seen from the network that is ahead, and the chance."""
    if not found.sd:
        return ", with every seed alike"
    low, high = (found.low, found.high) if found.mean >= 0 else (-found.high, -found.low)
    chance = "below 0.001" if found.p_value < 0.001 else f"{found.p_value:.2g}"
    return f" (95% interval {_points(low)} to {_points(high)}, p {chance}, paired t test)"


def _points(share: float) -> str:
    return f"{share * 100 + 0.0:.2f}".replace("-", "−")


def _needed(found: Gap) -> str:
    more = more_seeds(found)
    if more == 0:
        return ""
    count = f"more than {MOST_SEEDS:,}" if more is None else f"about {more:,}"
    return (
        f"Were the true gap and its spread as observed, it would take {count} more "
        f"seed{'' if more == 1 else 's'} to tell (power {POWER:g} at the {SIGNIFICANT:.0%} level)."
    )


def _few(found: Gap) -> str:
    if found.seeds > FEW:
        return ""
    return (
        f"With only {found.seeds} seeds this rests on the assumption that differences between seeds are "
        "normally distributed: take it as a first answer."
    )


def band(curves: pd.DataFrame) -> pd.DataFrame:
    """Curves of several seeds as one: mean and spread by epoch.

    Args:
        curves: The columns seed, epoch and value; a seed has at most one value an epoch.

    Returns a frame sorted by epoch with the columns epoch, seeds (how many have come so far), mean, sd
    (0 for a single seed), low and high (the smallest and the largest value). What is not finite is left out.
    """
    finite = curves[np.isfinite(curves["value"].astype("float64"))]
    found = finite.groupby("epoch")["value"].agg(["count", "mean", "std", "min", "max"]).reset_index()
    found.columns = ["epoch", "seeds", "mean", "sd", "low", "high"]
    return found.fillna({"sd": 0.0})
