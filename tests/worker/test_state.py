"""What a worker remembers of orders for it and for others."""

from types import SimpleNamespace

from cnnlab.spec.orders import Orders
from cnnlab.worker import state


def test_orders_and_cancelled_measurements_do_not_grow_without_end(monkeypatch):
    monkeypatch.setattr(state, "MOST_REMEMBERED", 3)
    kept = state.WorkerState()
    worker = SimpleNamespace(plugins={"cnnlab": kept})
    for number in range(5):
        state.receive(f"run {number}", Orders(stop=True), dask_worker=worker)
    state.receive("run 3", Orders(), dask_worker=worker)
    assert list(kept.orders) == ["run 2", "run 4", "run 3"]
    assert kept.orders["run 3"] == Orders()
    state.cancel([f"key {number}" for number in range(5)], dask_worker=worker)
    assert list(kept.cancelled) == ["key 2", "key 3", "key 4"]
