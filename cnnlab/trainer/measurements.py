"""Measurements in the workers: submits them, tells how far they are, cancels them.

They run beside trainings and give way to whatever else waits. Where the same is under way already, or its
result is stored, nothing is submitted. What a worker then does is `cnnlab.worker.measure`.
"""

import functools
import threading
import uuid
from typing import NamedTuple

from distributed import Future, KilledWorker

from cnnlab import runs
from cnnlab.errors import TrainerUnavailable
from cnnlab.robustness import results
from cnnlab.robustness.experiments import EXPERIMENTS
from cnnlab.trainer import connection
from cnnlab.worker import state

TASK = "measure-"  # how the keys of measurements begin
PRIORITY = -10  # of the first; those that were asked for later have less, trainings 0 and more
RESOURCE = "measuring"
NO_MEASURING = (
    "The workers of this trainer take no measurements: "
    "start them with the option --resources 'training=1 measuring=1'."
)
WORKER_DIED = "The worker that measured died: it ran out of memory, or was ended from outside."
TRAINER_CLOSED = "The trainer was closed, or could no longer be reached, before this was measured."

Key = tuple[str, str]  # a run's id and the name of an experiment


class Progress(NamedTuple):
    """How far a measurement is, in levels."""

    done: int
    total: int


_futures: dict[Key, Future] = {}  # what was submitted here and has not ended
_failures: dict[Key, str] = {}  # why the last attempt gave no result
_changing = threading.Lock()


def measure(run_ids: list[str], experiments: list[str]) -> None:
    """Starts what is neither stored nor under way, of each run in each experiment.

    Raises `TrainerUnavailable` where nobody measures, `RunNotFound` where a run is no longer stored.
    """
    connection.require_ready()
    if not connection.offers(RESOURCE):
        raise TrainerUnavailable(NO_MEASURING)
    wanted = [runs.get(run_id) for run_id in run_ids]
    missing = [
        (run.run_id, experiment)
        for experiment in experiments
        for run in wanted
        if not results.stored(run, experiment)
    ]
    for place, key in enumerate(missing):
        _submit(key, PRIORITY - place)  # Dask has no order for what it is given within 0.1 s


def _submit(key: Key, priority: int) -> None:
    task = f"{TASK}{'-'.join(key)}-{uuid.uuid4().hex[:8]}"  # what was given up may be wanted again
    with _changing:
        if key in _futures:
            return
        future = connection.client().submit(
            state.measure,
            task,
            *key,
            key=task,
            pure=False,
            priority=priority,
            resources={RESOURCE: 1},
            retries=0,
        )
        _futures[key] = future
        _failures.pop(key, None)
    future.add_done_callback(functools.partial(_close, key))


def _close(key: Key, future: Future) -> None:
    """Forgets what has ended, and keeps the reason where it ended without a result."""
    with _changing:
        if _futures.get(key) is not future:  # it was given up
            return
        del _futures[key]
        if future.status == "error":
            error = future.exception()
            _failures[key] = WORKER_DIED if isinstance(error, KilledWorker) else str(error)
        elif future.status != "finished":
            _failures[key] = TRAINER_CLOSED


def under_way(run_ids: list[str]) -> dict[Key, Progress]:
    """What is being measured of these runs, or waits for it; raises `OSError` where the trainer is lost."""
    with _changing:
        tasks = {key: future.key for key, future in _futures.items() if key[0] in run_ids}
    if not tasks:
        return {}
    done: dict[str, int] = {}
    for told in connection.client().run(state.measured, on_error="ignore").values():
        done |= told
    return {
        (run_id, experiment): Progress(done.get(task, 0), len(EXPERIMENTS[experiment].levels))
        for (run_id, experiment), task in tasks.items()
    }


def failures(run_ids: list[str]) -> dict[Key, str]:
    """Why measurements of these runs gave no result, one sentence each, until they are begun anew."""
    with _changing:
        return {key: reason for key, reason in _failures.items() if key[0] in run_ids}


def cancel(run_ids: list[str]) -> None:
    """Gives up all measurements of these runs, under way or waiting; they leave no result."""
    with _changing:
        given_up = [_futures.pop(key) for key in list(_futures) if key[0] in run_ids]
    if given_up:
        connection.client().run(state.give_up, [future.key for future in given_up], on_error="ignore")
    for future in given_up:  # those that have not begun
        future.cancel()
