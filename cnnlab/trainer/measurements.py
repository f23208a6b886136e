"""Measurements in the workers: submits them, reports their progress, cancels them.

They run beside trainings, with less priority than anything else. What is stored or under way is not submitted
again. `cnnlab.worker.measure` does the measuring.
"""

import functools
import threading
import uuid
from typing import NamedTuple

from cnnlab import runs
from cnnlab.errors import TrainerUnavailable
from cnnlab.robustness import results
from cnnlab.trainer.connection import Connection
from cnnlab.trainer.tasks import Ending, Tasks
from cnnlab.worker import state

KEY_PREFIX = "measure-"  # of the tasks' keys
PRIORITY = -10  # of the first; each further one has less, trainings have 0 or more
RESOURCE = "measuring"  # a worker has one
NO_MEASURING = (
    "The workers of this trainer take no measurements: "
    "start them with the option --resources 'training=1 measuring=1'."
)
WORKER_DIED = "The worker that measured died: it ran out of memory, or was ended from outside."
TRAINER_CLOSED = "The trainer was closed, or could no longer be reached, before this was measured."

REASONS = {"worker died": WORKER_DIED, "trainer closed": TRAINER_CLOSED}

Key = tuple[str, str]  # a run's id and the name of an experiment


class Progress(NamedTuple):
    """How far a measurement is, in levels."""

    done: int
    total: int


class Measurements:
    """The measurements that were submitted here. Can be used from any thread."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self._tasks: Tasks[Key] = Tasks(connection)
        self._failures: dict[Key, str] = {}  # why the last attempt gave no result
        self._levels: dict[Key, int] = {}  # of all that were submitted
        self._submitting = threading.Lock()

    def measure(self, run_ids: list[str], experiments: list[str]) -> None:
        """Submits each run in each experiment, except what is stored or under way.

        Raises `TrainerUnavailable` where no worker measures, `RunNotFound` where a run is no longer stored.
        """
        self._connection.require_ready()
        if not self._connection.offers(RESOURCE):
            raise TrainerUnavailable(NO_MEASURING)
        wanted = [runs.get(run_id) for run_id in run_ids]
        missing = [
            (run.run_id, experiment)
            for experiment in experiments
            for run in wanted
            if not results.stored(run, experiment)
        ]
        levels = {
            (run.run_id, name): len(results.experiment_of(name, run).levels)
            for run in wanted
            for name in experiments
        }
        for place, key in enumerate(missing):
            self._levels[key] = levels[key]
            self._submit(key, PRIORITY - place)  # Dask does not order what it receives within 0.1 s

    def _submit(self, key: Key, priority: int) -> None:
        task = f"{KEY_PREFIX}{'-'.join(key)}-{uuid.uuid4().hex[:8]}"  # what was cancelled may be wanted again
        with self._submitting:
            if key in self._tasks:
                return
            self._failures.pop(key, None)
            self._tasks.submit(
                key,
                state.measure,
                task,
                *key,
                on_end=functools.partial(self._on_end, key),
                key=task,
                priority=priority,
                resources={RESOURCE: 1},
            )

    def _on_end(self, key: Key, ending: Ending) -> None:
        """Remembers why a measurement gave no result."""
        reason = REASONS.get(ending.how, ending.error)
        if reason:
            self._failures[key] = reason

    def under_way(self, run_ids: list[str]) -> dict[Key, Progress]:
        """The measurements of these runs that are computed or wait. Raises `TrainerUnavailable`."""
        tasks = {key: task for key, task in self._tasks.keys().items() if key[0] in run_ids}
        if not tasks:
            return {}
        levels_done: dict[str, int] = {}
        for of_worker in self._connection.run(state.levels_done).values():
            levels_done |= of_worker
        return {key: Progress(levels_done.get(task, 0), self._levels[key]) for key, task in tasks.items()}

    def failures(self, run_ids: list[str]) -> dict[Key, str]:
        """Why measurements of these runs gave no result, a sentence each, until they are submitted again."""
        return {key: reason for key, reason in self._failures.copy().items() if key[0] in run_ids}

    def cancel(self, run_ids: list[str]) -> None:
        """Ends all measurements of these runs, under way or waiting, without a result."""
        tasks = {key: task for key, task in self._tasks.keys().items() if key[0] in run_ids}
        cancelled = [task for key, task in tasks.items() if self._tasks.withdraw(key)]
        if cancelled:
            self._connection.run(state.cancel, cancelled)
