"""A sweep: the search for the best settings within ranges, and every reason to refuse one.

A trial is the CNN of the comparison with some settings changed, trained with one or more seeds. Its score is
the mean best validation accuracy; the test set plays no part.
"""

import itertools
import math
from collections.abc import Mapping
from typing import Literal, TypeAlias

import numpy as np
from pydantic import ValidationError

from cnnlab import words
from cnnlab.checks import refusals as refusals_of_spec
from cnnlab.data.registry import DATASETS
from cnnlab.errors import InputRefused, SettingsRefused
from cnnlab.spec import ComparisonSpec, RunSpec, Settings, network_title, sentences
from cnnlab.studies.sweep_ranges import (
    BLOCKS,
    NOT_SWEPT,
    Choices,
    Numbers,
    Range,
    Sweepable,
    Value,
    sweepable,
    title,
    value_at,
    with_value,
    without_effect,
)

__all__ = ["Choices", "Numbers", "Range", "Sweep", "Sweepable", "Value", "sweepable", "title", "value_at"]

Objective = Literal["accuracy", "accuracy_params", "accuracy_macs"]
Method = Literal["grid", "random", "tpe", "nsga2"]
Pruning = Literal["none", "median", "halving", "wilcoxon"]
Point: TypeAlias = dict[str, Value]  # path → value

CONTROLS: dict[str, str] = {
    "ranges": "Settings to vary",
    "objective": "Objective",
    "method": "Method",
    "trials": "Trials",
    "minutes": "Time budget",
    "seeds": "Seeds per trial",
    "pruning": "Pruning",
    "at_once": "Trials at once",
    "sampler_seed": "Sampler seed",
    "confirm_seeds": "Fresh seeds",
    "use_stored": "Begin with stored runs",
}
"""Field of a sweep → the label of its control."""
OBJECTIVES: dict[Objective, str] = {
    "accuracy": "validation accuracy",
    "accuracy_params": "validation accuracy against parameters",
    "accuracy_macs": "validation accuracy against multiply-adds",
}
METHODS: dict[Method, str] = {"grid": "Grid", "random": "Random", "tpe": "TPE", "nsga2": "NSGA-II"}
PRUNINGS: dict[Pruning, str] = {
    "none": "None",
    "median": "Median",
    "halving": "Successive halving",
    "wilcoxon": "Wilcoxon",
}
MOST_TRIALS, MOST_SEEDS, MOST_MINUTES, MOST_AT_ONCE = 1000, 5, 10_080.0, 64
LEAST_CONFIRMING, MOST_CONFIRMING = 3, 20
LEAST_WILCOXON = 4  # seeds: with fewer the test comes too late to save a training
GRID_VALUES = 5  # of a range of numbers without a step
MOST_POINTS = 100_000
SEEDS = 2**31  # seeds wrap round to 0


class Sweep(Settings):
    """What is varied, how, and how often. `refusals` says what of it cannot be done."""

    kind: Literal["sweep"] = "sweep"
    comparison: ComparisonSpec
    """The settings to start from, and the baseline."""
    ranges: tuple[Range, ...]
    objective: Objective = "accuracy"
    method: Method = "tpe"
    trials: int = 20
    minutes: float | None = None
    """After so long no further trial begins; those that have begun are finished."""
    seeds: int = 1
    """With how many seeds each trial is trained, from that of the comparison on."""
    pruning: Pruning = "none"
    sampler_seed: int = 0
    confirm_seeds: int = 3
    """With how many fresh seeds the best trial, the start and the baseline are trained at the end; or 0."""
    use_stored: bool = False
    """Whether finished runs of the same data, with settings in the ranges, count as trials."""
    at_once: int = 4
    """Trial n is chosen, and pruned, by what trials up to n - `at_once` have shown, however fast each was."""
    stored: tuple[tuple[str, ...], ...] = ()
    """The ids of the stored runs that count as the first trials, one for each seed."""

    @property
    def title(self) -> str:
        """The sweep in one line."""
        varied = words.listing([title(each.path).lower() for each in self.ranges])
        network, data = network_title(self.comparison.model), self.comparison.data.dataset
        images = DATASETS[data].title if data in DATASETS else data
        return f"Sweep: {network}, {varied}, {words.count(self.number_of_trials, 'trial')} · {images}"

    @property
    def directions(self) -> tuple[Literal["maximize", "minimize"], ...]:
        """Of the objectives, in Optuna's words."""
        return ("maximize",) if self.objective == "accuracy" else ("maximize", "minimize")

    @property
    def metric_names(self) -> list[str]:
        """What the objectives are called."""
        costs = {"accuracy_params": ["parameters"], "accuracy_macs": ["multiply-adds"]}
        return ["validation accuracy", *costs.get(self.objective, [])]

    @property
    def grid_size(self) -> int:
        """How many points the grid has."""
        return math.prod(len(grid_values(self, each)) for each in self.ranges)

    @property
    def number_of_trials(self) -> int:
        """How many trials there will be at most, stored ones not counted."""
        return min(self.trials, self.grid_size) if self.method == "grid" else self.trials

    @property
    def number_of_trainings(self) -> int:
        """How many trainings there will be at most, unless one fails and is repeated."""
        networks = 3 if self.comparison.baseline else 2
        baseline = 1 if self.comparison.baseline else 0
        return self.number_of_trials * self.seeds + baseline + networks * self.confirm_seeds

    def with_point(self, point: Mapping[str, Value]) -> ComparisonSpec:
        """The comparison with the settings of a trial. Raises `SettingsRefused` for values it never has."""
        comparison = self.comparison
        try:
            for path in sorted(point, key=lambda path: path != BLOCKS):  # the blocks first
                comparison = with_value(comparison, path, point[path])
        except ValidationError as error:
            raise SettingsRefused(" ".join(sentences(error))) from error
        except InputRefused as error:
            raise SettingsRefused(str(error)) from error
        return comparison

    def point_of(self, spec: RunSpec) -> Point:
        """The settings of a trial, from those of one of its runs."""
        return {each.path: value_at(spec, each.path) for each in self.ranges}

    def trial_seeds(self) -> list[int]:
        """The seeds of every trial."""
        first = self.comparison.training.seed
        return [(first + number) % SEEDS for number in range(self.seeds)]

    def fresh_seeds(self) -> list[int]:
        """The seeds of the confirmation, which no trial has."""
        first = self.comparison.training.seed + self.seeds
        return [(first + number) % SEEDS for number in range(self.confirm_seeds)]


def grid_values(sweep: Sweep, each: Range) -> list[Value]:
    """The values of a range in a grid: all choices, all steps, or `GRID_VALUES` numbers evenly apart."""
    if isinstance(each, Choices):
        return list(dict.fromkeys(each.values))
    whole = isinstance(value_at(sweep.comparison, each.path), int)
    if each.step:
        count = int((each.high - each.low) / each.step + 1e-9) + 1
        numbers = [each.low + number * each.step for number in range(count)]
    elif whole and not each.log and each.high - each.low < GRID_VALUES:
        numbers = list(np.arange(each.low, each.high + 1))
    else:
        evenly = np.geomspace if each.log else np.linspace
        numbers = evenly(each.low, each.high, GRID_VALUES).tolist()
    return list(dict.fromkeys(round(number) if whole else float(number) for number in numbers))


def grid(sweep: Sweep) -> list[Point]:
    """All points of the grid, in an order drawn by the sampler's seed: any part of it is spread evenly."""
    paths = [each.path for each in sweep.ranges]
    points = list(itertools.product(*(grid_values(sweep, each) for each in sweep.ranges)))
    order = np.random.default_rng(sweep.sampler_seed).permutation(len(points))
    return [dict(zip(paths, points[place], strict=True)) for place in order]


def refusals(sweep: Sweep) -> list[str]:
    """One sentence for each reason why the sweep cannot be done, with the control that mends it."""
    reasons = [*refusals_of_spec(sweep.comparison), *_refused_numbers(sweep)]
    offered = {each.path: each for each in sweepable(sweep.comparison)}
    for each in sweep.ranges:
        reasons += _refused_range(each, offered)
    if reasons:
        return reasons
    reasons += _refused_together(sweep)
    reasons += without_effect(sweep.ranges, sweep.comparison)
    for point in () if reasons else corners(sweep):
        try:
            sweep.with_point(point)
        except SettingsRefused as error:
            reasons += [reason for reason in [str(error)] if reason not in reasons]
    return reasons


def require(sweep: Sweep) -> None:
    """Raises `SettingsRefused` with all reasons, if there are any."""
    if reasons := refusals(sweep):
        raise SettingsRefused(" ".join(reasons))


def _refused_numbers(sweep: Sweep) -> list[str]:
    numbers: list[tuple[str, float, float, float]] = [
        ("trials", sweep.trials, 1, MOST_TRIALS),
        ("seeds", sweep.seeds, 1, MOST_SEEDS),
        ("at_once", sweep.at_once, 1, MOST_AT_ONCE),
        ("sampler_seed", sweep.sampler_seed, 0, SEEDS - 1),
    ]
    reasons = [
        f"'{CONTROLS[name]}' must be from {least:,} to {most:,}, not {number:,}."
        for name, number, least, most in numbers
        if not least <= number <= most
    ]
    if sweep.minutes is not None and not 0 < sweep.minutes <= MOST_MINUTES:
        reasons.append(
            f"'{CONTROLS['minutes']}' must be above 0 and at most {MOST_MINUTES:,.0f} minutes, "
            f"not {sweep.minutes:g}."
        )
    if sweep.confirm_seeds and not LEAST_CONFIRMING <= sweep.confirm_seeds <= MOST_CONFIRMING:
        reasons.append(
            f"'{CONTROLS['confirm_seeds']}' must be from {LEAST_CONFIRMING} to {MOST_CONFIRMING}, or 0 for "
            f"none, not {sweep.confirm_seeds}."
        )
    return reasons


def _refused_range(each: Range, offered: Mapping[str, Sweepable]) -> list[str]:
    what = offered.get(each.path)
    if what is None:
        name = each.path.rpartition(".")[2]
        if each.path.startswith("baseline."):
            return [f"'{each.path}' cannot be varied: a sweep varies the CNN."]
        why = f": {NOT_SWEPT[name]}" if name in NOT_SWEPT else ", since there is no such setting"
        return [f"'{each.path}' cannot be varied{why}. Choose another one under '{CONTROLS['ranges']}'."]
    if isinstance(each, Choices):
        if len(set(map(repr, each.values))) < 2:
            return [f"'{what.label}' needs at least two values, not {len(each.values)}."]
        return []
    if what.low is None or what.high is None:
        return [f"'{what.label}' has no numbers between which to vary: name its values instead."]
    if not (math.isfinite(each.low) and math.isfinite(each.high) and each.low < each.high):
        return [
            f"'{what.label}' must lead from a lower to a higher number, not {each.low:g} to {each.high:g}."
        ]
    if not what.low <= each.low or not each.high <= what.high:
        return [
            f"'{what.label}' must lie from {what.low:,g} to {what.high:,g}, not {each.low:,g} to "
            f"{each.high:,g}."
        ]
    reasons = []
    if each.log and (each.low <= 0 or each.step):
        reasons.append(
            f"'{what.label}' on a logarithmic scale must begin above 0 and have no step: raise its lowest "
            "number, or use an even scale."
        )
    if each.step is not None and not 0 < each.step <= each.high - each.low:
        reasons.append(f"The step of '{what.label}' must be above 0 and within its range, not {each.step:g}.")
    if what.whole and any(number % 1 for number in (each.low, each.high, each.step or 0)):
        reasons.append(f"'{what.label}' takes whole numbers only.")
    return reasons


def _refused_together(sweep: Sweep) -> list[str]:
    paths = [each.path for each in sweep.ranges]
    reasons = []
    if not paths:
        reasons.append(f"Nothing is varied: choose at least one setting under '{CONTROLS['ranges']}'.")
    if twice := sorted({title(path) for path in paths if paths.count(path) > 1}):
        reasons.append(f"{words.listing([f'{name!r}' for name in twice])} is varied twice: remove one.")
    single = [path for path in paths if path.startswith(f"{BLOCKS}.") and ".*." not in path]
    for path in single:
        name = path.rpartition(".")[2]
        if BLOCKS in paths or f"{BLOCKS}.*.{name}" in paths:
            reasons.append(
                f"'{title(path)}' cannot be varied beside what every block, or the number of blocks, has: "
                "remove one of them."
            )
    if sweep.pruning != "none" and sweep.objective != "accuracy":
        reasons.append(
            f"With two objectives no trial can be pruned: set '{CONTROLS['pruning']}' to "
            f"'{PRUNINGS['none']}', or '{CONTROLS['objective']}' to {OBJECTIVES['accuracy']}."
        )
    if sweep.pruning == "wilcoxon" and sweep.seeds < LEAST_WILCOXON:
        reasons.append(
            f"Pruning by Wilcoxon's test compares trials seed by seed: set '{CONTROLS['seeds']}' to at least "
            f"{LEAST_WILCOXON}, not {sweep.seeds}."
        )
    if sweep.method == "grid" and not reasons and sweep.grid_size > MOST_POINTS:
        reasons.append(
            f"The grid has {sweep.grid_size:,} points: vary fewer settings, or choose another method."
        )
    return reasons


def corners(sweep: Sweep) -> list[Point]:
    """Every value that may be refused by itself, each with the others at their first ones."""
    ends = {
        each.path: list(each.values) if isinstance(each, Choices) else grid_values(sweep, each)
        for each in sweep.ranges
    }
    first = {path: values[0] for path, values in ends.items()}
    return [first | {path: value} for path, values in ends.items() for value in values]
