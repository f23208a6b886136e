"""The trainer as it is: a scheduler and its worker processes, started once for all tests here."""

import os
import subprocess
import sys
import textwrap
from collections.abc import Iterator

import dask
import numpy as np
import psutil
import pytest
from dask.utils import parse_timedelta

from cnnlab import runs
from cnnlab.checks import refusals
from cnnlab.errors import SettingsRefused, TrainerUnavailable
from cnnlab.runs import ownership, store
from cnnlab.spec import PRESETS, ComparisonSpec
from cnnlab.trainer import cluster, trainings
from cnnlab.trainer.trainer import Trainer
from cnnlab.trainer.trainings import Trainings
from tests.trainer.stubs import StubConnection
from tests.waiting import wait_until

pytestmark = pytest.mark.usefixtures("trainer")

SHORT = PRESETS["small"].with_setting("data.images", 300).with_setting("training.epochs", 2)
LONG = PRESETS["small"].with_setting("training.batch_size", 8).with_setting("training.epochs", 500)
LONG_STEPS = 9000 // 8 * 500  # minutes, even for the baseline alone on a fast machine


def ready(trainer: Trainer) -> bool:
    return trainer.status().state == "ready"


def ids(comparison: str) -> list[str]:
    return [run.run_id for run in runs.members(comparison).values()]


def statuses(comparison: str) -> dict[str, str]:
    """Role → status, with the reason behind it where there is one."""
    members = runs.members(comparison).items()
    return {role: f"{run.status} {run.reason}".strip() for role, run in members}


def wait_for_end(comparison: str) -> None:
    wait_until(lambda: not any(run.active for run in runs.members(comparison).values()))


def wait_for_training(comparison: str) -> None:
    """Until every run of it has reported a training step."""
    wait_until(lambda: all("images_per_second" in run.metrics for run in runs.members(comparison).values()))


@pytest.fixture
def long_training(trainer: Trainer) -> Iterator[str]:
    """The id of a comparison under way, far from its end."""
    comparison = trainer.trainings.submit(LONG)
    wait_for_training(comparison)
    yield comparison
    trainer.trainings.order(ids(comparison), stop=True)
    wait_for_end(comparison)
    wait_until(lambda: ready(trainer))


def worker_of(trainer: Trainer, run_id: str) -> psutil.Process:
    """The process that trains a run."""
    busy = trainer.connection.task_keys()
    address = next(worker for worker, tasks in busy.items() if any(run_id in str(task) for task in tasks))
    return psutil.Process(trainer.connection.run(os.getpid, workers=[address])[address])


def trains(trainer: Trainer, run_id: str) -> bool:
    """Whether a worker trains the run."""
    return any(run_id in worker.trains for worker in trainer.workers())


def test_the_trainer_says_on_what_it_trains(trainer: Trainer):
    status = trainer.status()
    assert status.state == "ready" and status.problem == ""
    assert str(status) == "CPU, 2 workers" or "CPU" not in status.devices


def test_a_model_and_its_baseline_train_and_finish(trainer: Trainer):
    comparison = trainer.trainings.submit(SHORT)
    assert list(runs.members(comparison)) == ["model", "baseline"]
    wait_for_end(comparison)
    assert statuses(comparison) == {"model": "finished", "baseline": "finished"}
    for role, run in runs.members(comparison).items():
        assert run.spec == SHORT.runs()[role]
        assert 0 < run.metrics["test_accuracy"] <= 1


def test_a_model_and_its_baseline_train_at_the_same_time(trainer: Trainer, long_training):
    if len(trainer.status().devices) < 2:
        pytest.skip("needs two workers")
    assert statuses(long_training) == {"model": "training", "baseline": "training"}
    model, baseline = (worker_of(trainer, run_id).pid for run_id in ids(long_training))
    assert model != baseline


def test_a_comparison_without_a_baseline_is_one_run(trainer: Trainer):
    comparison = trainer.trainings.submit(SHORT.model_copy(update={"baseline": None}))
    wait_for_end(comparison)
    assert statuses(comparison) == {"model": "finished"}


def test_stop_ends_trainings_long_before_their_last_step(trainer: Trainer, long_training):
    trainer.trainings.order(ids(long_training), stop=True)
    wait_for_end(long_training)
    assert statuses(long_training) == {"model": "stopped", "baseline": "stopped"}
    assert runs.curves(ids(long_training))["step"].max() < LONG_STEPS / 2
    assert all("test_accuracy" in run.metrics for run in runs.members(long_training).values())


def test_a_stop_for_one_run_leaves_the_other_alone(trainer: Trainer, long_training):
    model, baseline = ids(long_training)
    trainer.trainings.order([model], stop=True)
    wait_until(lambda: runs.get(model).status == "stopped")
    assert runs.get(baseline).status == "training"


def test_a_run_that_still_waits_can_be_stopped_and_is_never_trained(trainer: Trainer, long_training):
    waiting = trainer.trainings.submit(SHORT)
    assert statuses(waiting) == {"model": "waiting", "baseline": "waiting"}
    trainer.trainings.order(ids(waiting), stop=True)
    wait_for_end(waiting)
    assert statuses(waiting) == {"model": "stopped", "baseline": "stopped"}
    trainer.trainings.order(ids(long_training), stop=True)
    wait_for_end(long_training)
    after = trainer.trainings.submit(SHORT)
    wait_for_end(after)
    assert statuses(after) == {"model": "finished", "baseline": "finished"}
    assert statuses(waiting) == {"model": "stopped", "baseline": "stopped"}
    assert runs.curves(ids(waiting)).empty


def test_settings_that_cannot_be_trained_are_refused_and_leave_no_run(trainer: Trainer):
    newest = runs.recent(1)
    impossible = ComparisonSpec().with_setting("data.images", 20_000)
    with pytest.raises(SettingsRefused) as refused:
        trainer.trainings.submit(impossible)
    assert str(refused.value) == " ".join(refusals(impossible)) != ""
    assert runs.recent(1) == newest


MANY_EPOCHS = PRESETS["small"].with_setting("data.images", 300).with_setting("training.epochs", 60)


def weights(run_id: str) -> list[np.ndarray]:
    return runs.weights(run_id, runs.last_weights_epoch(run_id))


def test_a_training_whose_worker_dies_goes_on_and_equals_an_undisturbed_one(trainer: Trainer):
    undisturbed = trainer.trainings.submit(MANY_EPOCHS)
    wait_for_end(undisturbed)
    comparison = trainer.trainings.submit(MANY_EPOCHS)
    model, baseline = ids(comparison)
    wait_until(lambda: len(runs.weight_epochs(model)) > 2, every=0.02)
    worker_of(trainer, model).kill()
    # Whoever reads the run before the trainer hears of it, as this test may, calls it interrupted.
    wait_until(lambda: statuses(comparison) == {"model": "finished", "baseline": "finished"})
    for run_id, reference in zip((model, baseline), ids(undisturbed), strict=True):
        for ours, theirs in zip(weights(run_id), weights(reference), strict=True):
            np.testing.assert_array_equal(ours, theirs)
        curves = [
            runs.curves([each]).query("metric == 'val_accuracy'")[["step", "value"]].to_numpy().tolist()
            for each in (run_id, reference)
        ]
        assert curves[0] == curves[1], "neither a gap nor a double point"


def test_a_paused_training_whose_worker_dies_goes_on_paused(trainer: Trainer, long_training):
    model, _ = ids(long_training)
    trainer.trainings.order([model], paused=True)
    wait_until(lambda: runs.get(model).note == "paused")
    killed = worker_of(trainer, model)
    killed.kill()
    psutil.wait_procs([killed])
    wait_until(lambda: trains(trainer, model) and runs.get(model).note == "paused")
    trainer.trainings.order([model], paused=False)
    wait_until(lambda: runs.get(model).note == "")


def test_a_training_whose_worker_dies_twice_fails_alone_and_the_worker_is_replaced(
    trainer: Trainer, long_training
):
    model, baseline = ids(long_training)
    worker_of(trainer, model).kill()
    wait_until(lambda: trains(trainer, model))
    worker_of(trainer, model).kill()
    # Whoever reads the run before the trainer hears of it, as this test may, calls it interrupted.
    wait_until(lambda: runs.get(model).reason == trainings.WORKER_DIED)
    assert runs.get(model).status == "failed"
    reported = len(runs.curves([baseline]))
    wait_until(lambda: len(runs.curves([baseline])) > reported)
    assert runs.get(baseline).status == "training", "the other training goes on"
    wait_until(lambda: len(trainer.workers()) == 2)
    trainer.trainings.order([baseline], stop=True)
    wait_until(lambda: runs.get(baseline).status == "stopped")
    comparison = trainer.trainings.submit(SHORT)
    wait_for_end(comparison)
    assert statuses(comparison) == {"model": "finished", "baseline": "finished"}
    assert runs.get(model).status == "failed", "it is not begun again"


def test_a_dead_workers_place_is_kept_however_long_the_next_one_warms_up():
    """Dask's default of 15 s left the trainer one worker short for good, on a busy machine."""
    with dask.config.set(cluster.DASK_SETTINGS):
        patience = dask.config.get("distributed.deploy.lost-worker-timeout")
    assert parse_timedelta(patience) > 24 * 3600


def test_a_trainer_that_ends_with_the_dashboard_fails_its_runs_with_the_reason():
    connection = StubConnection()
    run_id = runs.create("model", "lost", SHORT.runs()["model"])
    Trainings(connection).submit_run(run_id, "model", worker="")
    connection.is_closing = True
    connection.futures[0].end("cancelled")
    assert (runs.get(run_id).status, runs.get(run_id).reason) == ("failed", trainings.TRAINER_CLOSED)


def test_a_task_that_fails_before_the_training_leaves_its_error_as_the_reason():
    connection = StubConnection()
    run_id = runs.create("model", "broken", SHORT.runs()["model"])
    Trainings(connection).submit_run(run_id, "model", worker="")
    connection.futures[0].end("error", ModuleNotFoundError("No module named 'cnnlab'"))
    assert (runs.get(run_id).status, runs.get(run_id).reason) == ("failed", "No module named 'cnnlab'")


def test_a_run_that_another_dashboard_has_had_trained_is_left_to_its_worker(monkeypatch):
    monkeypatch.setenv("CNNLAB_SCHEDULER", "tcp://127.0.0.1:1")
    connection = StubConnection()
    run_id = runs.create("model", "theirs", SHORT.runs()["model"])
    runs.start(run_id, "CPU", "train-theirs")
    endings = []
    Trainings(connection).submit_run(run_id, "model", on_end=endings.append)
    assert connection.futures == [] and [ending.how for ending in endings] == ["withdrawn"]
    assert (runs.get(run_id).status, runs.task_of(run_id)) == ("training", "train-theirs")
    assert ownership.is_owned_here(store.stored(run_id))
    runs.end(run_id, "stopped")


def test_the_end_of_an_earlier_task_does_not_fail_a_run_that_was_continued():
    connection = StubConnection()
    run_id = runs.create("model", "continued", SHORT.runs()["model"])
    submitted = Trainings(connection)
    submitted.submit_run(run_id, "model", worker="")
    submitted.submit_run(run_id, "model", worker="")
    earlier, later = connection.futures
    earlier.end("error", RuntimeError("The network could not be stored."))
    assert runs.get(run_id).status == "waiting"
    later.end("finished")
    runs.end(run_id, "stopped")


def test_without_a_trainer_the_status_says_what_to_do():
    not_started = Trainer()
    assert not_started.status().state == "failed"
    assert "streamlit run app.py" in str(not_started.status())
    with pytest.raises(TrainerUnavailable, match="start the dashboard"):
        not_started.trainings.submit(SHORT)


PROGRAM = """
    import time
    from cnnlab.spec import PRESETS
    from cnnlab.trainer.trainer import Trainer

    trainer = Trainer()
    with trainer.running():
        while trainer.status().state != "ready":
            time.sleep(0.1)
        comparison = trainer.trainings.submit(PRESETS["small"].with_setting("training.epochs", 500))
        print(comparison, flush=True)
        input()
"""


def test_no_process_is_left_behind_when_the_dashboard_is_killed():
    program = textwrap.dedent(PROGRAM)
    dashboard = subprocess.Popen(
        [sys.executable, "-c", program], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    comparison = dashboard.stdout.readline().strip()
    wait_for_training(comparison)
    under_it = psutil.Process(dashboard.pid).children(recursive=True)
    assert len(under_it) >= 3, "the scheduler and its workers"
    dashboard.kill()
    dashboard.communicate()
    _, left = psutil.wait_procs(under_it, timeout=20)
    assert left == []
    assert {run.status for run in runs.members(comparison).values()} == {"failed"}
