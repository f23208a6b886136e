"""About how long a sweep takes, by how fast networks were trained here before."""

import numpy as np

from cnnlab.checks import refusals
from cnnlab.spec import RunSpec
from cnnlab.studies.sweep_plan import Choices, Numbers, Range, Sweep, Value, value_at
from cnnlab.ui.cached import durations

SAMPLE = 12  # trials that stand for all


def seconds(sweep: Sweep, workers: int) -> float | None:
    """How long it takes at most on so many workers; None where that of a network like these is not known.

    The time of a trial is the mean over some that are drawn at random from the ranges, always the same ones.
    """
    start = sweep.comparison.runs()
    of_start = [durations.seconds(spec) for spec in start.values()]
    of_trials = [durations.seconds(spec) for spec in sampled(sweep)]
    if None in of_start or None in of_trials or not of_trials:
        return None
    trial = float(np.mean([each for each in of_trials if each is not None]))
    baseline = sum(each for each in of_start[1:] if each is not None)
    start_time = of_start[0] or 0.0
    search = sweep.number_of_trials * sweep.seeds * trial / max(1, workers)
    if sweep.minutes:
        search = min(search, 60 * sweep.minutes + trial)
    others = baseline + sweep.confirm_seeds * (trial + start_time + baseline)
    return search + others / max(1, workers)


def sampled(sweep: Sweep) -> list[RunSpec]:
    """A few trials that can be trained, with the one of all highest numbers among them, if that can be."""
    random = np.random.default_rng(0)
    points = [{each.path: _value(sweep, each, random) for each in sweep.ranges} for _ in range(SAMPLE)]
    points.append(
        {each.path: _whole(sweep, each, each.high) for each in sweep.ranges if isinstance(each, Numbers)}
    )
    specs = [sweep.with_point(point).runs()["model"] for point in points]
    return [spec for spec in specs if not refusals(spec)]


def _value(sweep: Sweep, each: Range, random: np.random.Generator) -> Value:
    if isinstance(each, Choices):
        return each.values[random.integers(len(each.values))]
    share = random.random()
    number = (
        each.low * (each.high / each.low) ** share if each.log else each.low + (each.high - each.low) * share
    )
    return _whole(sweep, each, number)


def _whole(sweep: Sweep, each: Range, number: float) -> int | float:
    """A whole number where the setting is one."""
    return round(number) if isinstance(value_at(sweep.comparison, each.path), int) else float(number)
