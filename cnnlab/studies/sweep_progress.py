"""How far a sweep is, read from the store alone: its trials, its confirmation, how long the rest takes."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Literal, get_args

from cnnlab import runs, words
from cnnlab.runs import Run
from cnnlab.runs.ownership import INTERRUPTED
from cnnlab.runs.stored_studies import StoredStudy
from cnnlab.studies import sweep_arms
from cnnlab.studies.progress import images_to_see, share_left
from cnnlab.studies.sweep_arms import Arm
from cnnlab.studies.sweep_plan import SEEDS, Point, Sweep
from cnnlab.trainer.trainings import TRAINER_CLOSED

TrialState = Literal["running", "finished", "pruned", "failed"]
SweepState = Literal["running", "paused", "stopped", "finished", "interrupted"]
Confirming = Literal["winner", "start", "baseline"]

STOPPED = "Stopped before its end."
ENOUGH_ENDED = 3  # trainings, to judge the next ones by


@dataclass(frozen=True)
class Trial:
    """One trial: some settings, trained with one or more seeds."""

    number: int
    settings: Point
    """Path → value, of what the sweep varies."""
    state: TrialState
    runs: tuple[Run, ...]
    """In the order of the seeds; of a running trial those that have begun, or wait."""
    values: tuple[float, ...] | None
    """Mean best validation accuracy over the seeds, then parameters or multiply-adds, if these count.

    None unless it has finished."""
    reason: str = ""
    """Why it failed or was pruned, in a sentence."""
    attempt: int = 1
    """2 or 3 where it repeats a failed one."""
    again: int | None = None
    """The number of the trial that it repeats."""
    stored: bool = False
    """Whether its runs were there before the sweep."""
    pruned_after: int | None = None
    """The step after which it was pruned: an epoch, or with Wilcoxon's test a number of seeds."""

    @property
    def accuracy(self) -> float | None:
        """Mean best validation accuracy; None unless it has finished."""
        return self.values[0] if self.values else None

    @property
    def costs(self) -> tuple[float, ...]:
        """Parameters or multiply-adds, if these count and it has finished."""
        return self.values[1:] if self.values else ()


@dataclass(frozen=True)
class SweepProgress:
    """The state of a sweep."""

    study_id: str
    sweep: Sweep
    trials: tuple[Trial, ...]
    """By number."""
    state: SweepState
    confirmation: dict[tuple[Confirming, int], Run]
    """Role and fresh seed → its run."""
    baseline: float | None
    """Best validation accuracy of the baseline, trained as in the comparison with the trials' first seed."""
    reason: str = ""
    """Why it is paused or was stopped, in a sentence; empty where a person wanted it."""
    spent: float = 0.0
    """For how many seconds trials have been begun."""
    baseline_run: Run | None = None

    @property
    def finished(self) -> list[Trial]:
        """The trials that have a score, by number."""
        return [trial for trial in self.trials if trial.values is not None]

    @property
    def begun(self) -> int:
        """How many trials have begun, without repeated and stored ones."""
        return sum(trial.again is None and not trial.stored for trial in self.trials)

    @property
    def best(self) -> Trial | None:
        """The most accurate trial; of several the cheaper, then the earlier one. None without any."""
        return min(self.finished, key=rank, default=None)

    @property
    def front(self) -> list[Trial]:
        """The trials that no other one beats in one objective without losing in another, by number."""
        front: list[Trial] = []
        for trial in sorted(self.finished, key=rank):  # what could beat a trial comes before it
            if not any(_dominates(other, trial) for other in front):
                front.append(trial)
        return sorted(front, key=lambda trial: trial.number)

    @property
    def own_runs(self) -> list[Run]:
        """All runs that the sweep has begun."""
        of_trials = [run for trial in self.trials if not trial.stored for run in trial.runs]
        return [*of_trials, *self.confirmation.values(), *([self.baseline_run] if self.baseline_run else [])]

    @property
    def active(self) -> list[Run]:
        """The runs that wait or are being trained."""
        return [run for run in self.own_runs if run.active]


def rank(trial: Trial) -> tuple[float, ...]:
    """The better a trial, the less: by accuracy, then costs, then its number."""
    return (*_losses(trial), trial.number)


def _losses(trial: Trial) -> tuple[float, ...]:
    return (-(trial.accuracy or 0.0), *trial.costs)


def _dominates(first: Trial, second: Trial) -> bool:
    a, b = _losses(first), _losses(second)
    return a != b and all(x <= y for x, y in zip(a, b, strict=True))


def read(study_id: str) -> SweepProgress:
    """A sweep with its runs. Raises `RunNotFound` where there is none, `ValueError` for another study."""
    entry = runs.study(study_id)  # which says that there is no such study
    sweep = Sweep.model_validate_json(runs.study_content(study_id))
    return _refreshed(SweepProgress(study_id, sweep, (), "interrupted", {}, None), entry)


def refreshed(known: SweepProgress) -> SweepProgress:
    """The present state of a sweep; what has ended is not read again."""
    return _refreshed(known, runs.study(known.study_id))


def _refreshed(known: SweepProgress, entry: StoredStudy) -> SweepProgress:
    sweep = known.sweep
    stored = _stored_runs(known)
    by_arm: dict[Arm, Run] = {}
    for run in reversed(runs.of_study(known.study_id, known.own_runs)):  # the oldest first
        if arm := sweep_arms.parsed(run.arm):
            by_arm[arm] = run
    state: SweepState = entry.searching or "interrupted"
    if state in ("running", "paused") and not entry.led:
        state = "interrupted"
    baselines = {arm.seed: run for arm, run in by_arm.items() if arm.part == "baseline"}
    first = baselines.get(sweep.trial_seeds()[0])
    return replace(
        known,
        trials=(*stored, *_trials(sweep, by_arm, len(stored), state in ("stopped", "finished"))),
        state=state,
        confirmation={
            (part, seed): by_arm[Arm(part, seed)]
            for seed in sweep.fresh_seeds()
            for part in get_args(Confirming)
            if Arm(part, seed) in by_arm
        },
        baseline=score(first) if first else None,
        baseline_run=first,
        reason=entry.reason,
        spent=entry.spent,
    )


def _stored_runs(known: SweepProgress) -> list[Trial]:
    """The stored runs that count as the first trials; runs that were deleted since count no more."""
    before = [trial for trial in known.trials if trial.stored]
    wanted = known.sweep.stored
    if before or not wanted:
        return before
    by_id = {run.run_id: run for run in runs.existing([run_id for ids in wanted for run_id in ids])}
    trials = []
    for number, ids in enumerate(wanted):
        of_trial = tuple(by_id[run_id] for run_id in ids if run_id in by_id)
        complete = len(of_trial) == len(ids)
        trial = Trial(
            number,
            known.sweep.point_of(of_trial[0].spec) if of_trial else {},
            "finished" if complete else "failed",
            of_trial,
            values(known.sweep, of_trial) if complete else None,
            "" if complete else "Its stored runs were deleted.",
            stored=True,
        )
        trials.append(trial)
    return trials


def _trials(sweep: Sweep, by_arm: Mapping[Arm, Run], first: int, ended: bool) -> list[Trial]:
    """The trials of the sweep's own runs, by number from `first` on; `ended`: whether none goes on."""
    by_number: dict[int, dict[Arm, Run]] = {}
    for arm, run in by_arm.items():
        if arm.part == "trial" and arm.trial >= first:
            by_number.setdefault(arm.trial, {})[arm] = run
    trials: dict[int, Trial] = {}
    for number in sorted(by_number):
        again = next(iter(by_number[number])).again
        attempt = trials[again].attempt + 1 if again in trials else 1
        own = tuple(
            by_number[number][arm] for arm in sorted(by_number[number], key=lambda arm: _place(sweep, arm))
        )
        trials[number] = replace(_trial(sweep, number, own, ended), again=again, attempt=attempt)
    return list(trials.values())


def _place(sweep: Sweep, arm: Arm) -> int:
    return (arm.seed - sweep.comparison.training.seed) % SEEDS


def _trial(sweep: Sweep, number: int, own: tuple[Run, ...], ended: bool) -> Trial:
    trial = Trial(number, sweep.point_of(own[0].spec), "running", own, None)
    if pruned := next((run.pruned for run in own if run.pruned), ""):
        unit = "seed" if sweep.pruning == "wilcoxon" else "epoch"
        reason = f"Pruned after {words.count(int(pruned), unit)}."
        return replace(trial, state="pruned", reason=reason, pruned_after=int(pruned))
    if lost := next((run for run in own if is_lost(run, ended)), None):
        return replace(trial, state="failed", reason=lost.reason or STOPPED)
    if len(own) == sweep.seeds and all(run.status == "finished" for run in own):
        return replace(trial, state="finished", values=values(sweep, own))
    if ended and not any(run.active for run in own):
        return replace(trial, state="failed", reason=STOPPED)
    return trial


def is_lost(run: Run, ended: bool = False) -> bool:
    """Whether a run of a trial has ended without a result, for good.

    One whose program died goes on when the sweep does, unless the sweep has `ended`.
    """
    if run.status == "finished":
        return score(run) is None
    return not run.active and (ended or not is_cut_off(run))


def is_cut_off(run: Run) -> bool:
    """Whether the program that trained a run ended before it: the training can go on, or begin anew."""
    return run.status == "failed" and run.reason in (INTERRUPTED, TRAINER_CLOSED)


def is_diverged(run: Run) -> bool:
    """Whether the training ended since its loss was no number: the same settings would do so again."""
    return run.status == "failed" and not math.isfinite(run.metrics.get("loss", 0.0))


def score(run: Run) -> float | None:
    """Best validation accuracy of a finished run; None without one."""
    accuracy = run.metrics.get("best_val_accuracy", math.nan)
    return accuracy if run.status == "finished" and math.isfinite(accuracy) else None


def values(sweep: Sweep, of_trial: Sequence[Run]) -> tuple[float, ...]:
    """The objectives of a trial whose runs have all finished."""
    accuracy = sum(score(run) or 0.0 for run in of_trial) / len(of_trial)
    if sweep.objective == "accuracy":
        return (accuracy,)
    return accuracy, of_trial[0].metrics["params" if sweep.objective == "accuracy_params" else "macs"]


def seconds_left(progress: SweepProgress, workers: int) -> float | None:
    """How long the remaining trainings take on so many workers; None while no speed is known.

    Trainings to come are taken to last as long as those of the trials so far, pruned ones included.
    """
    if progress.state in ("finished", "stopped"):
        return 0.0
    mean = _seconds_a_training(progress, workers)
    if mean is None:
        return None
    trials = max(0, progress.sweep.number_of_trials - progress.begun) * progress.sweep.seeds * mean
    if progress.sweep.minutes is not None:
        trials = min(trials, max(0.0, 60 * progress.sweep.minutes - progress.spent))
    under_way = sum(share_left(run) for run in progress.active) * mean
    return trials + under_way + _still_to_confirm(progress) * mean


def _still_to_confirm(progress: SweepProgress) -> int:
    networks = 3 if progress.sweep.comparison.baseline else 2
    return max(0, networks * progress.sweep.confirm_seeds - len(progress.confirmation))


def _seconds_a_training(progress: SweepProgress, workers: int) -> float | None:
    """From one end of a training to the next, with all workers at work: as it has been, or by images/s."""
    of_trials = [run for trial in progress.trials if not trial.stored for run in trial.runs]
    ended = [run for run in of_trials if not run.active and run.metrics.get("seconds")]
    if len(ended) >= ENOUGH_ENDED and progress.spent:
        return progress.spent / len(ended)
    rates = [(run, rate) for run in of_trials if (rate := run.metrics.get("images_per_second"))]
    if not rates:
        return None
    return sum(images_to_see(run.spec) / rate for run, rate in rates) / len(rates) / max(1, workers)
