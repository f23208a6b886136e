"""The learning-rate range test: which rate to train with, from the losses at rates that grow step by step.

After Smith 2017, Cyclical learning rates for training neural networks, section 3.3. The suggestion is the
rule of thumb of the fastai course: a tenth of the rate at which the loss is lowest.
"""

from typing import NamedTuple

import numpy as np

LOWEST, HIGHEST = 1e-6, 1.0
STEPS = 120  # twenty for each power of ten
WIDTH = 9  # steps over which the losses are averaged
EXPLODED = 4.0  # times the lowest loss
LEAST_FALL = 0.02  # of the loss, as a share of the first; less may be chance
MARGIN = 10.0  # the suggestion is below the rate of the lowest loss by this factor


class RateRange(NamedTuple):
    """The losses of the steps, up to the last or to the one at which the loss exploded."""

    rates: np.ndarray
    """(steps,) float64, rising."""
    losses: np.ndarray
    """(steps,) float64: mean cross-entropy of the batch in nats, before the update; the last may be infinite
    or NaN."""


def rates() -> np.ndarray:
    """The rates to try, (`STEPS`,) float64, from `LOWEST` to `HIGHEST` in equal factors."""
    return np.geomspace(LOWEST, HIGHEST, STEPS)


def exploded(losses: np.ndarray) -> bool:
    """Whether the last of some losses, (n,) with n > 0, says that higher rates need not be tried."""
    finite = losses[np.isfinite(losses)]
    return not np.isfinite(losses[-1]) or bool(losses[-1] > EXPLODED * finite.min())


def smoothed(losses: np.ndarray) -> np.ndarray:
    """Each loss averaged with its neighbours, `WIDTH` in all, fewer at both ends: (n,) to (n,) float64.

    The window lies evenly around its step, so that the curve is not shifted to higher rates.
    """
    half = WIDTH // 2
    return np.array([losses[max(0, i - half) : i + half + 1].mean() for i in range(len(losses))])


def finite_part(tried: RateRange) -> RateRange:
    """The steps before the first loss that is not a finite number."""
    finite = np.isfinite(tried.losses)
    end = len(finite) if finite.all() else int(finite.argmin())
    return RateRange(tried.rates[:end], tried.losses[:end])


def suggestion(tried: RateRange) -> float | None:
    """The rate to train with, rounded to one digit; None where the loss did not fall."""
    finite = finite_part(tried)
    if not len(finite.losses):
        return None
    curve = smoothed(finite.losses)
    lowest = int(curve.argmin())
    if curve[lowest] > (1 - LEAST_FALL) * curve[0]:
        return None
    return float(f"{finite.rates[lowest] / MARGIN:.0e}")
