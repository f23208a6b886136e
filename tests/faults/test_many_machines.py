"""PostgreSQL, MLflow's server over it, a Dask scheduler and three workers: real ones, and their deaths."""

import os
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import numpy as np
import psutil
import pytest

from cnnlab import runs
from cnnlab.errors import TrainerUnavailable
from cnnlab.models.portable import from_keras_file
from cnnlab.runs import own_files, ownership, store
from cnnlab.runs.heartbeat import stored_orders
from cnnlab.spec import PRESETS, ComparisonSpec
from cnnlab.spec.orders import Orders
from cnnlab.studies import sweep_progress
from cnnlab.studies.sweep import SweepDriver
from cnnlab.studies.sweep_plan import Numbers, Sweep
from cnnlab.trainer.trainer import Trainer
from tests.dask_cluster import DaskCluster, dask_cluster
from tests.own_datasets import own_dataset
from tests.servers import ROOT, MlflowServer, mlflow_server
from tests.waiting import wait_until

WORKERS = 3
AWAY_SECONDS = 12  # several attempts, each after a longer pause
SMALL = PRESETS["small"].with_setting("data.images", 1000).with_setting("training.batch_size", 8)
ALONE = SMALL.model_copy(update={"baseline": None})
EPOCHS = 60
LONG = ALONE.with_setting("training.epochs", EPOCHS)
FOREVER = ALONE.with_setting("training.epochs", 500).with_setting("data.images", 2000)
PROGRAM = """
import sys
from cnnlab.spec import ComparisonSpec
from cnnlab.studies import sweep_progress
from cnnlab.studies.sweep import SweepDriver
from cnnlab.studies.sweep_plan import Numbers, Sweep
from cnnlab.trainer.trainer import Trainer

trainer = Trainer()
print(trainer.trainings.submit(ComparisonSpec.model_validate_json(sys.argv[1])), flush=True)
input()
"""


class Machines(NamedTuple):
    server: MlflowServer
    cluster: DaskCluster
    artifacts: Path
    """Where the server keeps the files of the runs."""


@pytest.fixture(scope="module")
def machines(tmp_path_factory) -> Iterator[Machines]:
    folder = tmp_path_factory.mktemp("server")
    with mlflow_server("PostgreSQL", folder) as server, pytest.MonkeyPatch.context() as patched:
        patched.setenv("XDG_CACHE_HOME", str(tmp_path_factory.mktemp("cache")))
        patched.setenv("MLFLOW_TRACKING_URI", server.address)
        with dask_cluster(tmp_path_factory.mktemp("cluster"), {}, WORKERS) as cluster:
            patched.setenv("CNNLAB_SCHEDULER", cluster.address)
            yield Machines(server, cluster, folder / "artifacts")


def dashboard() -> Trainer:
    """The trainer's side of one more dashboard, which starts nothing itself."""
    return Trainer()


@pytest.fixture
def ours(machines) -> Trainer:
    """A dashboard whose workers are all warm."""
    trainer = dashboard()
    while len(machines.cluster.workers()) < WORKERS:
        machines.cluster.start_worker()
    try:
        wait_until(lambda: len(trainer.workers()) == WORKERS, seconds=240)
    except AssertionError as error:
        raise AssertionError(machines.cluster.log()) from error
    return trainer


def submit(trainer: Trainer, spec: ComparisonSpec) -> str:
    return runs.members(trainer.trainings.submit(spec))["model"].run_id


def trained_to(run_id: str, epoch: int) -> None:
    wait_until(lambda: max(runs.weight_epochs(run_id), default=0) >= epoch, seconds=200)


def ended(run_id: str) -> runs.Run:
    wait_until(lambda: not runs.get(run_id).active, seconds=200)
    return runs.get(run_id)


def process_of(run_id: str) -> psutil.Process:
    """The process that trains a run."""
    owner = ownership._owner(store.stored(run_id))
    assert owner
    return psutil.Process(owner.pid)


def is_trained_by_another(run_id: str, dead: psutil.Process) -> bool:
    run = runs.get(run_id)
    return (run.status == "training" and process_of(run_id).pid != dead.pid) or run.status == "finished"


def assert_the_same(run_id: str, other: str) -> None:
    """Bit for bit the same network, and curves without a gap or a double point."""
    networks = [from_keras_file(runs.model_content(each)) for each in (run_id, other)]
    for ours, theirs in zip(*[network.get_weights() for network in networks], strict=True):
        np.testing.assert_array_equal(ours, theirs)
    curves = [runs.curves([each]) for each in (run_id, other)]
    points = curves[0].query("metric in ('loss', 'accuracy', 'val_loss', 'val_accuracy')")
    assert not points.duplicated(["metric", "step"]).any()
    epochs = [curve.query("metric == 'val_loss'")[["step", "value"]].to_numpy().tolist() for curve in curves]
    assert epochs[0] == epochs[1] and len(epochs[0]) == EPOCHS + 1


@pytest.fixture(scope="module")
def undisturbed(machines) -> str:
    """The run of a training of `LONG` that nothing disturbed."""
    trainer = dashboard()
    wait_until(lambda: bool(trainer.workers()), seconds=240)
    run_id = submit(trainer, LONG)
    assert ended(run_id).status == "finished"
    return run_id


def test_a_training_goes_on_elsewhere_though_its_dashboard_and_its_machine_are_gone(
    ours, machines, undisturbed
):
    submitting = [sys.executable, "-c", PROGRAM, LONG.model_dump_json()]
    environment = os.environ | {"PYTHONPATH": str(ROOT)}
    with subprocess.Popen(
        submitting, env=environment, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as other:
        run_id = runs.members(other.stdout.readline().strip())["model"].run_id
        trained_to(run_id, 5)
        other.kill()
    dead = process_of(run_id)
    machines.cluster.switch_off_machine_of(dead)
    began = time.monotonic()
    wait_until(lambda: is_trained_by_another(run_id, dead))
    print("worker killed: trains again after", time.monotonic() - began)
    run = ended(run_id)
    assert (run.status, run.reason) == ("finished", "")
    assert_the_same(run_id, undisturbed)


def test_two_dashboards_steer_the_same_trainings_and_none_is_trained_twice(ours):
    theirs = dashboard()
    busy = [submit(ours, FOREVER) for _ in range(WORKERS)]
    queued = submit(ours, LONG)
    wait_until(lambda: all(runs.get(each).status == "training" for each in busy))
    assert runs.get(queued).status == "waiting"
    assert {each for worker in theirs.workers() for each in worker.trains} == set(busy)

    ours.trainings.order(busy[:1], learning_rate=0.004)
    theirs.trainings.order(busy[:1], paused=True)
    wait_until(lambda: runs.get(busy[0]).note == "paused")
    assert stored_orders(busy[0]) == Orders(paused=True, learning_rate=0.004), "neither order is lost"
    ours.trainings.order(busy[:1], paused=False)
    wait_until(lambda: runs.get(busy[0]).note == "")

    theirs.trainings.submit_run(queued, "model", worker="")  # as if it had not seen that it is queued
    theirs.trainings.order(busy, stop=True)
    assert [ended(each).status for each in busy] == ["stopped"] * WORKERS
    ended(queued)
    wait_until(lambda: not any(ours.connection.task_keys().values()))
    finished = runs.get(queued)
    assert (finished.status, finished.reason) == ("finished", "")
    steps = runs.curves([queued]).query("metric == 'val_loss'")["step"]
    assert len(steps) == EPOCHS + 1 and steps.is_unique


def test_a_sweep_goes_on_when_the_machine_of_a_trial_is_gone_and_finds_the_same(ours, machines):
    rate = Numbers(path="training.learning_rate", low=1e-4, high=1e-1, log=True)
    sweep = Sweep(
        comparison=SMALL.with_setting("training.epochs", 20),
        ranges=(rate,),
        method="random",
        trials=6,
        confirm_seeds=0,
    )
    driver = SweepDriver(ours)
    disturbed = driver.start(sweep)
    wait_until(lambda: any(run.status == "training" for run in runs.of_study(disturbed)), seconds=200)
    trained = next(run.run_id for run in runs.of_study(disturbed) if run.status == "training")
    trained_to(trained, 2)
    machines.cluster.switch_off_machine_of(process_of(trained))
    assert driver.wait(disturbed, 180)
    undisturbed = driver.start(sweep)
    assert driver.wait(undisturbed, 180)
    both = [sweep_progress.read(study) for study in (disturbed, undisturbed)]
    results = [[(trial.settings, trial.state, trial.accuracy) for trial in each.trials] for each in both]
    assert results[0] == results[1] and {state for _, state, _ in results[0]} == {"finished"}
    assert both[0].baseline == both[1].baseline
    ids = [{run.run_id for trial in each.trials for run in trial.runs} for each in both]
    assert len(ids[0]) == len(ids[1]) == sweep.trials and not ids[0] & ids[1], "each was trained in its sweep"


def test_a_scheduler_that_returns_gets_the_trainings_back_that_were_lost_with_it(ours, machines, undisturbed):
    run_id = submit(ours, LONG)
    trained_to(run_id, 5)
    others = [submit(ours, FOREVER) for _ in range(WORKERS - 1)]
    queued = submit(ours, LONG.with_setting("training.epochs", 2))
    wait_until(lambda: all(runs.get(each).status == "training" for each in others))
    dead = process_of(run_id)
    machines.cluster.kill_scheduler()
    wait_until(lambda: ours.status().state == "failed")
    assert "No Dask scheduler answers" in ours.status().problem
    with pytest.raises(TrainerUnavailable, match="No Dask scheduler answers"):
        ours.trainings.submit(LONG)
    wait_until(lambda: not machines.cluster.workers())  # they end without it, and a supervisor starts others
    machines.cluster.start_scheduler()
    for _ in range(WORKERS):
        machines.cluster.start_worker()
    began = time.monotonic()
    wait_until(lambda: ours.status().state == "ready", seconds=200)
    print("scheduler back: ready after", time.monotonic() - began)
    wait_until(lambda: is_trained_by_another(run_id, dead), seconds=200)
    print("scheduler back: trains again after", time.monotonic() - began)
    wait_until(lambda: all(runs.get(each).status == "training" for each in others))
    ours.trainings.order(others, stop=True)
    assert [ended(each).status for each in others] == ["stopped"] * len(others)
    run = ended(run_id)
    assert (run.status, run.reason) == ("finished", "")
    assert_the_same(run_id, undisturbed)
    assert ended(queued).status == "finished"


def test_nothing_is_lost_while_the_database_and_then_the_server_is_gone(ours, machines, undisturbed):
    run_id = submit(ours, LONG)
    trained_to(run_id, 5)
    database = machines.server.database
    database.stop()
    time.sleep(AWAY_SECONDS)
    database.start()
    trained_to(run_id, 10)
    machines.server.kill()
    time.sleep(AWAY_SECONDS)
    machines.server.start()
    run = ended(run_id)
    assert (run.status, run.reason) == ("finished", "")
    assert_the_same(run_id, undisturbed)


def test_a_machine_fetches_a_data_set_of_ones_own_once(ours, machines):
    with own_dataset() as dataset:
        spec = ALONE.with_setting("data.dataset", dataset).with_setting("data.source", "full")
        spec = spec.with_setting("data.images", 60).with_setting("training.epochs", 1)
        first = ended(submit(ours, spec))
        assert (first.status, first.reason) == ("finished", "")
        [kept] = machines.artifacts.rglob(own_files.IMAGES_FILE)
        kept.unlink()  # whoever fetched it again would find nothing
        for seed in range(1, WORKERS + 1):
            run = ended(submit(ours, spec.with_setting("training.seed", seed)))
            assert (run.status, run.reason, run.images) == ("finished", "", first.images)
