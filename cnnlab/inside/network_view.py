"""What a network makes of one image, as it is drawn."""

from typing import NamedTuple

import numpy as np


class NetworkView(NamedTuple):
    """The outputs of its layers, and what a network without convolutions looks for."""

    step: int
    """After so many optimizer steps; -1 where that is not known, as for weights read from the store."""
    outputs: dict[str, np.ndarray]
    """Layer name → (h, w, channels) or (units,) float32; the last one is the class probabilities."""
    pictures: np.ndarray
    """(units, H, W, C) float32: the weights of the first units of a network without convolutions, as images;
    none for others."""
