"""Trainings in the workers: submits runs, sends them orders, and ends runs whose worker no longer can."""

import dataclasses
import functools
import itertools
import threading
import uuid
from collections.abc import Callable
from typing import Any

from cnnlab import runs
from cnnlab.checks import require
from cnnlab.spec import ComparisonSpec, Role
from cnnlab.spec.orders import Orders
from cnnlab.trainer.connection import Connection
from cnnlab.trainer.tasks import Ending, Tasks
from cnnlab.worker import state

KEY_PREFIX = "train-"  # of the tasks' keys
RESOURCE = "training"  # a worker has one
INTERACTIVE_PRIORITY = 10  # studies have 0
WORKER_DIED = "The worker that trained this run died: it ran out of memory, or was ended from outside."
TRAINER_CLOSED = "The trainer was closed, or could no longer be reached, before this run had ended."

REASONS = {"worker died": WORKER_DIED, "trainer closed": TRAINER_CLOSED}


class Trainings:
    """The trainings that were submitted here. Can be used from any thread."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self._tasks: Tasks[str] = Tasks(connection)  # by run
        self._orders_by_run: dict[str, Orders] = {}  # the orders in force
        self._ordering = threading.Lock()

    def submit(self, comparison: ComparisonSpec, pinned: str = "", worker: str = "") -> str:
        """Starts the trainings of a model and its baseline; returns the comparison's id.

        Args:
            comparison: The settings.
            pinned: A run to compare the model with; then no baseline is trained.
            worker: The address of the worker to train on; any worker where empty.

        Raises `SettingsRefused` where the settings cannot be trained, `TrainerUnavailable` where no worker
        can train.
        """
        require(comparison)
        self._connection.require_ready()
        identity = uuid.uuid4().hex
        specs = comparison.runs()
        if pinned:
            specs.pop("baseline", None)
        for (role, spec), place in zip(specs.items(), self.places(len(specs), worker), strict=True):
            self.submit_run(runs.create(role, identity, spec, pinned), role, place)
        return identity

    def tweak(self, comparison: ComparisonSpec, pinned: str = "") -> str:
        """Trains the model in place of those under way, and a baseline unless one like it is stored.

        Returns the comparison's id; raises what `submit` raises. Trainings under way are superseded, except
        those of studies.
        """
        require(comparison)
        self._connection.require_ready()
        baseline = comparison.runs().get("baseline")
        stored = runs.latest_matching(baseline) if baseline and not pinned else None
        rival = pinned or (stored.run_id if stored else "")
        submitted = self._tasks.keys()
        superseded = [
            run.run_id
            for run in runs.active()
            if run.run_id in submitted and run.run_id != rival and not run.study
        ]
        self.order(superseded, superseded=True)
        return self.submit(comparison, rival)

    def resume(self, run_ids: list[str], epochs: int) -> None:
        """Continues ended trainings for this many more epochs.

        `TrainerUnavailable` where no worker trains.
        """
        self._connection.require_ready()
        for run_id, place in zip(run_ids, self.places(len(run_ids)), strict=True):
            run = runs.get(run_id)
            runs.reopen(run_id, run.spec.training.epochs + epochs)
            with self._ordering:
                self._broadcast(run_id, Orders())  # workers may still hold the order to stop
            self.submit_run(run_id, run.role, place)

    def places(self, count: int, worker: str = "") -> list[str]:
        """The addresses of workers for some trainings: the chosen one, or the least busy first.

        Empty where no worker has joined. Dask itself may assign a model and its baseline to the same worker,
        where one waits for the other.
        """
        if worker:
            return [worker] * count
        assigned = self._connection.task_keys()
        trainings = {
            place: sum(key.startswith(KEY_PREFIX) for key in keys) for place, keys in assigned.items()
        }
        least_busy_first = sorted(
            self._connection.worker_addresses(), key=lambda place: trainings.get(place, 0)
        )
        return list(itertools.islice(itertools.cycle(least_busy_first), count))

    def submit_run(
        self,
        run_id: str,
        role: Role,
        worker: str,
        priority: int = INTERACTIVE_PRIORITY,
        on_end: Callable[[Ending], None] | None = None,
    ) -> None:
        """Submits a waiting run to a worker, or to any where empty; ends the run where its worker cannot.

        Args:
            run_id: The run.
            role: Its role.
            worker: The worker's address.
            priority: Of the task; those with more come first.
            on_end: Called after the end of the run, in any thread.
        """
        self._tasks.submit(
            run_id,
            state.train,
            run_id,
            on_end=functools.partial(self._on_end, run_id, on_end),
            outlives_dashboard=True,
            key=f"{KEY_PREFIX}{role}-{run_id}-{uuid.uuid4().hex[:8]}",  # a continued run is a new task
            priority=priority,
            resources={RESOURCE: 1},
            workers=[worker] if worker else None,
            allow_other_workers=bool(worker),  # should this one die before the training begins
        )

    def _on_end(self, run_id: str, then: Callable[[Ending], None] | None, ending: Ending) -> None:
        """Ends a run whose task has failed; a run that has ended stays as it is."""
        reason = REASONS.get(ending.how, ending.error)
        try:
            if reason:
                runs.end(run_id, "failed", reason)
        finally:
            if then:
                then(ending)

    def order(self, run_ids: list[str], **changes: Any) -> None:
        """Changes the orders of trainings that are under way or waiting.

        `changes` are fields of `Orders`, such as `paused=True`; the other fields stay in force.
        """
        for run_id in run_ids:
            with self._ordering:
                orders = dataclasses.replace(self._orders_by_run.get(run_id, Orders()), **changes)
                self._broadcast(run_id, orders)
            if orders.ending and runs.get(run_id).status == "waiting":
                self._withdraw(run_id, orders)

    def _withdraw(self, run_id: str, orders: Orders) -> None:
        """Ends a run that was submitted here and that no worker has begun."""
        if run_id not in self._tasks:
            return
        if orders.superseded:
            runs.hide(run_id)
        runs.end(run_id, "stopped")
        self._tasks.withdraw(run_id)

    def _broadcast(self, run_id: str, orders: Orders) -> None:
        """Sends orders to every worker, since any of them may train the run later."""
        self._orders_by_run[run_id] = orders
        self._connection.run(state.receive, run_id, orders)
