"""Sweeps as they stand in the store or in memory, without any training."""

import uuid

import numpy as np

from cnnlab import runs
from cnnlab.runs import recorder
from cnnlab.spec import PRESETS, RunSpec
from cnnlab.studies.sweep_arms import Arm
from cnnlab.studies.sweep_plan import Choices, Numbers, Sweep, Value
from cnnlab.studies.sweep_progress import SweepProgress, Trial

SMALL = PRESETS["small"].with_setting("data.images", 1000).with_setting("training.epochs", 2)
RATE = Numbers(path="training.learning_rate", low=1e-4, high=0.1, log=True)
UNITS = Numbers(path="model.dense_units", low=8, high=128)
OPTIMIZER = Choices(path="training.optimizer", values=("adam", "sgd", "rmsprop"))
NORM = Choices(path="model.blocks.*.batch_norm", values=(False, True))
SWEEP = Sweep(comparison=SMALL, ranges=(RATE, UNITS, OPTIMIZER, NORM), trials=20)
STEPS = 15  # of an epoch: 900 images in batches of 64


def drawn_point(random: np.random.Generator) -> dict[str, Value]:
    """The settings of a trial of `SWEEP`, at random."""
    return {
        RATE.path: float(10 ** random.uniform(-4, -1)),
        UNITS.path: int(random.integers(8, 129)),
        OPTIMIZER.path: str(random.choice(OPTIMIZER.values)),
        NORM.path: bool(random.random() < 0.5),
    }


def accuracy_of(point: dict[str, Value]) -> float:
    """An accuracy that depends on the settings: best at a learning rate of 0.003."""
    return 0.9 - 0.05 * (np.log10(point[RATE.path]) + 2.5) ** 2 + 0.0001 * point[UNITS.path]


def in_memory(count: int, sweep: Sweep = SWEEP, baseline: float | None = 0.8) -> SweepProgress:
    """A finished sweep with so many finished trials, none of which has a run."""
    random = np.random.default_rng(0)
    trials = []
    for number in range(count):
        point = drawn_point(random)
        cost = () if sweep.objective == "accuracy" else (1000.0 * point[UNITS.path],)
        trials.append(Trial(number, point, "finished", (), (accuracy_of(point), *cost)))
    return SweepProgress("in memory", sweep, tuple(trials), "finished", {}, baseline)


def stored(sweep: Sweep = SWEEP) -> str:
    """A sweep in the store, without runs; returns its id."""
    return runs.create_study("sweep", sweep.title, sweep.model_dump_json().encode())


def trained(study_id: str, arm: Arm, spec: RunSpec, accuracy: float | None, how: str = "finished") -> str:
    """A run of a sweep that has ended, or still trains where `how` is 'training'; returns its id.

    `accuracy`: of its best epoch on the validation images; None where it has none.
    """
    role = "baseline" if arm.part == "baseline" else "model"
    run_id = runs.create(
        role, uuid.uuid4().hex, spec, name=str(arm), study=study_id, study_kind="sweep", arm=str(arm)
    )
    runs.start(run_id, "CPU")
    writer = recorder.Recorder(run_id, epochs=2)
    for epoch in range(3) if accuracy else ():
        writer.log_metrics(epoch * STEPS, {"val_accuracy": accuracy * epoch / 2})
    if how == "finished":
        cost = {"params": 1000, "macs": 2000, "seconds": 1.5, "images_per_second": 1200.0}
        tested = {"test_accuracy": accuracy, "test_loss": 0.5}
        writer.log_metrics(2 * STEPS, {"best_val_accuracy": accuracy, "best_epoch": 2, **tested, **cost})
    writer.close()
    if how != "training":
        runs.end(run_id, how, "" if how == "finished" else "The worker died.")
    return run_id


def trial(
    study_id: str, sweep: Sweep, number: int, point: dict[str, Value], accuracy: float | None, **how
) -> str:
    """The run of a trial with the first seed; see `trained`."""
    spec = sweep.with_point(point).runs()["model"]
    return trained(study_id, Arm("trial", sweep.trial_seeds()[0], number), spec, accuracy, **how)
