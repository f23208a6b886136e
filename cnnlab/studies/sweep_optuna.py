"""A sweep in Optuna's terms: distributions, sampler, pruner, and the study rebuilt from stored trials.

Optuna is imported inside the functions, since that takes more than a second.
"""

import contextlib
import warnings
from collections.abc import Generator, Mapping, Sequence
from datetime import timedelta
from typing import TYPE_CHECKING

import pandas as pd

from cnnlab import runs
from cnnlab.data.split import steps_per_epoch
from cnnlab.runs import Run
from cnnlab.spec import RunSpec
from cnnlab.studies.sweep_plan import Choices, Range, Sweep, value_at
from cnnlab.studies.sweep_progress import SweepProgress, Trial, score

if TYPE_CHECKING:
    from optuna.distributions import BaseDistribution
    from optuna.pruners import BasePruner
    from optuna.samplers import BaseSampler
    from optuna.study import Study
    from optuna.trial import FrozenTrial

GENERATION = "NSGAIISampler:generation"  # where Optuna keeps the generation of a trial
RUNG = "completed_rung_{}"  # where it keeps a trial's value at a rung of successive halving
REDUCTION = 3  # of successive halving: rungs are after epochs 1, 3, 9, …
P_THRESHOLD = 0.2  # of Wilcoxon's test: with three seeds the smallest p-value is 1/8
LEAST_POPULATION, MOST_POPULATION = 4, 50  # of NSGA-II, which else is a fifth of the trials


def optuna_study(progress: SweepProgress, with_steps: bool = False) -> "Study":
    """The sweep as a study of Optuna in memory, with the same trials under the same numbers.

    Args:
        progress: The sweep.
        with_steps: Whether trials get their values by epoch too, which are read from the runs' curves.

    The random state of its sampler is new, except that of the methods 'grid' and 'random'.
    """
    study = new_study(progress.sweep, begun=progress.begun)
    for trial in frozen_trials(progress, with_steps):
        study.add_trial(trial)
    return study


def new_study(sweep: Sweep, begun: int = 0) -> "Study":
    """An empty study in memory. `begun`: how many of the sweep's trials have been drawn before."""
    import optuna

    with_quiet_log()
    study = optuna.create_study(
        study_name=sweep.title,
        storage=optuna.storages.InMemoryStorage(),
        directions=list(sweep.directions),
        sampler=sampler(sweep, begun),
        pruner=pruner(sweep),
    )
    with experimental():
        study.set_metric_names(sweep.metric_names)
    return study


def with_quiet_log() -> None:
    """Leaves out what Optuna logs about every trial."""
    import optuna

    optuna.logging.set_verbosity(optuna.logging.WARNING)


def distributions(sweep: Sweep) -> "dict[str, BaseDistribution]":
    """Path → the distribution of its values."""
    return {each.path: _distribution(sweep, each) for each in sweep.ranges}


def _distribution(sweep: Sweep, each: Range) -> "BaseDistribution":
    from optuna.distributions import CategoricalDistribution, FloatDistribution, IntDistribution

    if isinstance(each, Choices):
        return CategoricalDistribution(each.values)
    if isinstance(value_at(sweep.comparison, each.path), int):
        return IntDistribution(int(each.low), int(each.high), each.log, int(each.step or 1))
    return FloatDistribution(each.low, each.high, each.log, each.step)


def sampler(sweep: Sweep, begun: int) -> "BaseSampler":
    """The sampler of the method, as it is after so many trials.

    A grid's points are enqueued, so that nothing is left to draw. TPE and NSGA-II begin with another random
    state than the one they would have had.
    """
    from optuna import samplers

    seed = sweep.sampler_seed + begun
    match sweep.method:
        case "tpe":
            return samplers.TPESampler(seed=seed, constant_liar=True)
        case "nsga2":
            return samplers.NSGAIISampler(population_size=population(sweep), seed=seed)
        case "grid" | "random":
            return _random_sampler(sweep, begun if sweep.method == "random" else 0)


def _random_sampler(sweep: Sweep, drawn: int) -> "BaseSampler":
    """Optuna's random sampler after it has drawn so many trials."""
    import optuna

    drawing = optuna.samplers.RandomSampler(seed=sweep.sampler_seed)
    scratch = optuna.create_study(sampler=drawing)
    for _ in range(drawn):
        scratch.ask(distributions(sweep))
    return drawing


def population(sweep: Sweep) -> int:
    """How many trials a generation of NSGA-II has."""
    return min(MOST_POPULATION, max(LEAST_POPULATION, sweep.trials // 5))


def pruner(sweep: Sweep) -> "BasePruner":
    """The pruner; all but Wilcoxon's count in epochs of the first seed."""
    from optuna import pruners

    match sweep.pruning:
        case "none":
            return pruners.NopPruner()
        case "median":
            return pruners.MedianPruner()
        case "halving":
            return pruners.SuccessiveHalvingPruner(min_resource=1, reduction_factor=REDUCTION)
        case "wilcoxon":
            with experimental():
                return pruners.WilcoxonPruner(p_threshold=P_THRESHOLD)


@contextlib.contextmanager
def experimental() -> Generator[None]:
    """For functions that Optuna calls experimental: the requirements bound its version, so nobody is told."""
    from optuna.exceptions import ExperimentalWarning

    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ExperimentalWarning)
        yield


def frozen_trials(progress: SweepProgress, with_steps: bool) -> "list[FrozenTrial]":
    """The trials as Optuna keeps them, by number; trials whose runs were deleted count as failed."""
    from optuna.trial import TrialState, create_trial

    by_number = {trial.number: trial for trial in progress.trials}
    steps = steps_of(progress) if with_steps else {}
    finished = 0
    frozen = []
    for number in range(max(by_number, default=-1) + 1):
        trial = by_number.get(number)
        if trial is None or not trial.settings:
            frozen.append(create_trial(state=TrialState.FAIL))
            continue
        frozen.append(_frozen(progress.sweep, trial, steps.get(number, {}), finished))
        finished += trial.state == "finished"
    return frozen


def _frozen(sweep: Sweep, trial: Trial, steps: Mapping[int, float], before: int) -> "FrozenTrial":
    """One trial; `before`: how many had finished before it, which decides its generation."""
    from optuna.trial import TrialState, create_trial

    states = {
        "running": TrialState.RUNNING,
        "finished": TrialState.COMPLETE,
        "pruned": TrialState.PRUNED,
        "failed": TrialState.FAIL,
    }
    attributes: dict[str, float] = {}
    if sweep.pruning == "halving":
        attributes |= {RUNG.format(rung): value for rung, value in enumerate(rungs(steps))}
    if sweep.method == "nsga2" and trial.state == "finished":
        attributes[GENERATION] = before // population(sweep)
    values = [trial.accuracy, *trial.costs] if trial.accuracy is not None else None
    if trial.state == "pruned" and steps:
        values = [steps[max(steps)]]  # as Optuna does
    frozen = create_trial(
        state=states[trial.state],
        values=values,
        params=dict(trial.settings),
        distributions=distributions(sweep),
        intermediate_values=dict(steps),
        system_attrs=attributes,
        user_attrs={"runs": [run.run_id for run in trial.runs], "reason": trial.reason},
    )
    started = [run.started for run in trial.runs if not pd.isna(run.started)]
    if started:
        begin = min(started).tz_convert(None).to_pydatetime()
        seconds = sum(run.metrics.get("seconds", 0.0) for run in trial.runs)
        frozen.datetime_start = begin
        if frozen.state.is_finished():
            frozen.datetime_complete = begin + timedelta(seconds=seconds)
    return frozen


def rungs(steps: Mapping[int, float]) -> list[float]:
    """A trial's values at the rungs of successive halving that it has reached."""
    reached, step = [], 1
    while steps and step <= max(steps):
        reached.append(steps[min(other for other in steps if other >= step)])
        step *= REDUCTION
    return reached


def steps_of(progress: SweepProgress) -> dict[int, dict[int, float]]:
    """Number of a trial → step → what the pruner saw: validation accuracy by epoch, or the score by seed."""
    if progress.sweep.pruning == "wilcoxon":
        return {trial.number: by_seed(trial.runs) for trial in progress.trials}
    if progress.sweep.pruning == "none":
        return {}
    # The epochs of a running trial are judged one after the other, and reported as they are.
    first = {
        trial.runs[0].run_id: trial for trial in progress.trials if trial.runs and trial.state != "running"
    }
    curves = runs.curves(list(first))
    curves = curves[curves["metric"] == "val_accuracy"]
    steps: dict[int, dict[int, float]] = {}
    for run_id, values in curves.groupby("run_id"):
        trial = first[str(run_id)]
        last = trial.pruned_after or trial.runs[0].spec.training.epochs
        by_epoch = accuracy_by_epoch(trial.runs[0].spec, values)
        steps[trial.number] = {epoch: value for epoch, value in by_epoch.items() if epoch <= last}
    return steps


def by_seed(of_trial: Sequence[Run]) -> dict[int, float]:
    """Seed after seed, from 0, the scores of a trial's runs that have finished one after the other."""
    scores: dict[int, float] = {}
    for place, run in enumerate(of_trial):
        if (accuracy := score(run)) is None:
            break
        scores[place] = accuracy
    return scores


def accuracy_by_epoch(spec: RunSpec, curve: pd.DataFrame) -> dict[int, float]:
    """Epoch, from 1 → validation accuracy, from the rows of that metric in a run's curves."""
    a_epoch = steps_per_epoch(spec)
    return {
        int(step) // a_epoch: float(value)
        for step, value in zip(curve["step"], curve["value"], strict=True)
        if step and step % a_epoch == 0
    }
