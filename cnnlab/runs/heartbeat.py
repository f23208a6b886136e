"""How a training tells all readers of its run that it lives, and takes orders of those that cannot reach it.

Orders of a dashboard that does not reach the training's worker are written into the run, and read here.
"""

import contextlib
import dataclasses
import logging
import threading
import time
from collections.abc import Callable, Generator
from typing import Any

from pydantic import TypeAdapter, ValidationError

from cnnlab.errors import NotTrainedHere, RunNotReady, StoreUnavailable
from cnnlab.runs import ownership, store, tags
from cnnlab.runs.run import has_ended
from cnnlab.spec.orders import Orders

ALIVE_SECONDS = 15.0  # between two signs of life
ORDERS_SECONDS = 2.0  # between two looks for orders

_ORDERS = TypeAdapter(Orders)

log = logging.getLogger(__name__)


def stored_orders(run_id: str) -> Orders | None:
    """The orders that were written into a run; None without any."""
    return _read(store.client().get_run(run_id).data.tags.get(tags.ORDERS, ""))


def write_orders(run_id: str, **changes: Any) -> Orders:
    """Changes the orders in a run, which its training reads within a few seconds; returns all of them.

    Raises `RunNotReady` where whatever trains the run does not read orders.
    """
    run = store.client().get_run(run_id)
    if run.info.status == "RUNNING" and not run.data.tags.get(tags.ALIVE):
        raise RunNotReady(
            "This run is trained by an older version of cnnlab, which takes no orders from here: stop the "
            "program that trains it."
        )
    orders = dataclasses.replace(_read(run.data.tags.get(tags.ORDERS, "")) or Orders(), **changes)
    store.client().set_tag(run_id, tags.ORDERS, _ORDERS.dump_json(orders).decode())
    return orders


def _read(text: str) -> Orders | None:
    try:
        return _ORDERS.validate_json(text) if text else None
    except ValidationError:
        log.warning("Orders in a run were ignored, since they cannot be read: %s", text)
        return None


class OrdersInForce:
    """The orders of a training from two sources; those that changed last are in force."""

    def __init__(self, direct: Callable[[], Orders]) -> None:
        """`direct`: the orders of whoever reaches the training without the store."""
        self._direct = direct
        self._last_direct = self._in_force = Orders()
        self._given_up = False

    def __call__(self) -> Orders:
        """The orders in force. Raises `NotTrainedHere` once the training was given up."""
        if self._given_up:
            raise NotTrainedHere("This run was taken up by another process, which trains it on.")
        direct = self._direct()
        if direct != self._last_direct:
            self._last_direct = self._in_force = direct
        return self._in_force

    def take(self, orders: Orders) -> None:
        """Puts orders in force that came through the store."""
        self._in_force = orders

    def give_up(self) -> None:
        """Ends the training without a word: its run belongs to another process."""
        self._given_up = True


class Heartbeat:
    """While a training lasts, in a thread: writes that it lives, and passes on the orders in its run.

    If a reader took the training for dead, such as after the machine slept, it counts as training again,
    unless another process has taken up the run meanwhile.
    """

    def __init__(
        self,
        run_id: str,
        take: Callable[[Orders], None],
        give_up: Callable[[], None] = lambda: None,
        task: str = "",
    ) -> None:
        """Calls back in the thread: `take` with orders, `give_up` where the run is another process's.

        `task`: Dask's key of the training's task; empty outside of Dask.
        """
        self._run_id, self._task = run_id, task
        self._take, self._give_up = take, give_up
        self._last_orders: Orders | None = None
        self._written_at = time.monotonic()  # `runs.start` has just done it
        self._ended = threading.Event()

    @contextlib.contextmanager
    def beating(self) -> Generator[None]:
        """Beats for as long as the block lasts."""
        thread = threading.Thread(
            target=self._beat_until_ended, name=f"heartbeat-{self._run_id}", daemon=True
        )
        thread.start()
        try:
            yield
        finally:
            self._ended.set()
            thread.join()

    def _beat_until_ended(self) -> None:
        while not self._ended.wait(ORDERS_SECONDS):
            try:
                self.beat()
            except StoreUnavailable as error:  # the store is busy or cannot be reached; the next beat may
                log.warning("Run %s could not say that it is alive: %s", self._run_id, error)

    def beat(self) -> None:
        """Reads the run once, and writes what is due."""
        client = store.client()
        run = client.get_run(self._run_id)
        if ownership.is_handed_over_twice(run):
            ownership.own(self._run_id, self._task)
        elif ownership.is_of_another_process(run):
            self._give_up()
            return
        if time.monotonic() - self._written_at >= ALIVE_SECONDS:
            client.set_tag(self._run_id, tags.ALIVE, str(time.time()))
            self._written_at = time.monotonic()
        if run.info.status == "FAILED" and run.data.tags.get(tags.INTERRUPTED):
            values = {tags.ALIVE: str(time.time()), tags.INTERRUPTED: "", tags.REASON: ""}
            store.write_tags(self._run_id, values)
            client.update_run(self._run_id, status="RUNNING")
        elif has_ended(run):
            self._take(Orders(stop=True))  # somebody has ended the run, which seemed to be waiting
            return
        orders = _read(run.data.tags.get(tags.ORDERS, ""))
        if orders and orders != self._last_orders:
            self._last_orders = orders
            self._take(orders)
