"""The seed of every layer that draws random numbers, all drawn from the run's one seed.

The network that `cnnlab.models.build` builds and the source that `cnnlab.export.source` writes take theirs
from here, so both begin with the same weights and drop the same units. This file knows nothing of Keras.
"""

import numpy as np

from cnnlab.spec import ConvNetSpec, DenseSpec


def layer_seeds(model: ConvNetSpec | DenseSpec, seed: int) -> dict[str, int]:
    """Layer name → its seed, of a weight initializer or of dropout, in the order of the layers."""
    generator = np.random.default_rng(seed)
    return {name: int(generator.integers(2**31 - 1)) for name in _drawing_layers(model)}


def _drawing_layers(model: ConvNetSpec | DenseSpec) -> list[str]:
    if isinstance(model, DenseSpec):
        return ["dense", "output"]
    convolutions = [f"conv_{number}" for number in range(1, len(model.blocks) + 1)]
    return [*convolutions, "dense", *(["dropout"] if model.dropout else []), "output"]
