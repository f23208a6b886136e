"""The whole embedded trainer killed, scheduler and workers, while it trains."""

from collections.abc import Iterator

import numpy as np
import psutil
import pytest

from cnnlab import runs
from cnnlab.spec import PRESETS, RunSpec
from cnnlab.studies import plan
from cnnlab.studies import progress as study_runs
from cnnlab.studies.queue import StudyQueue
from cnnlab.trainer.trainer import Trainer
from cnnlab.worker import train
from tests.waiting import wait_until

SPEC = PRESETS["small"].with_setting("data.images", 300).with_setting("training.epochs", 200)
STUDIED = SPEC.with_setting("training.epochs", 40).with_setting("training.seed", 4321)


@pytest.fixture(scope="module")
def killable() -> Iterator[Trainer]:
    """A trainer of its own, which is ready."""
    trainer = Trainer()
    with trainer.running():
        wait_until(lambda: trainer.status().state == "ready", seconds=180)
        yield trainer


def kill(trainer: Trainer) -> None:
    """Kills all of its processes, and waits until it is ready again."""
    first = trainer.connection.embedded_process_id()
    process = psutil.Process(first)
    for each in [process, *process.children(recursive=True)]:
        each.kill()
    wait_until(lambda: trainer.connection.embedded_process_id() != first)
    wait_until(lambda: trainer.status().state == "ready", seconds=180)


def undisturbed_weights(spec: RunSpec) -> list[np.ndarray]:
    """After the last epoch, of the same training in this process."""
    run_id = runs.create("model", "undisturbed", spec)
    train.train(run_id)
    return runs.weights(run_id, spec.training.epochs)


def test_an_embedded_trainer_that_is_killed_is_started_again_and_its_training_goes_on(killable):
    comparison = killable.trainings.submit(SPEC.model_copy(update={"baseline": None}))
    [run_id] = [run.run_id for run in runs.members(comparison).values()]
    wait_until(lambda: len(runs.weight_epochs(run_id)) > 1, seconds=120)
    kill(killable)
    wait_until(lambda: runs.get(run_id).status == "training", seconds=120)
    killable.trainings.order([run_id], stop=True)
    wait_until(lambda: runs.get(run_id).status == "stopped", seconds=60)


@pytest.mark.timeout(600)  # a trainer starts twice, and six trainings are trained twice
def test_a_study_whose_trainer_is_killed_is_trained_to_its_end_and_has_the_weights_of_an_undisturbed_one(
    killable,
):
    study_id = StudyQueue(killable).submit(plan.seeds(STUDIED, 3))
    wait_until(lambda: any(len(runs.weight_epochs(run.run_id)) > 2 for run in runs.of_study(study_id)), 120)
    kill(killable)
    wait_until(lambda: not study_runs.read(study_id).active, seconds=180)
    done = study_runs.read(study_id)
    assert done.missing == [] and len(done.finished) == 6
    for run in done.finished.values():
        weights = runs.weights(run.run_id, run.spec.training.epochs)
        expected = undisturbed_weights(run.spec)
        assert all(np.array_equal(own, other) for own, other in zip(weights, expected, strict=True)), run.name
        curves = runs.curves([run.run_id])
        for metric in ("loss", "accuracy", "val_loss", "val_accuracy"):
            steps = curves.loc[curves["metric"] == metric, "step"]
            assert steps.is_monotonic_increasing and steps.is_unique, (run.name, metric)
