"""The trainings of studies, submitted one by one as workers become free, behind whatever a person trains.

All runs of a study are created at once, waiting, so that its progress can be seen. They queue here and not
in Dask, which would assign all of them to workers at once: a worker with short trainings would then be idle
while another still had long ones. So each worker gets one at a time.
"""

import functools
import threading
import uuid
from collections import deque
from typing import NamedTuple

from cnnlab import runs
from cnnlab.checks import require
from cnnlab.errors import TrainerUnavailable
from cnnlab.spec import Role
from cnnlab.studies import progress as study_runs
from cnnlab.studies.plan import Study, Training
from cnnlab.studies.progress import Key, Progress
from cnnlab.trainer.tasks import Ending
from cnnlab.trainer.trainer import Trainer
from cnnlab.trainer.trainings import TRAINER_CLOSED

STUDY_PRIORITY = 0  # what a person trains has more


class Queued(NamedTuple):
    """A run that waits for a worker."""

    run_id: str
    role: Role


class StudyQueue:
    """Starts and stops studies, and submits their runs to a trainer. Can be used from any thread."""

    def __init__(self, trainer: Trainer) -> None:
        self._trainer = trainer
        self._queue: deque[Queued] = deque()
        self._submitted: set[str] = set()  # the runs that were submitted and have not ended
        self._lock = threading.RLock()  # trainings end in Dask's thread

    def submit(self, study: Study, visitor: str = "") -> str:
        """Starts the trainings of a study for a visitor of the dashboard, if any; returns the study's id.

        A finished run with the same settings replaces a training. Raises `SettingsRefused` where a training
        is impossible, `TrainerUnavailable` where no worker trains.
        """
        for training in study.trainings:
            require(training.spec)
        self._trainer.connection.require_ready()
        reused = _with_stored_runs(study)
        content = reused.model_dump_json(indent=2).encode()
        study_id = runs.create_study(reused.kind, reused.title, content, visitor)
        self._begin(study_runs.read(study_id), visitor)
        return study_id

    def train_missing(self, study_id: str) -> None:
        """Starts the trainings of a study that were stopped, have failed, or whose runs were deleted.

        They belong to the visitor who started the study.

        Raises `RunNotFound` where there is no such study, `TrainerUnavailable` where no worker trains.
        """
        self._trainer.connection.require_ready()
        self._begin(study_runs.read(study_id), runs.study(study_id).visitor)

    def stop(self, study_id: str) -> None:
        """Ends the trainings of a study that are under way, and withdraws those that wait."""
        active = {run.run_id for run in runs.of_study(study_id) if run.active}
        withdrawn = self._remove(active)
        for run_id in withdrawn:
            runs.end(run_id, "stopped")
        self._trainer.trainings.order(sorted(active - withdrawn), stop=True)

    def waiting(self) -> list[str]:
        """The ids of the runs that wait for a worker, in their order."""
        with self._lock:
            return [queued.run_id for queued in self._queue]

    def _remove(self, run_ids: set[str]) -> set[str]:
        """Takes runs out of the queue; returns those that were in it."""
        with self._lock:
            removed = {queued.run_id for queued in self._queue if queued.run_id in run_ids}
            self._queue = deque(queued for queued in self._queue if queued.run_id not in removed)
        return removed

    def _begin(self, progress: Progress, visitor: str) -> None:
        """Creates a run for each missing training, and queues it."""
        comparisons: dict[Key, str] = {}  # of the runs that are created here
        run_ids = {key: run.run_id for key, run in progress.finished.items()}
        run_ids |= {(run.arm, run.role): run.run_id for run in progress.active}
        for training in progress.missing:
            run_id, comparison = _create(progress, training, comparisons, run_ids, visitor)
            comparisons[training.key], run_ids[training.key] = comparison, run_id
            with self._lock:
                self._queue.append(Queued(run_id, training.role))
            self._fill_workers()  # the first ones are trained while the others are created

    def _fill_workers(self) -> None:
        """Submits the next runs of the queue, up to one for each worker."""
        try:
            with self._lock:
                if not self._queue:
                    return
                # At least 1: the only worker may have died, and its successor is on its way.
                workers = max(1, len(self._trainer.connection.worker_addresses()))
                while self._queue and len(self._submitted) < workers:
                    self._submit(self._queue[0])
                    self._queue.popleft()  # after: a run that could not be submitted fails with the others
        except TrainerUnavailable:
            self._fail_queued()

    def _submit(self, queued: Queued) -> None:
        place = next(iter(self._trainer.trainings.places(1)), "")
        self._trainer.trainings.submit_run(
            *queued, place, STUDY_PRIORITY, functools.partial(self.on_run_ended, queued.run_id)
        )
        self._submitted.add(queued.run_id)

    def on_run_ended(self, run_id: str, ending: Ending) -> None:
        """Submits the next run; where the trainer is gone, ends all that wait. The trainer calls this."""
        with self._lock:
            self._submitted.discard(run_id)
        if ending.how == "trainer closed":
            self._fail_queued()
        else:
            self._fill_workers()

    def _fail_queued(self) -> None:
        """Ends all queued runs, since no trainer is left."""
        with self._lock:
            queued = self.waiting()
            self._queue.clear()
        for run_id in queued:
            runs.end(run_id, "failed", TRAINER_CLOSED)


def _with_stored_runs(study: Study) -> Study:
    """The study with a finished run of the same settings for each training that has one."""
    trainings = []
    for training in study.trainings:
        stored = runs.latest_matching(training.spec, finished=True)
        trainings.append(training.model_copy(update={"run_id": stored.run_id if stored else ""}))
    return study.model_copy(update={"trainings": tuple(trainings)})


def _create(
    progress: Progress,
    training: Training,
    comparisons: dict[Key, str],
    run_ids: dict[Key, str],
    visitor: str,
) -> tuple[str, str]:
    """Creates a waiting run in a comparison with its partner; returns both ids."""
    partner = progress.study.partner(training)
    together = comparisons.get(partner.key) if partner and partner.arm == training.arm else None
    comparison = together or uuid.uuid4().hex
    run_id = runs.create(
        training.role,
        comparison,
        training.spec,
        "" if together or not partner else run_ids.get(partner.key, ""),
        name=training.name,
        study=progress.study_id,
        study_kind=progress.study.kind,
        arm=training.arm,
        visitor=visitor,
    )
    return run_id, comparison
