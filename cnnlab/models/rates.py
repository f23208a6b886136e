"""The learning rates of one training's steps, under its schedule and after changes by hand."""

import keras
import numpy as np

from cnnlab.arithmetic.schedules import learning_rates
from cnnlab.spec import TrainingSpec


class Rates:
    """Between two calls of the engine the model's optimizer has the peak: the rate that a person sets.

    So a stored model tells it. Set by hand during a training, it scales the rest of the schedule's curve.
    """

    def __init__(self, optimizer: keras.optimizers.Optimizer, training: TrainingSpec, per_epoch: int) -> None:
        """`per_epoch`: the optimizer steps of an epoch."""
        self._optimizer = optimizer
        self._training = training
        self._per_epoch = per_epoch
        self._peak = np.float32(optimizer.learning_rate)

    @property
    def peak(self) -> float:
        """The rate in force, the highest of a schedule."""
        return _as_typed(self._peak)

    @property
    def peak_of_schedule(self) -> float | None:
        """The peak; None where the rate is constant."""
        return None if self._training.schedule == "constant" else self.peak

    def change(self, peak: float) -> None:
        """Continues with another rate."""
        self._peak = np.float32(peak)
        self.restore_peak()

    def restore_peak(self) -> None:
        """Gives it back to the optimizer, after steps with other rates."""
        self._optimizer.learning_rate = self._peak

    def of_steps(self, first: int, count: int) -> np.ndarray | None:
        """The rates of some steps, (count,) float32; None if all have the optimizer's."""
        if self._training.schedule == "constant":
            return None
        steps = np.arange(first, first + count)
        return learning_rates(self._training, steps, self._per_epoch, float(self._peak))

    def at(self, step: int) -> float:
        """The rate of one step."""
        rates = self.of_steps(step, 1)
        return self.peak if rates is None else _as_typed(rates[0])


def _as_typed(rate: np.float32) -> float:
    """Rounded to six digits: as it was typed, not as float32 stores it."""
    return float(f"{float(rate):.6g}")
