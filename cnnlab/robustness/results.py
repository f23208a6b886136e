"""Measured robustness, as it is stored with a run."""

from typing import NamedTuple

import numpy as np

from cnnlab import runs
from cnnlab.data.registry import DATASETS
from cnnlab.errors import ArtifactDamaged, RunNotFound
from cnnlab.robustness.experiments import EXPERIMENTS, Experiment, experiment_for
from cnnlab.runs import Run

MOST = 2000  # test images, the first ones
LARGE = 64 * 64  # pixels; of larger images fewer are measured, so that they fit the memory


class Measurement(NamedTuple):
    """One network in one experiment, whose levels are those of `experiment_of`."""

    experiment: str
    epoch: int
    """After which the network was measured: its last one."""
    right: np.ndarray
    """(levels, N) bool: whether the network gets the Nth test image right at each level."""


def experiment_of(name: str, run: Run) -> Experiment:
    """An experiment with the levels for a run's images, or for 28×28 where its data set is not known here."""
    info = DATASETS.get(run.spec.data.dataset)
    return experiment_for(name, info.input_shape) if info else EXPERIMENTS[name]


def most_images(run: Run) -> int:
    """How many of a run's test images are measured at most."""
    info = DATASETS.get(run.spec.data.dataset)
    height, width, _ = info.input_shape if info else (1, 1, 1)
    return min(MOST, MOST * LARGE // (height * width))


def stored(run: Run, experiment: str) -> Measurement | None:
    """What was measured of the network as it is now; None where nothing was, or it was trained on since."""
    levels = np.array(experiment_of(experiment, run).levels, float)
    try:
        arrays = runs.load_npz(run.run_id, artifact_name(experiment))
        if arrays["seconds"] != training_seconds(run) or not np.array_equal(arrays["levels"], levels):
            return None
        right = np.unpackbits(arrays["bits"], axis=1, count=int(arrays["images"])).astype(bool)
        return Measurement(experiment, int(arrays["epoch"]), right)
    except (RunNotFound, ArtifactDamaged, KeyError, ValueError):
        return None  # there is none, or it is damaged and will be replaced


def training_seconds(run: Run) -> float:
    """How long the run was trained in all: it tells a network from what it was before it went on."""
    return run.metrics.get("seconds", 0.0)


def artifact_name(experiment: str) -> str:
    """The file that the measurement of an experiment is stored in, among the run's artifacts."""
    return f"robustness_{experiment}.npz"
