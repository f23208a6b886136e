"""Measurements through the real trainer: its scheduler and its worker processes."""

import os

import numpy as np
import psutil
import pytest

from cnnlab import runs
from cnnlab.errors import RunNotFound, TrainerUnavailable
from cnnlab.robustness import results
from cnnlab.robustness.experiments import EXPERIMENTS
from cnnlab.runs import artifacts
from cnnlab.spec import PRESETS
from cnnlab.trainer import cluster, measurements
from cnnlab.trainer.measurements import Measurements
from cnnlab.trainer.trainer import Trainer
from cnnlab.worker import device, measure, state, train
from cnnlab.worker.gpus import Gpus
from tests.trainer.stubs import StubConnection
from tests.waiting import wait_until

pytestmark = pytest.mark.usefixtures("trainer")

SMALL = PRESETS["small"].with_setting("data.images", 300).with_setting("training.epochs", 1)
# Some seconds for one experiment even on a fast machine: many filters on maps that stay large.
SLOW = SMALL.with_setting("model.blocks.0.filters", 64).with_setting("model.blocks.1.filters", 64)
LONG = PRESETS["small"].with_setting("training.batch_size", 8).with_setting("training.epochs", 500)


def trained(spec=SMALL, role: str = "baseline") -> str:
    run_id = runs.create(role, "measured by workers", spec.runs()[role])
    train.train(run_id)
    return run_id


def tasks_left(trainer: Trainer) -> list[str]:
    """The measurements that the scheduler still knows of, and those that a worker still computes."""
    known = [key for keys in trainer.connection.task_keys().values() for key in keys]
    computed = [key for keys in trainer.connection.run(state.levels_done).values() for key in keys]
    return [key for key in known if key.startswith(measurements.KEY_PREFIX)] + computed


def wait_for(trainer: Trainer, run_ids: list[str]) -> None:
    wait_until(lambda: not trainer.measurements.under_way(run_ids), seconds=120)


@pytest.fixture(scope="module")
def run_id(trainer) -> str:
    return trained()


@pytest.fixture
def slow(trainer: Trainer) -> str:
    """A run whose shifts take a while."""
    run_id = trained(SLOW, "model")
    yield run_id
    trainer.measurements.cancel([run_id])
    wait_until(lambda: not tasks_left(trainer))


def begun(trainer: Trainer, run_id: str) -> bool:
    return any(progress.done for progress in trainer.measurements.under_way([run_id]).values())


def test_what_is_measured_in_a_worker_is_what_is_measured_here(trainer: Trainer, run_id):
    trainer.measurements.measure([run_id], ["contrast", "blur"])
    wait_for(trainer, [run_id])
    assert trainer.measurements.failures([run_id]) == {}
    by_worker = results.stored(runs.get(run_id), "contrast")
    again = trained()  # the same settings and seed give the same network
    np.testing.assert_array_equal(measure.measure(again, "contrast").right, by_worker.right)
    assert results.stored(runs.get(run_id), "blur") is not None


def test_what_is_stored_is_not_computed_again(trainer: Trainer, run_id):
    trainer.measurements.measure([run_id], ["contrast"])
    wait_for(trainer, [run_id])
    file = artifacts.folder_of(run_id) / "robustness_contrast.npz"
    written = file.stat().st_mtime_ns
    trainer.measurements.measure([run_id, run_id], ["contrast"])
    assert trainer.measurements.under_way([run_id]) == {}
    assert file.stat().st_mtime_ns == written


def test_what_is_under_way_is_not_begun_a_second_time(trainer: Trainer, slow):
    trainer.measurements.measure([slow], ["shift"])
    wait_until(lambda: tasks_left(trainer))
    trainer.measurements.measure([slow], ["shift"])
    assert len(set(tasks_left(trainer))) == 1, "the one that the scheduler knows is the one that is computed"


def test_progress_grows_level_by_level(trainer: Trainer, slow):
    trainer.measurements.measure([slow], ["shift"])
    [(key, progress)] = trainer.measurements.under_way([slow]).items()
    assert key == (slow, "shift") and progress.total == 81
    wait_until(lambda: begun(trainer, slow))
    seen = trainer.measurements.under_way([slow]).get((slow, "shift"))
    assert seen is None or 0 < seen.done < 81
    assert trainer.measurements.under_way(["another run"]) == {}


def test_what_is_cancelled_leaves_no_task_and_no_result_and_can_be_measured_again(trainer: Trainer, slow):
    trainer.measurements.measure([slow], ["shift", "rotation", "zoom", "noise"])
    wait_until(lambda: begun(trainer, slow))
    trainer.measurements.cancel([slow])
    assert trainer.measurements.under_way([slow]) == {}
    wait_until(lambda: not tasks_left(trainer), seconds=20)
    assert results.stored(runs.get(slow), "shift") is None
    assert trainer.measurements.failures([slow]) == {}, "to be cancelled is no failure"
    trainer.measurements.measure([slow], ["contrast"])
    wait_for(trainer, [slow])
    assert results.stored(runs.get(slow), "contrast") is not None


def test_a_training_and_a_measurement_go_on_at_the_same_time_and_questions_are_answered(
    trainer: Trainer, slow
):
    comparison = trainer.trainings.submit(LONG)
    training = [run.run_id for run in runs.members(comparison).values()]
    try:
        wait_until(lambda: all("images_per_second" in runs.get(each).metrics for each in training))
        trainer.measurements.measure([slow], ["shift"])
        wait_until(lambda: begun(trainer, slow))
        assert all(runs.get(each).status == "training" for each in training)
        assert trainer.questions.ask(device.name)
        assert (slow, "shift") in trainer.measurements.under_way([slow]), "it still goes on"
        steps = len(runs.curves(training))
        wait_until(lambda: len(runs.curves(training)) > steps)
    finally:
        trainer.trainings.order(training, stop=True)
        wait_until(lambda: not any(runs.get(each).active for each in training))


def test_a_run_that_is_gone_is_refused_before_anything_is_submitted(trainer: Trainer):
    with pytest.raises(RunNotFound, match="There is no run"):
        trainer.measurements.measure(["0" * 32], ["noise"])


def test_a_measurement_that_fails_says_why_until_it_is_begun_anew(trainer: Trainer, run_id):
    waiting = runs.create("model", "measured by workers", SMALL.runs()["model"])
    trainer.measurements.measure([waiting], ["noise"])
    wait_for(trainer, [waiting])
    [reason] = trainer.measurements.failures([waiting]).values()
    assert "once its training has ended" in reason
    runs.end(waiting, "stopped")
    trainer.measurements.measure([waiting], ["noise"])
    assert trainer.measurements.failures([waiting]) == {} or "has no 'weights'" in str(
        trainer.measurements.failures([waiting])
    )
    wait_for(trainer, [waiting])
    [reason] = trainer.measurements.failures([waiting]).values()
    assert "has no 'weights'" in reason


def test_a_worker_that_dies_fails_what_it_measured_and_is_replaced(trainer: Trainer, slow):
    trainer.measurements.measure([slow], ["shift"])
    wait_until(lambda: begun(trainer, slow))
    levels_done = trainer.connection.run(state.levels_done)
    address = next(place for place, keys in levels_done.items() if keys)
    psutil.Process(trainer.connection.run(os.getpid, workers=[address])[address]).kill()
    wait_for(trainer, [slow])
    assert trainer.measurements.failures([slow]) == {(slow, "shift"): measurements.WORKER_DIED}
    assert results.stored(runs.get(slow), "shift") is None
    wait_until(lambda: trainer.status().state == "ready", seconds=120)


def test_a_trainer_that_is_lost_leaves_a_sentence(run_id):
    connection = StubConnection()
    submitted = Measurements(connection)
    submitted.measure([run_id], ["noise"])
    assert submitted.under_way([run_id]) == {
        (run_id, "noise"): measurements.Progress(0, len(EXPERIMENTS["noise"].levels))
    }
    connection.futures[0].end("cancelled")
    assert submitted.failures([run_id]) == {(run_id, "noise"): measurements.TRAINER_CLOSED}
    assert submitted.under_way([run_id]) == {}


def test_every_worker_of_the_embedded_trainer_offers_to_measure_and_to_train(trainer: Trainer):
    for spec in cluster.worker_specs(Gpus()).values():
        assert spec["options"]["resources"] == {"training": 1, "measuring": 1}
    assert trainer.connection.offers("measuring") and not trainer.connection.offers("flying")


def test_workers_that_do_not_offer_it_are_said_not_to(trainer: Trainer, run_id, monkeypatch):
    monkeypatch.setattr(trainer.connection, "offers", lambda resource: False)
    with pytest.raises(TrainerUnavailable, match="training=1 measuring=1"):
        trainer.measurements.measure([run_id], ["zoom"])


def test_without_a_trainer_measuring_says_what_to_do(run_id):
    with pytest.raises(TrainerUnavailable, match="start the dashboard"):
        Trainer().measurements.measure([run_id], ["zoom"])


def test_every_experiment_can_be_measured(trainer: Trainer, run_id):
    trainer.measurements.measure([run_id], list(EXPERIMENTS))
    wait_for(trainer, [run_id])
    run = runs.get(run_id)
    for name, experiment in EXPERIMENTS.items():
        assert results.stored(run, name).right.shape == (len(experiment.levels), 2000)
