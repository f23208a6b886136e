"""Trainings in the workers: submits runs, sends them orders, and ends runs whose worker no longer can."""

import contextlib
import dataclasses
import functools
import itertools
import threading
import uuid
from collections.abc import Callable, Sequence
from typing import Any

from cnnlab import runs
from cnnlab.checks import require
from cnnlab.errors import RunNotReady, TrainerUnavailable, UserError
from cnnlab.spec import ComparisonSpec, Role, RunSpec
from cnnlab.spec.orders import Orders
from cnnlab.trainer.connection import Connection
from cnnlab.trainer.tasks import TRAINING_KEY, Ending, Tasks
from cnnlab.worker import room, state

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

    def submit(
        self, comparison: ComparisonSpec, pinned: str = "", worker: str = "", visitor: str = ""
    ) -> str:
        """Starts the trainings of a model and its baseline; returns the comparison's id.

        Args:
            comparison: The settings.
            pinned: A run to compare the model with; then no baseline is trained.
            worker: The address of the worker to train on; any worker where empty.
            visitor: The id of the dashboard's visitor who starts them; empty without one.

        Raises `SettingsRefused` where the settings cannot be trained, `TrainerUnavailable` where no worker
        can train, `OutOfMemory` where a network needs more memory than any worker has.
        """
        require(comparison)
        self._connection.require_ready()
        identity = uuid.uuid4().hex
        specs = comparison.runs()
        if pinned:
            specs.pop("baseline", None)
        self._require_memory(list(specs.values()))
        created = [
            (runs.create(role, identity, spec, pinned, visitor=visitor), role) for role, spec in specs.items()
        ]
        self._submit_all(created, worker)
        return identity

    def _require_memory(self, specs: list[RunSpec]) -> None:
        """Raises `OutOfMemory`; a GPU's memory is looked after by its workers."""
        if set(self._connection.status().devices) == {"CPU"}:
            limit = self._connection.memory_limit()
            for spec in specs:
                room.require_limit(spec, limit)

    def tweak(self, comparison: ComparisonSpec, pinned: str = "", visitor: str = "") -> str:
        """Trains the model in place of those under way, and a baseline unless one like it is stored.

        Returns the comparison's id; raises what `submit` raises. Trainings under way of the same visitor are
        superseded, except those of studies.
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
            if run.run_id in submitted and run.run_id != rival and not run.study and run.visitor == visitor
        ]
        self.order(superseded, superseded=True)
        return self.submit(comparison, rival, visitor=visitor)

    def resume(self, run_ids: list[str], epochs: int, learning_rate: float | None = None) -> None:
        """Continues ended trainings for this many more epochs, with another learning rate if one is given.

        `TrainerUnavailable` where no worker trains.
        """
        self._connection.require_ready()
        reopened = []
        for run in [runs.get(run_id) for run_id in run_ids]:
            runs.reopen(run.run_id, run.spec.training.epochs + epochs)
            with self._ordering:
                orders = Orders(learning_rate=learning_rate)  # workers may still hold the order to stop
                self._broadcast(run.run_id, orders)
            reopened.append((run.run_id, run.role))
        self._submit_all(reopened)

    def _submit_all(self, waiting: Sequence[tuple[str, Role]], worker: str = "") -> None:
        """Submits waiting runs, to the chosen worker or to as many as there are.

        While the trainer starts, runs without a worker of their own wait until the next one is warm: Dask
        would let them wait for the first worker to be free.
        """
        places = self.places(len(waiting), worker)
        at_once = len(waiting) if worker else max(1, len(set(places)))
        for (run_id, role), place in zip(waiting[:at_once], places, strict=False):
            self.submit_run(run_id, role, place)
        if waiting[at_once:]:
            threading.Thread(
                target=self._submit_when_joined, args=(waiting[at_once:],), name="submit-later", daemon=True
            ).start()

    def _submit_when_joined(
        self, waiting: Sequence[tuple[str, Role]], on_end: Callable[[Ending], None] | None = None
    ) -> None:
        self._connection.wait_for_all_workers()
        for run_id, role in waiting:
            with contextlib.suppress(UserError):  # the run was deleted, or is ended with the reason
                if runs.get(run_id).status == "waiting":
                    self.submit_run(run_id, role, self._any_place(), on_end=on_end)

    def _any_place(self) -> str:
        with contextlib.suppress(TrainerUnavailable):  # which `submit_run` will say
            return self.places(1)[0]
        return ""

    def places(self, count: int, worker: str = "") -> list[str]:
        """The addresses of workers for some trainings: the chosen one, or the least busy first.

        Where no worker has joined the addresses are empty, which means any worker. Dask itself may assign a
        model and its baseline to the same worker, where one waits for the other.
        """
        if worker:
            return [worker] * count
        assigned = self._connection.task_keys()
        trainings = {
            place: sum(key.startswith(TRAINING_KEY) for key in keys) for place, keys in assigned.items()
        }
        least_busy_first = sorted(
            self._connection.worker_addresses(), key=lambda place: trainings.get(place, 0)
        )
        return list(itertools.islice(itertools.cycle(least_busy_first or [""]), count))

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
        if self._connection.is_external:
            runs.wait_in_cluster(run_id)
        try:
            self._repeat_orders(run_id)
            self._submit_task(run_id, role, worker, priority, on_end)
        except UserError as error:
            runs.end(run_id, "failed", str(error))
            raise

    def _submit_task(
        self,
        run_id: str,
        role: Role,
        worker: str,
        priority: int,
        on_end: Callable[[Ending], None] | None,
    ) -> None:
        self._tasks.submit(
            run_id,
            state.train,
            run_id,
            on_end=functools.partial(self._on_end, run_id, on_end),
            outlives_dashboard=True,
            key=f"{TRAINING_KEY}{role}-{run_id}-{uuid.uuid4().hex[:8]}",  # a continued run is a new task
            priority=priority,
            resources={RESOURCE: 1},
            workers=[worker] if worker else None,
            allow_other_workers=bool(worker),  # should this one die before the training begins
        )

    def _on_end(self, run_id: str, then: Callable[[Ending], None] | None, ending: Ending) -> None:
        """Ends a run whose task has failed; one whose worker died goes on in another, once.

        A run that has ended stays as it is. A lost external scheduler ends nothing here: its workers may well
        be training on, and whoever reads the run can tell.
        """
        reason = REASONS.get(ending.how, ending.error)
        if ending.how == "trainer closed" and self._connection.is_external:
            reason = ""
        resumed = False
        try:
            resumed = bool(reason) and ending.how in REASONS and self._resume_by_itself(run_id, then)
            if reason and not resumed:
                runs.end(run_id, "failed", reason)
        finally:
            if not resumed:
                with self._ordering:
                    self._orders_by_run.pop(run_id, None)
        if then and not resumed:
            then(ending)

    def _resume_by_itself(self, run_id: str, then: Callable[[Ending], None] | None) -> bool:
        """Lets the training of a dead worker go on, under the orders in force; returns whether it does."""
        if self._connection.is_closing or not runs.requeue(run_id):
            return False
        waiting = [(run_id, runs.get(run_id).role)]
        threading.Thread(
            target=self._submit_when_joined, args=(waiting, then), name="resume", daemon=True
        ).start()
        return True

    def order(self, run_ids: list[str], **changes: Any) -> None:
        """Changes the orders of trainings that are under way or waiting.

        `changes` are fields of `Orders`, such as `paused=True`; the other fields stay in force. Trainings
        that were not submitted here get their orders through the store. Raises `RunNotReady` where one of
        those takes no orders, after all others have got theirs.
        """
        refusal: RunNotReady | None = None
        for run_id in run_ids:
            try:
                if run_id in self._tasks:
                    self._order_here(run_id, changes)
                else:
                    _order_elsewhere(run_id, changes)
            except RunNotReady as error:
                refusal = error
        if refusal:
            raise refusal

    def _order_here(self, run_id: str, changes: dict[str, Any]) -> None:
        with self._ordering:
            orders = dataclasses.replace(self._orders_by_run.get(run_id, Orders()), **changes)
            self._broadcast(run_id, orders)
        if orders.ending and runs.get(run_id).status == "waiting":
            _end_waiting(run_id, orders)
            self._tasks.withdraw(run_id)

    def _repeat_orders(self, run_id: str) -> None:
        """Sends a run's orders once more: a worker that has joined since does not have them."""
        with self._ordering:
            if run_id in self._orders_by_run:
                self._broadcast(run_id, self._orders_by_run[run_id])

    def _broadcast(self, run_id: str, orders: Orders) -> None:
        """Sends orders to every worker, since any of them may train the run later."""
        self._orders_by_run[run_id] = orders
        self._connection.run(state.receive, run_id, orders)


def _order_elsewhere(run_id: str, changes: dict[str, Any]) -> None:
    """Orders to a training of another dashboard, of the command line, or of this one before a restart."""
    run, orders = runs.get(run_id), Orders(**changes)
    if not run.active:
        return
    if orders.ending and (run.status == "waiting" or runs.unheard(run_id)):
        _end_waiting(run_id, orders)
    else:
        runs.write_orders(run_id, **changes)


def _end_waiting(run_id: str, orders: Orders) -> None:
    """Ends a run that no worker has begun; one that takes it up later finds that it has ended."""
    if orders.superseded:
        runs.hide(run_id)
    runs.end(run_id, "stopped")
