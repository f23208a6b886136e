"""A model at one moment: everything that training changes in it, to be put back later."""

from typing import NamedTuple

import keras
import numpy as np


class Snapshot(NamedTuple):
    """Everything that training changes in a model, as it was at the end of an epoch."""

    epoch: int
    """0 is before training."""
    values: list[np.ndarray]
    """Of the model's variables, then of its optimizer's."""

    @classmethod
    def of(cls, model: keras.Model, epoch: int) -> "Snapshot":
        """The model as it is."""
        return cls(epoch, [np.asarray(variable).copy() for variable in _variables(model)])

    def finite(self) -> bool:
        """Whether all values are finite numbers; an infinite weight may leave the outputs finite."""
        return all(np.isfinite(value).all() for value in self.values)

    def restore(self, model: keras.Model) -> None:
        """Puts everything back."""
        for variable, value in zip(_variables(model), self.values, strict=True):
            variable.assign(value)


def is_finite(model: keras.Model) -> bool:
    """Whether all weights and all of the optimizer's values are finite numbers."""
    return Snapshot.of(model, 0).finite()


def _variables(model: keras.Model) -> list[keras.Variable]:
    return [*model.variables, *model.optimizer.variables]
