"""The events of a training, which `cnnlab.models.training.fit` reports, and how a training ends.

    Event
    ├── Started      the untrained network
    ├── Steps        the training steps since the last event of this kind
    ├── EpochEnd     the network after an epoch, validated; also before training, as epoch 0
    ├── Paused       an order to wait has been obeyed
    ├── Resumed      the steps go on
    └── RateChanged  the optimizer has a new learning rate

An event's `metrics` are what a run stores of it, under the names that its curves have. Losses are mean
cross-entropies in nats, accuracies are in [0, 1]. Importing this file does not load Keras.
"""

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal, TypeAlias

import numpy as np

from cnnlab.models.stopping import Stopping

if TYPE_CHECKING:
    import keras

Ending = Literal["finished", "stopped", "superseded", "diverged"]


@dataclass(frozen=True)
class ResumeMetrics:
    """What a continued training needs to know that the model's file does not hold."""

    best_val_accuracy: float
    """The highest validation accuracy of the epochs so far; 0 before the first."""
    best_epoch: int
    """The epoch of this accuracy; 0 before the first."""
    seconds: float
    """How long the training has taken, without pauses."""

    @property
    def metrics(self) -> dict[str, float]:
        """As a run stores them."""
        return {
            "best_val_accuracy": self.best_val_accuracy,
            "best_epoch": float(self.best_epoch),
            "seconds": self.seconds,
        }


@dataclass(frozen=True)
class Started:
    """The untrained network, evaluated on the first training images of the first epoch."""

    loss: float
    accuracy: float
    learning_rate: float
    step: int = 0
    epoch: int = 0
    peak_learning_rate: float | None = None
    """The highest rate of a schedule, as it is set now; None where the rate is constant."""

    @property
    def metrics(self) -> dict[str, float]:
        """As a run stores them."""
        rates = _rate_metrics(self.learning_rate, self.peak_learning_rate)
        return {"loss": self.loss, "accuracy": self.accuracy, **rates}


@dataclass(frozen=True)
class Steps:
    """The training steps since the last event of this kind, about four times a second."""

    step: int
    """The optimizer steps done."""
    epoch: int
    """The epoch under way, from 1."""
    loss: float
    """Mean over these steps, each before its update."""
    accuracy: float
    images_per_second: float
    learning_rate: float
    """Of the last of these steps."""
    model: "keras.Model"
    """The model itself, which the next steps change."""
    peak_learning_rate: float | None = None
    """As in `Started`."""

    @property
    def metrics(self) -> dict[str, float]:
        """As a run stores them."""
        return {
            "loss": self.loss,
            "accuracy": self.accuracy,
            "images_per_second": self.images_per_second,
            **_rate_metrics(self.learning_rate, self.peak_learning_rate),
        }


@dataclass(frozen=True)
class EpochEnd:
    """The network after an epoch, or after as much of it as was trained; epoch 0 is before training."""

    step: int
    epoch: int
    val_loss: float
    val_accuracy: float
    resume: ResumeMetrics | None
    """None at epoch 0."""
    kernels: dict[str, np.ndarray]
    """Layer name → weights that can be drawn, float32; see `cnnlab.models.training.kernels`."""
    model: "keras.Model"
    """The model itself, which the next steps change."""
    stopping: Stopping | None = None
    """What the rules that may end the training know; None without such rules."""

    @property
    def metrics(self) -> dict[str, float]:
        """As a run stores them."""
        validation = {"val_loss": self.val_loss, "val_accuracy": self.val_accuracy}
        return validation | (self.resume.metrics if self.resume else {})


@dataclass(frozen=True)
class Paused:
    """The training waits."""

    step: int
    epoch: int


@dataclass(frozen=True)
class Resumed:
    """The training no longer waits, whether it goes on or ends."""

    step: int
    epoch: int


@dataclass(frozen=True)
class RateChanged:
    """The steps from here on have another learning rate, or under a schedule another peak."""

    step: int
    epoch: int
    learning_rate: float
    """Of the next step."""
    peak_learning_rate: float | None = None
    """As in `Started`."""

    @property
    def metrics(self) -> dict[str, float]:
        """As a run stores them."""
        return _rate_metrics(self.learning_rate, self.peak_learning_rate)


def _rate_metrics(rate: float, peak: float | None) -> dict[str, float]:
    return {"learning_rate": rate} if peak is None else {"learning_rate": rate, "peak_learning_rate": peak}


Event: TypeAlias = Started | Steps | EpochEnd | Paused | Resumed | RateChanged


@dataclass(frozen=True)
class Checkpoint:
    """Where an earlier training ended; the step and the learning rate are in the model's optimizer.

    Under a schedule, that rate is its peak.
    """

    model: "keras.Model"
    resume: ResumeMetrics
    exact: bool = True
    """Whether the optimizer is in the state that it had: what follows is what the earlier training would have
    been."""
    stopping: Stopping = field(default_factory=Stopping)
    """What the rules that may end the training knew."""


@dataclass(frozen=True)
class Outcome:
    """How a training ended, and its network."""

    model: "keras.Model"
    ending: Ending
    """finished: all epochs are done, or a rule of the settings was met. stopped: by an order. superseded: by
    an order, for another training to take its place. diverged: the loss was no longer a finite number."""
    reason: str
    """A sentence: why it diverged, why it ended before its last epoch, which weights were put back; else
    empty."""
    step: int
    test_probabilities: np.ndarray | None
    """(N, classes) float32; None if superseded or diverged, and therefore not tested."""
    metrics: dict[str, float]
    """Those of `ResumeMetrics`; if tested, test_loss, test_accuracy and tested_epoch, whose weights they are
    of."""
    stopping: Stopping | None = None
    """As in `EpochEnd`."""
