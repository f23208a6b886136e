"""What stands in a worker's process for as long as it lives: the orders it was given, what it trains."""

from cnnlab import devices, tasks
from cnnlab.orders import Orders

_orders: dict[str, Orders] = {}  # run id → the orders in force
_training: list[str] = []  # the runs that are being trained


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


def describe() -> tuple[devices.Device, tuple[str, ...]]:
    """This worker's device, and the runs that it trains."""
    return devices.describe(), tuple(_training)
