"""What a training reports, how it ends, and where it can be taken up again."""

from dataclasses import dataclass
from typing import Literal

import keras
import numpy as np

Ending = Literal["finished", "stopped", "superseded", "diverged"]


@dataclass(frozen=True)
class Report:
    """News of a training.

    `metrics` holds any of loss, accuracy, val_loss, val_accuracy, learning_rate and
    images_per_second; the training metrics are means over the steps since the last report. At the end
    of an epoch also best_val_accuracy, best_epoch and seconds, and `kernels` (layer name → weights as
    float32) and `model` are set. `paused` is set when a pause begins or ends.
    """

    step: int
    epoch: int
    metrics: dict[str, float]
    kernels: dict[str, np.ndarray] | None = None
    model: keras.Model | None = None
    paused: bool | None = None


@dataclass(frozen=True)
class Checkpoint:
    """Where an earlier training ended; the step and the learning rate are in the model's optimizer."""

    model: keras.Model
    best_val_accuracy: float
    best_epoch: int
    seconds: float


@dataclass(frozen=True)
class Outcome:
    """A training that came to its end, was stopped or superseded, or whose loss was no longer finite."""

    model: keras.Model
    ending: Ending
    reason: str
    step: int
    test_probabilities: np.ndarray | None
    """None where it was superseded, and therefore not tested."""
    metrics: dict[str, float]
    """test_loss, test_accuracy, best_val_accuracy, best_epoch, seconds."""
