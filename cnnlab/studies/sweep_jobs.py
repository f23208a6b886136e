"""The trainings of one sweep: created one after the other, submitted as workers become free, and watched.

At most as many as there are workers stand in the trainer's queue, which lets people and studies take turns.
"""

import contextlib
import functools
import queue
import uuid
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass

from cnnlab import runs
from cnnlab.errors import RunNotFound, RunNotReady, TrainerUnavailable, UserError
from cnnlab.runs import Run
from cnnlab.spec import Role, RunSpec, network_title
from cnnlab.studies.sweep_arms import Arm
from cnnlab.trainer.tasks import Ending
from cnnlab.trainer.trainer import Trainer
from cnnlab.trainer.trainings import STUDY_PRIORITY


@dataclass
class Job:
    """One training of a sweep."""

    arm: Arm
    spec: RunSpec
    run_id: str = ""
    """Empty until its run is created."""
    submitted: bool = False
    """Whether the trainer will call back when it has ended."""
    run: Run | None = None
    """Its run as it ended; None before."""

    @property
    def role(self) -> Role:
        """The role of its run."""
        return "baseline" if self.arm.part == "baseline" else "model"


class Jobs:
    """Used by one thread; the trainer calls back in others."""

    def __init__(self, trainer: Trainer, study_id: str, visitor: str, wake: Callable[[], None]) -> None:
        """`wake` is called, in any thread, when a training has ended."""
        self._trainer, self._study_id, self._visitor, self._wake = trainer, study_id, visitor, wake
        self._waiting: deque[Job] = deque()
        self._under_way: dict[str, Job] = {}  # by run
        self._ended: queue.SimpleQueue[tuple[str, Ending]] = queue.SimpleQueue()
        self._comparisons: dict[int, str] = {}  # seed of a confirmation → the id that its networks share
        self.baselines: dict[int, str] = {}
        """Seed → the run of the baseline, with which the other networks are compared."""

    def add(self, job: Job) -> None:
        """Lets a training wait for a worker, behind those that wait already."""
        self._waiting.append(job)

    def attach(self, job: Job) -> None:
        """Watches a training that another process submitted."""
        self._under_way[job.run_id] = job

    @property
    def are_done(self) -> bool:
        """Whether none waits or is under way."""
        return not self._waiting and not self._under_way

    def under_way(self) -> list[Job]:
        """Those that have been submitted and have not ended."""
        return list(self._under_way.values())

    def fill_workers(self) -> None:
        """Submits what waits, up to one training for each worker. Raises `TrainerUnavailable`."""
        workers = max(1, len(self._trainer.connection.worker_addresses()))
        while self._waiting and len(self._under_way) < workers:
            self._submit(self._waiting[0])
            self._waiting.popleft()

    def create(self, job: Job) -> None:
        """Creates the run of a training."""
        job.run_id = runs.patiently(lambda: self._create(job))
        if job.role == "baseline":
            self.baselines[job.arm.seed] = job.run_id

    def _submit(self, job: Job) -> None:
        if not job.run_id:
            self.create(job)
        self._under_way[job.run_id] = job
        job.submitted = True
        try:
            on_end = functools.partial(self._on_end, job.run_id)
            self._trainer.trainings.submit_run(
                job.run_id, job.role, priority=STUDY_PRIORITY, on_end=on_end, visitor=self._visitor
            )
        except UserError:  # the run was ended; the next attempt needs another one
            del self._under_way[job.run_id]
            job.run_id, job.submitted = "", False
            raise

    def _create(self, job: Job) -> str:
        seed, part = job.arm.seed, job.arm.part
        together = part in ("winner", "baseline")
        comparison = self._comparisons.setdefault(seed, uuid.uuid4().hex) if together else uuid.uuid4().hex
        return runs.create(
            job.role,
            comparison,
            job.spec,
            "" if together else self.baselines.get(seed, ""),
            name=f"{network_title(job.spec.model)}, {job.arm}",
            study=self._study_id,
            study_kind="sweep",
            arm=str(job.arm),
            visitor=self._visitor,
        )

    def _on_end(self, run_id: str, ending: Ending) -> None:
        self._ended.put((run_id, ending))
        self._wake()

    def ended(self) -> list[Job]:
        """The trainings that have ended since the last call, with their runs."""
        while not self._ended.empty():
            run_id, _ = self._ended.get()
            if job := self._under_way.get(run_id):
                job.submitted = False  # should it train on without its scheduler, its run tells
        finished = []
        for job in [job for job in self._under_way.values() if not job.submitted]:
            run = runs.patiently(lambda job=job: _stored(job.run_id))
            if run is None or not run.active:
                job.run = run
                del self._under_way[job.run_id]
                finished.append(job)
        return finished

    def stop(self, job: Job) -> None:
        """Ends a training that is under way, or withdraws one that waits."""
        if job in self._waiting:
            self._waiting.remove(job)
            if job.run_id:
                runs.patiently(lambda: runs.end(job.run_id, "stopped"))
        elif job.run_id in self._under_way:
            with contextlib.suppress(TrainerUnavailable, RunNotReady):  # then it trains no more
                self._trainer.trainings.order([job.run_id], stop=True)

    def stop_all(self) -> None:
        """Ends all of them."""
        for job in [*self._waiting, *self._under_way.values()]:
            self.stop(job)


def _stored(run_id: str) -> Run | None:
    """None where the run was deleted."""
    try:
        return runs.get(run_id)
    except RunNotFound:
        return None
