"""When a training ends before its last epoch: by a stop rule, or by patience with the validation loss.

Patience is `keras.callbacks.EarlyStopping(monitor="val_loss", restore_best_weights=True)`: the weights of the
best epoch are put back however the training ends, also after its last epoch. Nothing here loads Keras.
"""

import dataclasses
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import NamedTuple, Self

import numpy as np

from cnnlab import words
from cnnlab.spec import StopWhen, TrainingSpec

METRIC_NAMES: dict[StopWhen, str] = {
    "accuracy": "training accuracy",
    "val_accuracy": "validation accuracy",
    "loss": "training loss",
    "val_loss": "validation loss",
}
"""What a stop rule can watch, in words."""


class BestEpoch(NamedTuple):
    """The epoch with the lowest validation loss so far; the first one where it is shared."""

    epoch: int
    val_loss: float
    weights: list[np.ndarray]
    """As `keras.Model.get_weights` gives them."""


@dataclass(frozen=True)
class Stopping:
    """What the rules know after some epochs."""

    waited: int = 0
    """Epochs since the best one."""
    best: BestEpoch | None = None
    """None before the first epoch, and without patience."""
    reason: str = ""
    """Why the training ends before its last epoch, a sentence; empty while it goes on."""

    def after(
        self,
        epoch: int,
        metrics: Mapping[str, float],
        training: TrainingSpec,
        weights: Callable[[], list[np.ndarray]],
    ) -> "Stopping":
        """What they know after one more epoch.

        Args:
            epoch: From 1.
            metrics: `accuracy` and `loss` of the training images over the whole epoch, `val_accuracy` and
                `val_loss`.
            training: The settings.
            weights: Gives those of the network as it is; called where the epoch is the best so far.
        """
        now = self._waited(epoch, metrics["val_loss"], weights) if training.patience else self
        reason = _rule_met(metrics, training)
        if not reason and training.patience and now.waited >= training.patience:
            reason = f"validation loss had not improved for {words.count(now.waited, 'epoch')}"
        over = reason and epoch < training.epochs
        return dataclasses.replace(now, reason=f"Stopped at epoch {epoch}: {reason}." if over else "")

    def _waited(self, epoch: int, val_loss: float, weights: Callable[[], list[np.ndarray]]) -> "Stopping":
        if self.best is None or val_loss < self.best.val_loss:
            return Stopping(best=BestEpoch(epoch, val_loss, weights()))
        return dataclasses.replace(self, waited=self.waited + 1)

    def ended(self) -> "Stopping":
        """As it is stored of a training that has ended: one that is continued waits anew."""
        return dataclasses.replace(self, waited=0)

    def arrays(self) -> dict[str, np.ndarray]:
        """To be stored without pickle; `from_arrays` reads it."""
        stored = {"waited": np.array(self.waited), "reason": np.array(self.reason)}
        if self.best:
            stored |= {"epoch": np.array(self.best.epoch), "val_loss": np.array(self.best.val_loss)}
            stored |= {f"weights_{number:03}": array for number, array in enumerate(self.best.weights)}
        return stored

    @classmethod
    def from_arrays(cls, arrays: Mapping[str, np.ndarray]) -> Self:
        """The inverse of `arrays`; other names are left alone."""
        best = None
        if "epoch" in arrays:
            weights = [arrays[name] for name in sorted(arrays) if name.startswith("weights_")]
            best = BestEpoch(int(arrays["epoch"]), float(arrays["val_loss"]), weights)
        return cls(int(arrays["waited"]), best, str(arrays["reason"]))


def has_rules(training: TrainingSpec) -> bool:
    """Whether the training may end before its last epoch."""
    return training.stop_when != "never" or training.patience > 0


def _rule_met(metrics: Mapping[str, float], training: TrainingSpec) -> str:
    """'the training accuracy, 99.2%, had reached 99.0%' if the stop rule is met; else empty."""
    if training.stop_when == "never":
        return ""
    value, limit = metrics[training.stop_when], training.stop_at
    of_accuracy = training.stop_when.endswith("accuracy")
    if not (value >= limit if of_accuracy else value <= limit):
        return ""
    shown = words.percent if of_accuracy else "{:.3g}".format
    return f"the {METRIC_NAMES[training.stop_when]}, {shown(value)}, had reached {shown(limit)}"


def ending_in_words(stopping: Stopping, last_epoch: int) -> str:
    """How a training has ended in words: why, and which weights were put back; empty if there is nothing."""
    best = stopping.best
    if best is None or best.epoch == last_epoch:
        return stopping.reason
    if stopping.reason:
        return f"{stopping.reason.removesuffix('.')}; the weights of epoch {best.epoch} were put back."
    return f"The weights of epoch {best.epoch}, which had the lowest validation loss, were put back."
