"""Sweeps of a process: starts, pauses, resumes and cancels them, and takes up those of a dead one.

Optuna runs in memory, in the thread that leads the sweep; the store of runs is the only record.
"""

import threading
from collections.abc import Iterable

from cnnlab import runs
from cnnlab.errors import RunNotReady, SettingsRefused
from cnnlab.runs import Run
from cnnlab.studies import sweep_plan, sweep_progress
from cnnlab.studies.sweep_leader import Leader
from cnnlab.studies.sweep_optuna import optuna_study
from cnnlab.studies.sweep_plan import Numbers, Point, Sweep
from cnnlab.studies.sweep_progress import score
from cnnlab.trainer.trainer import Trainer

__all__ = ["SweepDriver", "optuna_study"]

MOST_STORED = 2000  # of the newest runs are looked through for such as count as trials
LED_ELSEWHERE = "This sweep is led by another program: pause or end it there."


class SweepDriver:
    """The sweeps that this process leads. Can be used from any thread."""

    def __init__(self, trainer: Trainer) -> None:
        self._trainer = trainer
        self._leaders: dict[str, Leader] = {}
        self._lock = threading.Lock()

    def start(self, sweep: Sweep, visitor: str = "") -> str:
        """Starts a sweep for a visitor of the dashboard, if any; returns its study's id.

        Raises `SettingsRefused` where the sweep is impossible or exceeds the dashboard's limits,
        `TrainerUnavailable` where no worker trains.
        """
        sweep_plan.require(sweep)
        self._require_allowed(sweep, visitor)
        self._trainer.connection.require_ready()
        if sweep.use_stored:
            sweep = sweep.model_copy(
                update={"stored": stored_trials(sweep, runs.recent(MOST_STORED, "model"))}
            )
        content = sweep.model_dump_json(indent=2).encode()
        study_id = runs.create_study("sweep", sweep.title, content, visitor)
        runs.lead(study_id, "running")
        self._lead(study_id)
        return study_id

    def _require_allowed(self, sweep: Sweep, visitor: str) -> None:
        """One training at a time is what a sweep needs; a trial beyond the limits would fail by itself."""
        trainings = self._trainer.trainings
        trainings.require_allowed([sweep.comparison.runs()["model"]], visitor)
        specs = [sweep.with_point(point).runs()["model"] for point in sweep_plan.corners(sweep)]
        if reasons := trainings.limits.refusals_of_all(specs):
            raise SettingsRefused(" ".join(reasons))

    def take_up(self, study_id: str) -> None:
        """Goes on with a sweep that was interrupted; does nothing where this process leads it.

        Raises `RunNotReady` where it has ended, or another process leads it, `TrainerUnavailable`.
        """
        if self.leads(study_id):
            return
        state = sweep_progress.read(study_id).state
        if state in ("stopped", "finished"):
            raise RunNotReady(f"This sweep cannot go on: it is {state}.")
        if state != "interrupted":
            raise RunNotReady(LED_ELSEWHERE)
        self._trainer.connection.require_ready()
        self._lead(study_id)

    def take_up_all(self) -> list[str]:
        """Goes on with every sweep that was interrupted while it was running; returns their ids."""
        interrupted = [
            study.study_id for study in runs.studies(100) if study.searching == "running" and not study.led
        ]
        for study_id in interrupted:
            self.take_up(study_id)
        return interrupted

    def pause(self, study_id: str) -> None:
        """Begins no further training; what trains now is finished. Raises `RunNotReady`."""
        self._leader(study_id).order("paused")

    def resume(self, study_id: str) -> None:
        """Goes on after a pause, or after a restart. Raises `RunNotReady`, `TrainerUnavailable`."""
        if self.leads(study_id):
            self._leader(study_id).order("running")
        else:
            self.take_up(study_id)

    def cancel(self, study_id: str) -> None:
        """Ends the sweep and its trainings; what has been trained is kept. Raises `RunNotReady`."""
        if not self.leads(study_id) and sweep_progress.read(study_id).state == "interrupted":
            for run in runs.of_study(study_id):
                if run.active:
                    self._trainer.trainings.order([run.run_id], stop=True)
            runs.lead(study_id, "stopped")
            return
        self._leader(study_id).order("stopped")

    def leads(self, study_id: str) -> bool:
        """Whether this process leads the sweep."""
        leader = self._leaders.get(study_id)
        return leader is not None and leader.is_alive

    def wait(self, study_id: str, seconds: float | None = None) -> bool:
        """Waits for the end of a sweep that this process leads, so many seconds at most; whether it ended."""
        if study_id in self._leaders:
            self._leaders[study_id].wait(seconds)
        return not self.leads(study_id)

    def _leader(self, study_id: str) -> Leader:
        if not self.leads(study_id):
            raise RunNotReady(LED_ELSEWHERE)
        return self._leaders[study_id]

    def _lead(self, study_id: str) -> None:
        progress = sweep_progress.read(study_id)
        with self._lock:
            if self.leads(study_id):
                return
            leader = Leader(self._trainer, study_id, progress.sweep, runs.study(study_id).visitor)
            self._leaders[study_id] = leader
            leader.begin(progress)


def stored_trials(sweep: Sweep, candidates: Iterable[Run]) -> tuple[tuple[str, ...], ...]:
    """The ids of finished runs that are trials of a sweep: as it would train them, with all of its seeds.

    One tuple for each trial, in the order of the seeds; the oldest first.
    """
    by_point: dict[str, tuple[Point, dict[int, Run]]] = {}
    for run in candidates:
        if run.continued or run.role != "model" or run.spec.model.kind != "cnn" or score(run) is None:
            continue
        point = sweep.point_of(run.spec)
        seed = run.spec.training.seed
        if seed in sweep.trial_seeds() and _within(sweep, point):
            expected = sweep.with_point(point).with_setting("training.seed", seed).runs()["model"]
            if run.spec == expected:
                by_point.setdefault(repr(point), (point, {}))[1].setdefault(seed, run)
    complete = [by_seed for _, by_seed in by_point.values() if len(by_seed) == sweep.seeds]
    return tuple(
        tuple(by_seed[seed].run_id for seed in sweep.trial_seeds()) for by_seed in reversed(complete)
    )


def _within(sweep: Sweep, point: Point) -> bool:
    """Whether the settings lie in the ranges."""
    return all(
        each.low <= float(point[each.path]) <= each.high  # numbers, since the setting is one
        if isinstance(each, Numbers)
        else point[each.path] in each.values
        for each in sweep.ranges
    )
