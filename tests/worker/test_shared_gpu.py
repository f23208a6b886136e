"""Two trainings at once on one GPU, by stand-ins for its memory."""

import threading
import time
from math import prod

import pytest

from cnnlab import runs
from cnnlab.data.registry import DATASETS
from cnnlab.models.build import build
from cnnlab.spec import PRESETS
from cnnlab.spec.orders import Orders
from cnnlab.worker import shared_gpu, train
from cnnlab.worker.shared_gpu import SHARED, needed_bytes, room_for
from tests.waiting import wait_until

SMALL = PRESETS["small"].runs()["baseline"]
LARGE = PRESETS["lab"].with_setting("training.batch_size", 512).runs()["model"]
MEMORY = 4 * 2**30


@pytest.fixture(autouse=True)
def shared(monkeypatch, tmp_path):
    """A GPU on which the large training has no room beside others."""
    monkeypatch.setenv(SHARED, f"{MEMORY} GPU-1/0")
    monkeypatch.setattr(shared_gpu, "gettempdir", lambda: str(tmp_path))
    monkeypatch.setattr(shared_gpu, "LOOK_SECONDS", 0.01)
    monkeypatch.setattr(shared_gpu, "needed_bytes", lambda spec: MEMORY if spec == LARGE else MEMORY // 100)


class Waiter:
    """A training in a thread: whether it has begun, and what it has said."""

    def __init__(self, spec, orders=Orders) -> None:
        self.said: list[str] = []
        self.begun, self.ending = threading.Event(), threading.Event()
        self.thread = threading.Thread(target=self._run, args=(spec, orders))
        self.thread.start()

    def _run(self, spec, orders) -> None:
        with room_for(spec, orders, self.said.append):
            self.begun.set()
            self.ending.wait()

    def end(self) -> None:
        self.ending.set()
        self.thread.join()


def test_small_trainings_run_at_once_and_a_large_one_alone():
    first, second = Waiter(SMALL), Waiter(SMALL)
    assert first.begun.wait(5) and second.begun.wait(5)
    large = Waiter(LARGE)
    wait_until(lambda: large.said == [shared_gpu.WAITING])
    first.end()
    assert not large.begun.wait(0.1)
    second.end()
    assert large.begun.wait(5) and large.said == [shared_gpu.WAITING, ""]
    late = Waiter(SMALL)
    assert not late.begun.wait(0.1) and late.said == [shared_gpu.WAITING]
    large.end()
    assert late.begun.wait(5)
    late.end()
    assert first.said == second.said == []


def test_small_trainings_that_come_later_do_not_keep_a_large_one_waiting():
    first = Waiter(SMALL)
    assert first.begun.wait(5)
    large = Waiter(LARGE)
    wait_until(lambda: bool(large.said))
    later = Waiter(SMALL)
    assert not later.begun.wait(0.1), "it waits behind the large one"
    first.end()
    assert large.begun.wait(5) and not later.begun.wait(0.1)
    large.end()
    assert later.begun.wait(5)
    later.end()


def test_a_training_that_is_to_end_waits_no_longer():
    first = Waiter(LARGE)
    assert first.begun.wait(5)
    orders = [Orders()]
    second = Waiter(LARGE, lambda: orders[-1])
    wait_until(lambda: bool(second.said))
    orders.append(Orders(stop=True))
    assert second.begun.wait(5)
    first.end()
    second.end()


def test_where_no_gpu_is_shared_nothing_waits(monkeypatch):
    monkeypatch.delenv(SHARED)
    first, second = Waiter(LARGE), Waiter(LARGE)
    assert first.begun.wait(5) and second.begun.wait(5)
    first.end()
    second.end()


def test_a_training_in_its_worker_takes_and_gives_back_the_room():
    spec = SMALL.model_copy(update={"data": SMALL.data.model_copy(update={"images": 100})})
    run_id = runs.create("baseline", "room", spec)
    large = Waiter(LARGE)
    assert large.begun.wait(5)
    worker = threading.Thread(target=train.train, args=(run_id,))
    worker.start()
    wait_until(lambda: runs.get(run_id).note == shared_gpu.WAITING)
    time.sleep(0.1)
    assert "loss" not in runs.get(run_id).metrics
    large.end()
    worker.join(timeout=60)
    assert (runs.get(run_id).status, runs.get(run_id).note) == ("finished", "")
    again = Waiter(LARGE)
    assert again.begun.wait(5)
    again.end()


@pytest.mark.parametrize("preset", PRESETS)
@pytest.mark.parametrize("role", ["model", "baseline"])
def test_the_estimate_counts_what_keras_counts(preset, role):
    spec = PRESETS[preset].runs()[role]
    info = DATASETS[spec.data.dataset]
    network = build(spec.model, info.input_shape, 10)
    values = sum(prod(layer.output.shape[1:]) for layer in network.layers)
    pixels = prod(info.input_shape) * (spec.data.images + info.test_images[spec.data.source])
    batch = max(3 * spec.training.batch_size, 500)
    expected = 4 * (4 * network.count_params() + batch * values + pixels) + 600 * 2**20
    assert needed_bytes(spec) == expected
    assert expected < 0.4 * 8 * 2**30, "the presets share a GPU of 8 GiB"
