"""What the training steps of one call of an engine gave."""

from typing import NamedTuple

import numpy as np

CROSS_ENTROPY = "sparse_categorical_crossentropy"
"""Keras's name of the loss, and of the metric by which a network with weight decay reports it."""


class StepResults(NamedTuple):
    """The results of the steps of one call, which ends early at the first loss that is not finite."""

    losses: np.ndarray
    """(steps,) float32: mean cross-entropy of each batch, before its update. The penalty of a weight decay is
    not in it, so that it compares with that of the validation images, and between networks."""
    correct: np.ndarray
    """(steps,) int: images of each batch that were classified correctly, before its update."""
