"""What stands in a worker's process for as long as it lives: its orders, what it trains and measures."""

import time

from cnnlab.spec.orders import Orders
from cnnlab.worker import device
from cnnlab.worker import measure as measuring
from cnnlab.worker import train as tasks

_orders: dict[str, Orders] = {}  # run id → the orders in force
_training: list[str] = []  # the runs that are being trained
_measured: dict[str, int] = {}  # the measurements under way, by their tasks' keys → levels that are done
_given_up: set[str] = set()  # measurements that are to end


def train(run_id: str) -> None:
    """Trains a waiting run under whatever orders come meanwhile."""
    _training.append(run_id)
    try:
        tasks.train(run_id, control=lambda: _orders.get(run_id, Orders()))
    finally:
        _training.remove(run_id)
        _orders.pop(run_id, None)


def receive(run_id: str, orders: Orders) -> None:
    """Keeps the orders for a run, in place of earlier ones."""
    _orders[run_id] = orders


def measure(key: str, run_id: str, experiment: str) -> None:
    """Measures an ended run, as the task with this key, until it is given up.

    Beside a training it rests after each level for as long as this took: the training is waited for.
    """
    woke = time.monotonic()

    def tell(done: int, total: int) -> None:
        nonlocal woke
        _measured[key] = done
        if _training and done:
            time.sleep(time.monotonic() - woke)
        woke = time.monotonic()

    try:
        measuring.measure(run_id, experiment, tell, cancelled=lambda: key in _given_up)
    finally:
        _measured.pop(key, None)
        _given_up.discard(key)


def give_up(keys: list[str]) -> None:
    """Lets measurements end without a result, under way or still to come."""
    _given_up.update(keys)


def measured() -> dict[str, int]:
    """How many levels are done, of each measurement under way."""
    return dict(_measured)


def describe() -> tuple[device.Device, tuple[str, ...]]:
    """This worker's device, and the runs that it trains."""
    return device.describe(), tuple(_training)
