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
from cnnlab.trainer import cluster, connection, measurements, questions, trainings
from cnnlab.worker import measure, state, train
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


def tasks_left() -> list[str]:
    """The measurements that the scheduler still knows of, and those that a worker still computes."""
    client = connection.client()
    known = [key for keys in client.processing().values() for key in keys]
    computed = [key for keys in client.run(state.measured).values() for key in keys]
    return [key for key in known if key.startswith(measurements.TASK)] + computed


def wait_for(run_ids: list[str]) -> None:
    wait_until(lambda: not measurements.under_way(run_ids), seconds=120)


@pytest.fixture(scope="module")
def run_id(trainer) -> str:
    return trained()


@pytest.fixture
def slow() -> str:
    """A run whose shifts take a while."""
    run_id = trained(SLOW, "model")
    yield run_id
    measurements.cancel([run_id])
    wait_until(lambda: not tasks_left())


def begun(run_id: str) -> bool:
    return any(progress.done for progress in measurements.under_way([run_id]).values())


def test_what_is_measured_in_a_worker_is_what_is_measured_here(run_id):
    measurements.measure([run_id], ["contrast", "blur"])
    wait_for([run_id])
    assert measurements.failures([run_id]) == {}
    by_worker = results.stored(runs.get(run_id), "contrast")
    again = trained()  # the same settings and seed give the same network
    np.testing.assert_array_equal(measure.measure(again, "contrast").right, by_worker.right)
    assert results.stored(runs.get(run_id), "blur") is not None


def test_what_is_stored_is_not_computed_again(run_id):
    measurements.measure([run_id], ["contrast"])
    wait_for([run_id])
    file = artifacts.path_of(run_id, "robustness_contrast.npz")
    written = file.stat().st_mtime_ns
    measurements.measure([run_id, run_id], ["contrast"])
    assert measurements.under_way([run_id]) == {}
    assert file.stat().st_mtime_ns == written


def test_what_is_under_way_is_not_begun_a_second_time(slow):
    measurements.measure([slow], ["shift"])
    first = measurements._futures[slow, "shift"]
    measurements.measure([slow], ["shift"])
    assert measurements._futures[slow, "shift"] is first
    assert len(tasks_left()) <= 2, "the one that the scheduler knows is the one that is computed"


def test_progress_grows_level_by_level(slow):
    measurements.measure([slow], ["shift"])
    [(key, progress)] = measurements.under_way([slow]).items()
    assert key == (slow, "shift") and progress.total == 81
    wait_until(lambda: begun(slow))
    seen = measurements.under_way([slow]).get((slow, "shift"))
    assert seen is None or 0 < seen.done < 81
    assert measurements.under_way(["another run"]) == {}


def test_what_is_cancelled_leaves_no_task_and_no_result_and_can_be_measured_again(slow):
    measurements.measure([slow], ["shift", "rotation", "zoom", "noise"])
    wait_until(lambda: begun(slow))
    measurements.cancel([slow])
    assert measurements.under_way([slow]) == {}
    wait_until(lambda: not tasks_left(), seconds=20)
    assert results.stored(runs.get(slow), "shift") is None
    assert measurements.failures([slow]) == {}, "to be cancelled is no failure"
    measurements.measure([slow], ["contrast"])
    wait_for([slow])
    assert results.stored(runs.get(slow), "contrast") is not None


def test_a_training_and_a_measurement_go_on_at_the_same_time_and_questions_are_answered(slow):
    comparison = trainings.submit(LONG)
    training = [run.run_id for run in runs.members(comparison).values()]
    try:
        wait_until(lambda: all("images_per_second" in runs.get(each).metrics for each in training))
        measurements.measure([slow], ["shift"])
        wait_until(lambda: begun(slow))
        assert all(runs.get(each).status == "training" for each in training)
        assert questions.ask(state.measured) is not None
        assert (slow, "shift") in measurements.under_way([slow]), "it still goes on"
        steps = len(runs.curves(training))
        wait_until(lambda: len(runs.curves(training)) > steps)
    finally:
        trainings.order(training, stop=True)
        wait_until(lambda: not any(runs.get(each).active for each in training))


def test_a_run_that_is_gone_is_refused_before_anything_is_submitted():
    with pytest.raises(RunNotFound, match="There is no run"):
        measurements.measure(["0" * 32], ["noise"])


def test_a_measurement_that_fails_says_why_until_it_is_begun_anew(run_id):
    waiting = runs.create("model", "measured by workers", SMALL.runs()["model"])
    measurements.measure([waiting], ["noise"])
    wait_for([waiting])
    [reason] = measurements.failures([waiting]).values()
    assert "once its training has ended" in reason
    runs.end(waiting, "stopped")
    measurements.measure([waiting], ["noise"])
    assert measurements.failures([waiting]) == {} or "has no 'weights'" in str(
        measurements.failures([waiting])
    )
    wait_for([waiting])
    [reason] = measurements.failures([waiting]).values()
    assert "has no 'weights'" in reason


def test_a_worker_that_dies_fails_what_it_measured_and_is_replaced(slow):
    measurements.measure([slow], ["shift"])
    wait_until(lambda: begun(slow))
    client = connection.client()
    address = next(place for place, keys in client.run(state.measured).items() if keys)
    psutil.Process(client.run(os.getpid, workers=[address])[address]).kill()
    wait_for([slow])
    assert measurements.failures([slow]) == {(slow, "shift"): measurements.WORKER_DIED}
    assert results.stored(runs.get(slow), "shift") is None
    wait_until(lambda: connection.status().state == "ready", seconds=120)


def test_a_trainer_that_is_lost_leaves_a_sentence():
    class Lost:
        status = "cancelled"  # what Dask makes of a future whose scheduler is gone

    lost = Lost()
    measurements._futures["gone", "noise"] = lost
    measurements._close(("gone", "noise"), lost)
    assert measurements.failures(["gone"]) == {("gone", "noise"): measurements.TRAINER_CLOSED}
    assert measurements.under_way(["gone"]) == {}


def test_every_worker_of_the_embedded_trainer_offers_to_measure_and_to_train():
    for spec in cluster.worker_specs().values():
        assert spec["options"]["resources"] == {"training": 1, "measuring": 1}
    assert connection.offers("measuring") and not connection.offers("flying")


def test_workers_that_do_not_offer_it_are_said_not_to(run_id, monkeypatch):
    monkeypatch.setattr(connection, "offers", lambda resource: False)
    with pytest.raises(TrainerUnavailable, match="training=1 measuring=1"):
        measurements.measure([run_id], ["zoom"])


def test_without_a_trainer_measuring_says_what_to_do(run_id, monkeypatch):
    monkeypatch.setattr(connection, "_embedded", None)
    with pytest.raises(TrainerUnavailable, match="start the dashboard"):
        measurements.measure([run_id], ["zoom"])


def test_every_experiment_can_be_measured(run_id):
    measurements.measure([run_id], list(EXPERIMENTS))
    wait_for([run_id])
    run = runs.get(run_id)
    for name, experiment in EXPERIMENTS.items():
        assert results.stored(run, name).right.shape == (len(experiment.levels), 2000)
