"""Trainings in the workers: submits runs, sends them orders, and ends runs whose worker no longer can."""

import dataclasses
import functools
import threading
import uuid
from collections.abc import Collection, Sequence
from typing import Any

from cnnlab import runs
from cnnlab.checks import require
from cnnlab.errors import (
    NotTrainedHere,
    RunNotReady,
    SettingsRefused,
    StoreUnavailable,
    TrainerUnavailable,
    UserError,
)
from cnnlab.runs import Run
from cnnlab.runs.ownership import WORKER_DIED
from cnnlab.spec import ComparisonSpec, Role, RunSpec
from cnnlab.spec.orders import Orders
from cnnlab.trainer.connection import Connection
from cnnlab.trainer.dispatcher import Dispatcher, Place, Waiting
from cnnlab.trainer.fair_queue import Kind
from cnnlab.trainer.limits import NO_LIMITS, Limits
from cnnlab.trainer.lost import LostTrainings
from cnnlab.trainer.tasks import TRAINING_KEY, Ending, OnEnd, Tasks
from cnnlab.worker import room, state

RESOURCE = "training"  # a worker has one
INTERACTIVE_PRIORITY, STUDY_PRIORITY = 10, 0  # Dask's, where several dashboards share its workers
TRAINER_CLOSED = "The trainer was closed, or could no longer be reached, before this run had ended."

REASONS = {"worker died": WORKER_DIED, "trainer closed": TRAINER_CLOSED}


class Trainings:
    """The trainings that were submitted here. Can be used from any thread."""

    def __init__(self, connection: Connection, limits: Limits = NO_LIMITS) -> None:
        self._connection = connection
        self.limits = limits
        self._tasks: Tasks[str] = Tasks(connection)  # by run
        self._orders_by_run: dict[str, Orders] = {}  # the orders in force
        self._ordering = threading.Lock()
        self._dispatcher = Dispatcher(connection, self._hand_over)
        self._lost = LostTrainings(
            is_ready=lambda: connection.status().state == "ready",
            submit_again=lambda run: self._submit_task(_waiting(run), "", runs.task_of(run.run_id)),
            submit_anew=lambda run: self._dispatcher.add([_waiting(run)]),
        )

    def submit(
        self, comparison: ComparisonSpec, pinned: str = "", worker: str = "", visitor: str = ""
    ) -> str:
        """Starts the trainings of a model and its baseline; returns the comparison's id.

        Args:
            comparison: The settings.
            pinned: A run to compare the model with; then no baseline is trained.
            worker: The address of the worker to train on; any worker where empty.
            visitor: The id of the dashboard's visitor who starts them; empty without one.

        Raises `SettingsRefused` where the settings cannot be trained or exceed the dashboard's limits,
        `TrainerUnavailable` where no worker can train, `OutOfMemory` where a network needs more memory than
        any worker has.
        """
        require(comparison)
        specs = comparison.runs()
        if pinned:
            specs.pop("baseline", None)
        self.require_allowed(list(specs.values()), visitor)
        self._connection.require_ready()
        self._require_memory(list(specs.values()))
        identity = uuid.uuid4().hex
        created = [
            (runs.create(role, identity, spec, pinned, visitor=visitor, queued=True), role)
            for role, spec in specs.items()
        ]
        self._train(created, visitor, worker)
        return identity

    def _require_memory(self, specs: list[RunSpec]) -> None:
        """Raises `OutOfMemory`; a GPU's memory is looked after by its workers."""
        if set(self._connection.status().devices) == {"CPU"}:
            limit = self._connection.memory_limit()
            for spec in specs:
                room.require_limit(spec, limit)

    def refusals(self, specs: Sequence[RunSpec], visitor: str = "") -> list[str]:
        """Why a visitor may not start these trainings on this dashboard now: a sentence for each limit."""
        too_many = self.limits.too_many(len(specs), self._active(visitor))
        return [*self.limits.refusals_of_all(specs), *filter(None, [too_many])]

    def require_allowed(self, specs: Sequence[RunSpec], visitor: str = "") -> None:
        """Raises `SettingsRefused` with all of these reasons, if there are any."""
        if reasons := self.refusals(specs, visitor):
            raise SettingsRefused(" ".join(reasons))

    def _active(self, visitor: str) -> int:
        """How many trainings of a visitor wait or are under way and have not been told to end."""
        with self._ordering:
            ending = {run_id for run_id, orders in self._orders_by_run.items() if orders.ending}
        return len(self._dispatcher.of_visitor(visitor) - ending)

    def tweak(self, comparison: ComparisonSpec, pinned: str = "", visitor: str = "") -> str:
        """Trains the model in place of those under way, and a baseline unless one like it is stored.

        Returns the comparison's id; raises what `submit` raises. Trainings under way of the same visitor are
        superseded, except those of studies.
        """
        require(comparison)
        self._connection.require_ready()
        baseline = comparison.runs().get("baseline")
        stored = runs.latest_matching(baseline) if baseline and not pinned else None
        if stored and stored.active and stored.visitor != visitor:
            stored = None  # another visitor may stop it
        rival = pinned or (stored.run_id if stored else "")
        superseded = [
            run.run_id
            for run in runs.active()
            if run.run_id in self._dispatcher
            and run.run_id != rival
            and not run.study
            and run.visitor == visitor
        ]
        self.order(superseded, superseded=True)
        return self.submit(comparison, rival, visitor=visitor)

    def resume(self, run_ids: list[str], epochs: int, learning_rate: float | None = None) -> None:
        """Continues ended trainings for this many more epochs, with another learning rate if one is given.

        They belong to the visitor who started them. Raises `SettingsRefused` where that exceeds the
        dashboard's limits, `TrainerUnavailable` where no worker trains.
        """
        ended = [runs.get(run_id) for run_id in run_ids]
        self._require_continuable(ended, epochs)
        self._connection.require_ready()
        for run in ended:
            runs.reopen(run.run_id, run.spec.training.epochs + epochs)
            with self._ordering:  # workers may still hold the order to stop
                self._orders_by_run[run.run_id] = Orders(learning_rate=learning_rate)
        visitor = ended[0].visitor if ended else ""
        self._train([(run.run_id, run.role) for run in ended], visitor)

    def _require_continuable(self, ended: Sequence[Run], epochs: int) -> None:
        reasons = [self.limits.too_many(len(ended), self._active(ended[0].visitor))] if ended else []
        so_far = max((run.spec.training.epochs for run in ended), default=0)
        if self.limits.epochs and so_far + epochs > self.limits.epochs:
            reasons.append(
                f"A training has at most {self.limits.epochs:,} epochs in all on this dashboard, and this "
                f"one would have {so_far + epochs:,}: lower 'More epochs', if that is enough, or train anew."
            )
        if any(reasons):
            raise SettingsRefused(" ".join(filter(None, reasons)))

    def _train(self, run_ids: Sequence[tuple[str, Role]], visitor: str, worker: str = "") -> None:
        """Lets waiting runs of a person be trained, in one turn."""
        self._dispatcher.add([Waiting(run_id, role, visitor, "person", worker) for run_id, role in run_ids])

    def submit_run(
        self,
        run_id: str,
        role: Role,
        worker: str = "",
        priority: int = INTERACTIVE_PRIORITY,
        on_end: OnEnd | None = None,
        visitor: str = "",
    ) -> None:
        """Lets a waiting run be trained when its turn comes; at once where a worker is free.

        Args:
            run_id: The run.
            role: Its role.
            worker: The address of the worker that it is for; any where empty.
            priority: `INTERACTIVE_PRIORITY`, or less for one of a study or a sweep, which gives way.
            on_end: Called once after the end of the run, in any thread; also where it is withdrawn before a
                worker has got it.
            visitor: The id of the dashboard's visitor whose turn it is; empty without one.
        """
        kind: Kind = "person" if priority >= INTERACTIVE_PRIORITY else "study"
        self._dispatcher.add([Waiting(run_id, role, visitor, kind, worker, on_end)])

    def take_up(self) -> None:
        """Queues what waited in a dashboard that has ended, in the same order and for the same visitors.

        Studies go on, also those of their trainings that were under way. Tries again while the store is away.
        """
        turns: dict[str, list[Waiting]] = {}
        for run in runs.patiently(runs.take_up):
            turn = turns.setdefault(run.run_id if run.study else run.comparison, [])
            turn.append(_waiting(run))
        for turn in turns.values():
            self._dispatcher.add(turn)

    def withdraw(self, run_ids: Collection[str]) -> set[str]:
        """Takes runs that no worker has got out of the queue; returns their ids. They are not ended."""
        withdrawn = self._dispatcher.withdraw(run_ids)
        with self._ordering:
            for run_id in withdrawn:
                self._orders_by_run.pop(run_id, None)
        return withdrawn

    def place(self, run_id: str) -> Place | None:
        """Where a run stands in the queue; None where it does not wait here."""
        return self._dispatcher.place(run_id)

    def waiting(self, kind: Kind | None = None) -> list[str]:
        """The runs that wait in the queue, of one kind or all, in the order in which they will begin."""
        return self._dispatcher.waiting(kind)

    def _hand_over(self, training: Waiting, place: str) -> None:
        """Submits a training to a worker, unless it waits no more; ends the run where that cannot be done for
        another reason than that trainer or store are away.

        Raises `TrainerUnavailable` and `StoreUnavailable`.
        """
        # Another task each time that a run is trained.
        key = f"{TRAINING_KEY}{training.role}-{training.run_id}-{uuid.uuid4().hex[:8]}"
        try:
            if self._connection.is_external:
                runs.wait_in_cluster(training.run_id, key)
            self._repeat_orders(training.run_id)
            self._submit_task(training, place, key)
        except (TrainerUnavailable, StoreUnavailable):
            raise
        except NotTrainedHere:  # it is, or was, trained for another dashboard
            self._on_end(training, Ending("withdrawn"))
        except UserError as error:
            self._on_end(training, Ending("raised", str(error)))

    def _submit_task(self, training: Waiting, place: str, key: str) -> None:
        run_id = training.run_id
        self._tasks.submit(
            run_id,
            state.train,
            run_id,
            on_end=functools.partial(self._on_end, training),
            outlives_dashboard=True,
            key=key,
            priority=STUDY_PRIORITY if training.kind == "study" else INTERACTIVE_PRIORITY,
            resources={RESOURCE: 1},
            workers=[place] if place else None,
            allow_other_workers=bool(place),  # should this one die before the training begins
        )

    def _on_end(self, training: Waiting, ending: Ending) -> None:
        """Ends a run whose task has failed; one whose worker died goes on in another, once.

        A run that has ended stays as it is. A lost external scheduler ends nothing here: its workers may well
        be training on, and whoever reads the run can tell. What waited or was cut off is handed in again.
        """
        resumed = False
        try:
            resumed = self._end_or_requeue(training, ending)
        finally:
            if resumed:
                self._dispatcher.again(training)
            else:
                with self._ordering:
                    self._orders_by_run.pop(training.run_id, None)
                self._dispatcher.ended(training)
        if training.on_end and not resumed:
            training.on_end(ending)

    def _end_or_requeue(self, training: Waiting, ending: Ending) -> bool:
        """Returns whether the training goes on by itself, under the orders in force."""
        reason = REASONS.get(ending.how, ending.error)
        closed = ending.how == "trainer closed"
        if not reason:
            return False
        if closed and self._connection.is_external:
            if not self._connection.is_closing:
                self._lost.add(training.run_id)
            return False
        if closed and self._connection.is_closing and training.kind == "study":
            return False  # the next dashboard takes it up again
        if ending.how in REASONS and not self._connection.is_closing and runs.requeue(training.run_id):
            return True
        runs.end(training.run_id, "failed", reason)
        return False

    def order(self, run_ids: list[str], **changes: Any) -> None:
        """Changes the orders of trainings that are under way or waiting.

        `changes` are fields of `Orders`, such as `paused=True`; the other fields stay in force. Trainings
        that were not submitted here get their orders through the store. Raises `RunNotReady` where one of
        those takes no orders, after all others have got theirs.
        """
        refusal: RunNotReady | None = None
        for run_id in run_ids:
            try:
                if run_id in self._dispatcher:
                    self._order_here(run_id, changes)
                else:
                    _order_elsewhere(run_id, changes)
            except RunNotReady as error:
                refusal = error
        if refusal:
            raise refusal

    def _order_here(self, run_id: str, changes: dict[str, Any]) -> None:
        with self._ordering:
            if self._connection.is_external:  # for a worker that joins later, and other dashboards
                orders = runs.write_orders(run_id, **changes)
            else:
                orders = dataclasses.replace(self._orders_by_run.get(run_id, Orders()), **changes)
            self._orders_by_run[run_id] = orders
            if not self._dispatcher.waits(run_id):  # else it gets them when a worker gets it
                self._broadcast(run_id, orders)
        if orders.ending and runs.get(run_id).status == "waiting":
            _end_waiting(run_id, orders)
            if not self.withdraw([run_id]):
                self._tasks.withdraw(run_id)

    def _repeat_orders(self, run_id: str) -> None:
        """Sends a run's orders to all workers, some of which may have joined since."""
        with self._ordering:
            if run_id in self._orders_by_run:
                self._broadcast(run_id, self._orders_by_run[run_id])

    def _broadcast(self, run_id: str, orders: Orders) -> None:
        """Sends orders to every worker, since any of them may train the run later."""
        self._connection.run(state.receive, run_id, orders)


def _waiting(run: Run) -> Waiting:
    """A run as the queue knows it."""
    return Waiting(run.run_id, run.role, run.visitor, "study" if run.study else "person")


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
