"""State of one worker: the orders it has received, what it trains and measures.

The state is a plugin of Dask's worker, which `cnnlab.trainer.cluster` registers as the worker starts. The
functions below are what the dashboard sends: `train` and `measure` as tasks, the others to all workers at
once by `distributed.Client.run`, which passes the worker as `dask_worker`.
"""

import functools
import logging
import time
from collections.abc import Callable
from typing import Any, TypeVar, cast

import numpy as np
from distributed import Worker, WorkerPlugin, get_worker

from cnnlab.errors import NotTrainedHere, TrainerUnavailable
from cnnlab.inside.network_view import NetworkView
from cnnlab.spec.orders import Orders
from cnnlab.worker import device, memory
from cnnlab.worker import measure as measuring
from cnnlab.worker import train as training
from cnnlab.worker.live import LiveWeights

MOST_REMEMBERED = 1000  # orders, and cancelled measurements; of runs in other workers too

Answer = TypeVar("Answer")
Value = TypeVar("Value")

log = logging.getLogger(__name__)

NO_STATE = (
    "A worker was started without cnnlab's preload: "
    "start it with the option --preload cnnlab.trainer.cluster of 'dask worker'."
)


class WorkerState(WorkerPlugin):
    """The state itself. Tasks change it in their threads, each under a key of its own."""

    name = "cnnlab"

    def __init__(self) -> None:
        self.orders: dict[str, Orders] = {}
        """Run id → the orders in force; of runs that other workers train, too."""
        self.trained: list[str] = []
        """The ids of the runs that are being trained."""
        self.levels_done: dict[str, int] = {}
        """The keys of the measurements under way → levels that are done."""
        self.live = LiveWeights()
        self.cancelled: dict[str, None] = {}
        """The keys of the measurements that are to end without a result, in other workers too."""

    def train(self, run_id: str, task: str = "", memory_limit: int | None = None) -> None:
        """Trains a waiting run, or goes on with one; orders that arrive meanwhile apply.

        Does nothing where the run has ended, or another worker trains it.

        Args:
            run_id: The run.
            task: Dask's key of the task that calls.
            memory_limit: What the worker may take in all, in bytes; None for no limit of its own.
        """
        self.trained.append(run_id)
        try:
            training.train(
                run_id,
                control=lambda: self.orders.get(run_id, Orders()),
                listener=functools.partial(self.live.take, run_id),
                task=task,
                memory_limit=memory_limit,
            )
        except NotTrainedHere as error:
            log.warning("Run %s: %s", run_id, error)
        finally:
            self.live.forget(run_id)
            self.trained.remove(run_id)
            self.orders.pop(run_id, None)

    def measure(self, key: str, run_id: str, experiment: str) -> None:
        """Measures an ended run, unless the measurement with this key is cancelled.

        While a training runs beside it, it pauses after each level for as long as the level took.
        """
        resumed = time.monotonic()

        def before_level(done: int, total: int) -> None:
            nonlocal resumed
            self.levels_done[key] = done
            if self.trained and done:
                time.sleep(time.monotonic() - resumed)
            resumed = time.monotonic()

        try:
            with memory.in_sentences(memory.ANSWER, device.name()):
                measuring.measure(run_id, experiment, before_level, cancelled=lambda: key in self.cancelled)
        finally:
            self.levels_done.pop(key, None)
            self.cancelled.pop(key, None)


def _state(worker: Worker) -> WorkerState:
    """Raises `TrainerUnavailable` where the worker was started without the preload."""
    if WorkerState.name not in worker.plugins:
        raise TrainerUnavailable(NO_STATE)
    return cast(WorkerState, worker.plugins[WorkerState.name])


def train(run_id: str) -> None:
    """As a task: see `WorkerState.train`."""
    worker = get_worker()
    task = str(worker.get_current_task())
    _state(worker).train(run_id, task, worker.memory_manager.memory_limit)


def measure(key: str, run_id: str, experiment: str) -> None:
    """As a task: see `WorkerState.measure`."""
    _state(get_worker()).measure(key, run_id, experiment)


def live_view(run_id: str, image: np.ndarray) -> NetworkView | None:
    """As a task in the worker that trains a run: see `LiveWeights.view`. None once it has ended."""
    worker = _state(get_worker())
    if run_id not in worker.trained:
        return None
    with memory.in_sentences(memory.ANSWER, device.name()):
        return worker.live.view(run_id, image)


def answer(function: Callable[..., Answer], *arguments: Any) -> Answer:
    """As a task: what a function returns, such as one of `cnnlab.worker.answers`."""
    with memory.in_sentences(memory.ANSWER, device.name()):
        return function(*arguments)


def receive(run_id: str, orders: Orders, dask_worker: Worker) -> None:
    """Stores the orders for a run, in place of earlier ones."""
    _remember(_state(dask_worker).orders, run_id, orders)


def cancel(keys: list[str], dask_worker: Worker) -> None:
    """Lets the measurements with these keys end without a result, whether they have begun or not."""
    for key in keys:
        _remember(_state(dask_worker).cancelled, key, None)


def _remember(remembered: dict[str, Value], key: str, value: Value) -> None:
    """Adds an entry as the newest one; the oldest are dropped, since nothing says when they are done with."""
    remembered.pop(key, None)
    remembered[key] = value
    while len(remembered) > MOST_REMEMBERED:
        del remembered[next(iter(remembered))]


def levels_done(dask_worker: Worker) -> dict[str, int]:
    """The keys of the measurements under way → levels that are done."""
    return dict(_state(dask_worker).levels_done)


def describe(dask_worker: Worker) -> tuple[device.Device, tuple[str, ...]]:
    """The worker's device, and the ids of the runs that it trains."""
    return device.describe(), tuple(_state(dask_worker).trained)
