"""Whether a training fits the memory, by an estimate, before it begins."""

import re
import resource
from types import SimpleNamespace

import psutil
import pytest

from cnnlab import runs
from cnnlab.errors import OutOfMemory
from cnnlab.spec import (
    PRESETS,
    TITLES,
    ConvBlock,
    ConvNetSpec,
    DataSpec,
    DenseSpec,
    RunSpec,
    TrainingSpec,
)
from cnnlab.trainer.trainings import Trainings
from cnnlab.worker import room, state, train
from cnnlab.worker.needs import controls_of, needs_of

GIB = 2**30
WIDE = ConvNetSpec(blocks=(ConvBlock(filters=256, padding="same", pooling="none"),), dense_units=8)
LARGE = RunSpec(model=WIDE, training=TrainingSpec(batch_size=512))
FEW = TrainingSpec(batch_size=8)
SMALL = PRESETS["small"].runs()["baseline"]


@pytest.fixture
def free(monkeypatch):
    """A machine with 2 GiB of free memory, of which this process has taken 1 GiB."""
    process = SimpleNamespace(
        memory_info=lambda: SimpleNamespace(rss=GIB, vms=3 * GIB),
    )
    monkeypatch.setattr(room.psutil, "Process", lambda: process)
    monkeypatch.setattr(room.psutil, "virtual_memory", lambda: SimpleNamespace(available=2 * GIB))


@pytest.mark.usefixtures("free")
def test_free_is_what_the_tightest_limit_leaves(monkeypatch):
    assert room.free_bytes(None) == 2 * GIB
    assert room.free_bytes(2 * GIB) == int(0.95 * 2 * GIB) - GIB
    assert room.free_bytes(GIB // 2) == 0
    monkeypatch.setattr(resource, "getrlimit", lambda which: (4 * GIB, resource.RLIM_INFINITY))
    assert room.free_bytes(None) == GIB


@pytest.mark.usefixtures("free")
def test_what_fits_is_trained_and_what_does_not_is_refused_with_both_figures_and_the_controls():
    room.require_room(SMALL)
    needed = room.needed_bytes(LARGE) / GIB
    assert needed > 2
    with pytest.raises(OutOfMemory) as refused:
        room.require_room(LARGE)
    assert str(refused.value) == (
        f"CNN 256 is estimated to need {needed:.1f} GiB of memory in training, and 2.0 GiB is left: "
        "lower 'Batch size' or 'Filters'."
    )


@pytest.mark.parametrize(
    ("spec", "controls"),
    [
        (LARGE, ["batch_size", "filters"]),
        (RunSpec(model=WIDE.model_copy(update={"dense_units": 96}), training=FEW), ["dense_units"]),
        (RunSpec(model=WIDE, training=FEW), ["filters"]),
        (RunSpec(model=DenseSpec(units=16_384)), ["units"]),
        (RunSpec(model=DenseSpec(units=8), data=DataSpec(images=10_000)), ["images"]),
    ],
)
def test_the_controls_named_are_those_of_the_largest_part(spec, controls):
    assert controls_of(spec, needs_of(spec, room.COPIES)) == [TITLES[name] for name in controls]
    smaller = {"batch_size": "training.batch_size", "images": "data.images"}.get(controls[0])
    if smaller:
        part, _, name = smaller.partition(".")
        less = spec.model_copy(update={part: getattr(spec, part).model_copy(update={name: 100})})
        assert needs_of(less).total < needs_of(spec).total


def test_a_run_that_does_not_fit_fails_before_it_trains_and_the_next_one_trains():
    spec = SMALL.model_copy(update={"data": DataSpec(images=100), "training": TrainingSpec(epochs=1)})
    large = LARGE.model_copy(update={"data": DataSpec(images=100)})
    failing, next_one = runs.create("model", "room", large), runs.create("baseline", "room", spec)
    used = psutil.Process().memory_info().rss
    with pytest.raises(OutOfMemory):
        train.train(failing, memory_limit=used + GIB // 2)
    run = runs.get(failing)
    assert run.status == "failed" and "'Batch size' or 'Filters'" in run.reason
    assert "loss" not in run.metrics
    train.train(next_one, memory_limit=used + 2 * GIB)
    assert runs.get(next_one).status == "finished"


def test_a_worker_passes_its_own_limit_on(monkeypatch):
    passed = {}
    worker = SimpleNamespace(
        memory_manager=SimpleNamespace(memory_limit=123),
        plugins={state.WorkerState.name: state.WorkerState()},
        get_current_task=lambda: "task",
    )
    monkeypatch.setattr(state, "get_worker", lambda: worker)
    monkeypatch.setattr(state.training, "train", lambda run_id, **options: passed.update(options))
    state.train("run")
    assert passed["memory_limit"] == 123


@pytest.mark.parametrize(("devices", "refused"), [(("CPU", "CPU"), True), (("NVIDIA H200",), False)])
def test_what_no_worker_could_hold_is_refused_before_a_run_is_made(devices, refused, monkeypatch):
    connection = SimpleNamespace(
        require_ready=lambda: None,
        status=lambda: SimpleNamespace(devices=devices),
        memory_limit=lambda: GIB,
    )
    trainings = Trainings(connection)  # ty: ignore[invalid-argument-type]
    monkeypatch.setattr(trainings, "_train", lambda created, visitor, worker: None)
    comparison = PRESETS["lab"].model_copy(
        update={"model": WIDE, "training": LARGE.training, "baseline": None}
    )
    before = len(runs.active())
    if refused:
        sentence = re.escape("1.0 GiB is all that a worker may take: lower 'Batch size' or 'Filters'.")
        with pytest.raises(OutOfMemory, match=sentence):
            trainings.submit(comparison)
        assert len(runs.active()) == before
    else:
        [created] = runs.members(trainings.submit(comparison)).values()
        runs.end(created.run_id, "stopped")
