"""Leads one sweep in a thread: begins its trials, prunes and repeats them, and confirms the best one.

Everything that it needs to know is in the store: a leader that dies is replaced by another one, in this
process or in the next, which begins with what `cnnlab.studies.sweep_progress` reads.
"""

import logging
import threading
import time
from dataclasses import dataclass, field
from typing import Literal

from cnnlab import runs
from cnnlab.checks import refusals
from cnnlab.errors import StoreUnavailable, TrainerUnavailable
from cnnlab.runs import Run
from cnnlab.spec import RunSpec
from cnnlab.studies import sweep_progress
from cnnlab.studies.sweep_arms import Arm
from cnnlab.studies.sweep_jobs import Job, Jobs
from cnnlab.studies.sweep_optuna import accuracy_by_epoch
from cnnlab.studies.sweep_plan import Sweep
from cnnlab.studies.sweep_progress import SweepProgress, Trial, is_cut_off, is_diverged, score, values
from cnnlab.studies.sweep_search import Asked, Search
from cnnlab.trainer.trainer import Trainer

POLL_SECONDS = 0.5
SIGN_SECONDS = 15.0  # between two signs of life
STORE_SECONDS = 15.0  # before the store is tried again that was away for more than a minute

log = logging.getLogger(__name__)


@dataclass
class _UnderWay:
    """A trial that has begun."""

    number: int
    jobs: list[Job]
    """One for each seed, in their order."""
    begun: int = 0
    """How many of them have been handed over for training."""
    reported: int = 0
    """The last epoch that the pruner has judged."""
    read_to: int = -1
    """When the last values of its curve that were read had been reported, in milliseconds since 1970."""
    runs: dict[int, Run] = field(default_factory=dict)
    """Place of a seed → its run, once that has finished."""


class Leader:
    """One sweep under way. `begin` starts the thread; the other methods can be called from any thread."""

    def __init__(self, trainer: Trainer, study_id: str, sweep: Sweep, visitor: str) -> None:
        self.study_id, self._sweep, self._trainer = study_id, sweep, trainer
        self._wake = threading.Event()
        self._jobs = Jobs(trainer, study_id, visitor, self._wake.set)
        self._search: Search | None = None
        self._trials: dict[int, _UnderWay] = {}
        self._confirming = False
        self._wanted: Literal["running", "paused", "stopped"] = "running"
        self._reason = ""
        self._spent, self._signed_at = 0.0, float("-inf")
        self._thread = threading.Thread(target=self._lead, name=f"sweep-{study_id}", daemon=True)

    def begin(self, progress: SweepProgress) -> None:
        """Starts to lead the sweep from what is stored of it."""
        self._spent = progress.spent
        self._known = progress
        self._thread.start()

    @property
    def is_alive(self) -> bool:
        """Whether it still leads."""
        return self._thread.is_alive()

    def order(self, wanted: Literal["running", "paused", "stopped"]) -> None:
        """Pauses, resumes or stops the sweep."""
        self._wanted, self._reason = wanted, ""
        self._signed_at = float("-inf")
        self._wake.set()

    def wait(self, seconds: float | None = None) -> None:
        """Returns when the sweep has ended, or after so many seconds."""
        self._thread.join(seconds)

    def _lead(self) -> None:
        self._take_over(self._known)
        last = time.monotonic()
        while not self._trainer.connection.is_closing:
            try:
                if self._step():
                    return
            except StoreUnavailable as error:
                log.warning("Sweep %s waits for the store: %s", self.study_id, error)
                self._wake.wait(STORE_SECONDS)
            self._wake.wait(POLL_SECONDS)
            self._wake.clear()
            now = time.monotonic()
            if self._wanted == "running" and not self._confirming:
                self._spent += now - last
            last = now

    def _step(self) -> bool:
        """Does what is due; returns whether the sweep has ended."""
        ended = self._jobs.ended()
        if self._wanted == "stopped":
            self._jobs.stop_all()
            self._sign("stopped")
            return self._jobs.are_done
        for job in ended:
            self._take_result(job)
        if self._sweep.pruning in ("median", "halving"):
            self._judge_epochs()
        if self._wanted == "running":
            self._begin_trials()
            self._fill_workers()
            if self._is_over():
                self._sign("finished")
                return True
        self._sign(self._wanted if self._wanted == "paused" or not self._reason else "paused")
        return False

    def _sign(self, searching: Literal["running", "paused", "stopped", "finished"]) -> None:
        """Writes how far the sweep is, and that this process lives, if that is due."""
        over = searching in ("stopped", "finished")
        if over or time.monotonic() - self._signed_at >= SIGN_SECONDS:
            runs.patiently(lambda: runs.lead(self.study_id, searching, self._reason, self._spent))
            self._signed_at = time.monotonic()

    def _fill_workers(self) -> None:
        """Submits what waits; without a trainer the sweep is paused until there is one again."""
        status = self._trainer.status()
        reason = status.problem if status.state == "failed" else ""
        if status.state == "ready":
            try:
                self._jobs.fill_workers()
            except TrainerUnavailable as error:
                reason = str(error)
        if reason != self._reason:
            self._reason, self._signed_at = reason, float("-inf")

    def _begin_trials(self) -> None:
        minutes = self._sweep.minutes
        may_begin = minutes is None or self._spent < 60 * minutes
        while asked := self._searching.advance(may_begin):
            for each in asked:
                self._begin(each)

    @property
    def _searching(self) -> Search:
        """Made in the leader's thread: it imports Optuna."""
        if self._search is None:
            self._search = Search(self._sweep)
        return self._search

    def _begin(self, asked: Asked) -> None:
        """Begins a trial. Its first run is created at once: the store has all trials up to a number."""
        trial = _UnderWay(asked.number, self._jobs_of(asked))
        first = trial.jobs[0]
        self._jobs.create(first)
        limits = self._trainer.trainings.limits
        if reasons := [*refusals(first.spec), *limits.refusals(first.spec)]:
            runs.patiently(lambda: runs.end(first.run_id, "failed", " ".join(reasons)))
            self._searching.end(asked.number, "failed", None, repeat=False)
            return
        self._trials[asked.number] = trial
        self._continue(trial)

    def _jobs_of(self, asked: Asked) -> list[Job]:
        """One for each seed."""
        comparison = self._sweep.with_point(asked.point)
        return [
            Job(
                Arm("trial", seed, asked.number, asked.again),
                comparison.with_setting("training.seed", seed).runs()["model"],
            )
            for seed in self._sweep.trial_seeds()
        ]

    def _continue(self, trial: _UnderWay) -> None:
        """Begins the trainings of a trial that may begin now: with pruning, one seed after the other."""
        one_by_one = self._sweep.pruning == "wilcoxon" or (self._sweep.pruning != "none" and not trial.begun)
        for job in trial.jobs[trial.begun : trial.begun + 1 if one_by_one else None]:
            trial.begun += 1
            self._jobs.add(job)

    def _take_result(self, job: Job) -> None:
        trial = self._trials.get(job.arm.trial)
        if trial is None or job not in trial.jobs:
            return  # the baseline, a confirmation, or a trial that has been pruned
        place = trial.jobs.index(job)
        if self._sweep.pruning in ("median", "halving") and place == 0 and self._judge(trial):
            return
        if job.run and is_cut_off(job.run):
            cut_off, job.run = job.run, None
            self._take_up(job, cut_off)
            return
        if job.run is None or score(job.run) is None:
            self._fail(trial, job.run)
            return
        trial.runs[place] = job.run
        if len(trial.runs) == len(trial.jobs):
            own = [trial.runs[place] for place in sorted(trial.runs)]
            self._end(trial, "finished", values(self._sweep, own))
        elif self._sweep.pruning == "wilcoxon" and self._searching.report(
            trial.number, place, score(job.run) or 0.0
        ):
            self._prune(trial, place + 1, job)
        elif self._sweep.pruning != "none":
            self._continue(trial)

    def _fail(self, trial: _UnderWay, run: Run | None) -> None:
        """A trial whose training was lost is repeated; not one that a person stopped, or that diverged."""
        for job in trial.jobs:
            if job.run is None:
                self._jobs.stop(job)
        repeat = run is None or (run.status == "failed" and not is_diverged(run))
        self._end(trial, "failed", None, repeat)

    def _end(
        self,
        trial: _UnderWay,
        state: Literal["finished", "pruned", "failed"],
        reached: tuple[float, ...] | None = None,
        repeat: bool = False,
    ) -> None:
        del self._trials[trial.number]
        if state == "finished" and self._sweep.pruning == "wilcoxon":
            last = len(trial.jobs) - 1
            self._searching.report(trial.number, last, score(trial.runs[last]) or 0.0)
        self._searching.end(trial.number, state, reached, repeat)

    def _prune(self, trial: _UnderWay, step: int, job: Job) -> None:
        runs.patiently(lambda: runs.note_pruned(job.run_id, step))
        for other in trial.jobs:
            if other.run is None:
                self._jobs.stop(other)
        self._end(trial, "pruned")

    def _judge_epochs(self) -> None:
        for job in self._jobs.under_way():
            trial = self._trials.get(job.arm.trial)
            if trial and trial.jobs[0] is job:
                self._judge(trial)

    def _judge(self, trial: _UnderWay) -> bool:
        """Reports the epochs that the first seed has reached; returns whether the trial was pruned."""
        first = trial.jobs[0]
        curve = runs.patiently(lambda: runs.curves([first.run_id], {first.run_id: trial.read_to}))
        if len(curve):
            trial.read_to = int(curve["milliseconds"].max())
        by_epoch = accuracy_by_epoch(first.spec, curve[curve["metric"] == "val_accuracy"])
        for epoch in sorted(epoch for epoch in by_epoch if epoch > trial.reported):
            trial.reported = epoch
            pruned = self._searching.report(trial.number, epoch, by_epoch[epoch])
            if pruned and epoch < first.spec.training.epochs:  # after its last one nothing is saved
                self._prune(trial, epoch, first)
                return True
        return False

    def _is_over(self) -> bool:
        """Whether all is done; begins the confirmation when the last trial has ended."""
        if self._trials or not self._searching.is_over:
            return False
        if not self._confirming:
            self._confirming = True
            self._begin_confirmation()
        self._fill_workers()
        return self._jobs.are_done

    def _begin_confirmation(self) -> None:
        progress = runs.patiently(lambda: sweep_progress.read(self.study_id))
        for arm, spec in confirmation(progress).items():
            run = progress.confirmation.get((arm.part, arm.seed))
            self._take_up(Job(arm, spec), run)

    def _take_over(self, progress: SweepProgress) -> None:
        """Begins with what is stored: the trials that have ended, and those that are to go on."""
        if progress.trials:
            self._search = runs.patiently(lambda: Search(self._sweep, progress))
        if progress.baseline_run:
            self._jobs.baselines[progress.baseline_run.spec.training.seed] = progress.baseline_run.run_id
        if baseline := self._sweep.comparison.runs().get("baseline"):
            seed = self._sweep.trial_seeds()[0]
            self._take_up(Job(Arm("baseline", seed), baseline), progress.baseline_run)
        for trial in progress.trials:
            if trial.state == "running":
                self._restore(trial)

    def _restore(self, trial: Trial) -> None:
        asked = Asked(trial.number, trial.settings, trial.again)
        own = {run.spec.training.seed: run for run in trial.runs}
        jobs = self._jobs_of(asked)
        under_way = self._trials[trial.number] = _UnderWay(trial.number, jobs)
        for place, job in enumerate(jobs):
            run = own.get(job.arm.seed)
            if run is None:
                continue
            under_way.begun = place + 1
            if run.status == "finished":
                job.run_id, job.run = run.run_id, run
                under_way.runs[place] = run
            else:
                self._take_up(job, run)
        if len(under_way.runs) == under_way.begun:
            self._continue(under_way)

    def _take_up(self, job: Job, run: Run | None) -> None:
        """Goes on with a training as it is stored: watched, continued, or begun anew."""
        if run and run.status == "finished":
            return
        job.run_id = ""
        if run and run.active:
            job.run_id = run.run_id
            self._jobs.attach(job)
            return
        if run and runs.patiently(lambda: runs.requeue(run.run_id)):
            job.run_id = run.run_id
        self._jobs.add(job)


def confirmation(progress: SweepProgress) -> dict[Arm, RunSpec]:
    """The trainings with fresh seeds: the best trial, the settings to start from, and the baseline."""
    best, sweep = progress.best, progress.sweep
    if best is None:
        return {}
    start = sweep.comparison
    winner = sweep.with_point(best.settings)
    planned: dict[Arm, RunSpec] = {}
    for seed in sweep.fresh_seeds():
        seeded = start.with_setting("training.seed", seed).runs()
        if "baseline" in seeded:
            planned[Arm("baseline", seed)] = seeded["baseline"]
        planned[Arm("winner", seed)] = winner.with_setting("training.seed", seed).runs()["model"]
        if winner.runs()["model"] != start.runs()["model"]:
            planned[Arm("start", seed)] = seeded["model"]
    return planned
