"""Measures how many disturbed test images a trained network still classifies correctly.

A worker executes `measure` as a task, also beside a training. The result is stored with the run and is not
computed again, unless the run has been trained further. Keras is loaded inside the functions.
"""

from collections.abc import Callable
from typing import TypeAlias, cast

import numpy as np

from cnnlab import runs
from cnnlab.data.pixels import permuted, pixel_values, scaled
from cnnlab.data.registry import load
from cnnlab.errors import RunNotReady
from cnnlab.evidence.finite import require_finite
from cnnlab.robustness.experiments import Experiment, at_quoted_strength
from cnnlab.robustness.results import (
    Measurement,
    artifact_name,
    experiment_of,
    most_images,
    stored,
    training_seconds,
)
from cnnlab.runs import Run

BeforeLevel: TypeAlias = Callable[[int, int], None]


def measure(
    run_id: str,
    experiment: str,
    before_level: BeforeLevel = lambda done, total: None,
    cancelled: Callable[[], bool] = lambda: False,
) -> Measurement | None:
    """Measures the network of an ended run and stores the result, unless it is stored already.

    Args:
        run_id: The run; measured with the weights of its test on its first `results.most_images` test images.
        experiment: A key of `cnnlab.robustness.experiments.EXPERIMENTS`.
        before_level: Called before each level with the number of levels done and of all levels.
        cancelled: Called before each level; as soon as it is true, nothing is stored and None is returned.

    Raises `RunNotFound` if the run or its weights are not stored, `RunNotReady` if it is still training,
    `NotFinite` if its weights or its outputs are not numbers, and `DatasetUnavailable` if its test images are
    not on this machine.
    """
    run = runs.get(run_id)
    if run.active:
        raise RunNotReady(f"{run.name} can be measured once its training has ended.")
    earlier = stored(run, experiment)
    if earlier:
        return earlier
    epoch = runs.network_epoch(run)
    wanted = experiment_of(experiment, run)
    correct = _correct(run, epoch, wanted, most_images(run), before_level, cancelled)
    if correct is None:
        return None
    arrays = {
        "levels": np.array(wanted.levels, float),
        "right": correct.sum(axis=1),
        "bits": np.packbits(correct, axis=1),
        "images": np.array(correct.shape[1]),
        "epoch": np.array(epoch),
        "seconds": np.array(training_seconds(run)),
    }
    runs.save_npz(run_id, artifact_name(experiment), arrays)
    return Measurement(experiment, epoch, correct)


def correct_at_quoted_strength(run_id: str, epoch: int, experiment: str, images: int) -> np.ndarray:
    """Which of the first test images a network gets right, (levels, N) bool; nothing is stored.

    The levels are those of `experiments.at_quoted_strength`. Raises what `measure` raises.
    """
    run = runs.get(run_id)
    few = at_quoted_strength(experiment_of(experiment, run))
    correct = _correct(run, epoch, few, images, lambda done, total: None, lambda: False)
    return cast(np.ndarray, correct)


def _correct(
    run: Run,
    epoch: int,
    experiment: Experiment,
    most: int,
    before_level: BeforeLevel,
    cancelled: Callable[[], bool],
) -> np.ndarray | None:
    """Which images are classified correctly at which level, (levels, N) bool; None if cancelled."""
    from cnnlab.models import inspection
    from cnnlab.worker import answers

    network = answers.network(run.run_id, epoch)
    data = load(run.spec.data.dataset, run.spec.data.source)
    images, labels = scaled(data.x_test[:most]), data.y_test[:most]
    levels = experiment.levels
    correct = np.empty((len(levels), len(images)), bool)
    for number, level in enumerate(levels):
        if cancelled():
            return None
        before_level(number, len(levels))
        # The picture is disturbed first; then it becomes what the run's networks get.
        disturbed = permuted(experiment.disturb(images, level), run.spec.data)
        inputs = pixel_values(disturbed, run.spec.data.pixels)
        correct[number] = require_finite(inspection.predict(network, inputs)).argmax(axis=1) == labels
    return None if cancelled() else correct
