"""Hands waiting trainings to free workers in the order of the fair queue: one at a time to each worker.

They wait here and not in Dask, which would assign all of them to workers at once: a person's first training
would then stand behind another's tenth, and a worker with short trainings would be idle while another still
had long ones. While fewer trainings are under way than there are workers, each begins at once.

Where CNNLAB_SCHEDULER names a cluster that several dashboards use, each of them hands over at most as many
trainings as the cluster has workers. Dask lets these begin in the order in which they came, a person's before
those of studies. So the dashboards take turns, and the visitors of each dashboard among themselves; a
dashboard with many visitors gets no more than one with few.
"""

import logging
import threading
import time
from collections.abc import Callable, Collection, Iterable
from dataclasses import dataclass
from typing import NamedTuple

from cnnlab.errors import StoreUnavailable, TrainerUnavailable
from cnnlab.spec import Role
from cnnlab.trainer.connection import Connection
from cnnlab.trainer.fair_queue import FairQueue, Kind, Ticket
from cnnlab.trainer.tasks import TRAINING_KEY, Ending, OnEnd

LOOK_SECONDS = 0.5  # between two looks for a worker that has joined, while trainings wait

log = logging.getLogger(__name__)


@dataclass(frozen=True, eq=False)
class Waiting:
    """A training that waits, or is under way; another object each time that its run is trained."""

    run_id: str
    role: Role
    visitor: str = ""
    kind: Kind = "person"
    worker: str = ""
    """The address of the worker that it is for; any where empty, or where that one has left."""
    on_end: OnEnd | None = None
    """Called once, with how it has ended."""

    @property
    def ticket(self) -> Ticket:
        """Its place in the queue."""
        return Ticket(self.run_id, self.visitor, self.kind)


class Place(NamedTuple):
    """Where a waiting training stands."""

    ahead: tuple[str, ...]
    """The ids of the runs that begin before it, in their order."""
    under_way: tuple[str, ...]
    """The ids of the runs that a worker has got."""


HandOver = Callable[[Waiting, str], None]
"""Submits a training to the worker at an address."""


class Dispatcher:
    """Can be used from any thread."""

    def __init__(self, connection: Connection, hand_over: HandOver) -> None:
        self._connection = connection
        self._hand_over = hand_over
        self._queue = FairQueue()
        self._known: dict[str, Waiting] = {}  # by run: all that wait or are under way
        self._places: dict[Waiting, str] = {}  # the trainings under way → the worker that has got each
        self._lock = threading.RLock()  # for the above; held for moments only, since pages wait for it
        self._handing = threading.RLock()  # one thread hands over; trainings end in Dask's thread
        self._looking = False

    def add(self, trainings: Iterable[Waiting]) -> None:
        """Adds the trainings of one turn, and hands over what a worker is free for."""
        turn = list(trainings)
        with self._lock:
            known = {training.run_id: training for training in turn}
            self._queue.remove(known.keys())  # a run waits once
            self._known |= known
            self._queue.add(*(training.ticket for training in turn))
        self.hand_over()

    def withdraw(self, run_ids: Collection[str]) -> set[str]:
        """Takes trainings out that no worker has got; returns those that waited."""
        with self._lock:
            removed = {ticket.run_id for ticket in self._queue.remove(run_ids)}
            withdrawn = [self._known.pop(run_id) for run_id in removed]
        for training in withdrawn:
            if training.on_end:
                training.on_end(Ending("withdrawn"))
        return removed

    def ended(self, training: Waiting) -> None:
        """Tells that a training has ended, so that its worker is free for the next one."""
        with self._lock:
            self._places.pop(training, None)
            if self._known.get(training.run_id) is training:
                del self._known[training.run_id]
            if not self._places:
                self._queue.rest()
        self.hand_over()

    def again(self, training: Waiting) -> None:
        """Lets a training whose worker died wait for another one, before all others."""
        with self._lock:
            self._places.pop(training, None)
            if self._known.get(training.run_id) is training:
                self._queue.add(training.ticket._replace(kind="begun"))
        self.hand_over()

    def hand_over(self) -> None:
        """Gives each free worker the next training; looks again, in a thread, while some wait."""
        if self._connection.is_closing:
            return
        with self._handing:
            try:
                while next_one := self._next():
                    self._begin(*next_one)
            except (TrainerUnavailable, StoreUnavailable) as error:
                log.info("Trainings wait: %s", error)
        self._look_again_while_some_wait()

    def _next(self) -> tuple[Waiting, str] | None:
        """The next training and the worker that it goes to. Raises `TrainerUnavailable`."""
        with self._lock:
            if not len(self._queue):
                return None
        workers = self._least_busy_first()
        with self._lock:
            free = [place for place in workers if place not in self._places.values()]
            free = free[: max(0, len(workers) - len(self._places))]
            if not free:
                return None

            def place_for(ticket: Ticket) -> str | None:
                wanted = self._known[ticket.run_id].worker
                return free[0] if wanted not in workers else wanted if wanted in free else None

            ticket = self._queue.take(lambda ticket: place_for(ticket) is not None)
            if ticket is None:
                return None
            place = place_for(ticket) or free[0]
            training = self._known[ticket.run_id]
            self._places[training] = place
            return training, place

    def _least_busy_first(self) -> list[str]:
        """The addresses of the workers; others' trainings count too, on a cluster that dashboards share."""
        trainings = {
            place: sum(key.startswith(TRAINING_KEY) for key in keys)
            for place, keys in self._connection.task_keys().items()
        }
        return sorted(self._connection.worker_addresses(), key=lambda place: trainings.get(place, 0))

    def _begin(self, training: Waiting, place: str) -> None:
        """Hands a training over. It waits on, as the next one, where the trainer or the store is away."""
        try:
            self._hand_over(training, place)
        except (TrainerUnavailable, StoreUnavailable):
            with self._lock:
                if self._places.pop(training, None) and self._known.get(training.run_id) is training:
                    self._queue.put_back(training.ticket)
            raise

    def _look_again_while_some_wait(self) -> None:
        with self._lock:
            if self._looking or not len(self._queue):
                return
            self._looking = True
        threading.Thread(target=self._look, name="wait-for-workers", daemon=True).start()

    def _look(self) -> None:
        while True:
            time.sleep(LOOK_SECONDS)
            with self._lock:
                if not len(self._queue) or self._connection.is_closing:
                    self._looking = False
                    return
            self.hand_over()

    def place(self, run_id: str) -> Place | None:
        """Where a training stands; None where it does not wait here."""
        with self._lock:
            if run_id not in self._queue:
                return None
            order = [ticket.run_id for ticket in self._queue.in_order()]
            under_way = tuple(training.run_id for training in self._places)
            return Place(tuple(order[: order.index(run_id)]), under_way)

    def waits(self, run_id: str) -> bool:
        """Whether a training waits that no worker has got."""
        with self._lock:
            return run_id in self._queue

    def waiting(self, kind: Kind | None = None) -> list[str]:
        """The runs that no worker has got, of one kind or all, in the order in which they will begin."""
        with self._lock:
            return [ticket.run_id for ticket in self._queue.in_order() if kind in (None, ticket.kind)]

    def of_visitor(self, visitor: str) -> set[str]:
        """The runs of a visitor that wait or are under way."""
        with self._lock:
            return {run_id for run_id, training in self._known.items() if training.visitor == visitor}

    def __contains__(self, run_id: str) -> bool:
        """Whether a training waits here, or is under way."""
        with self._lock:
            return run_id in self._known
