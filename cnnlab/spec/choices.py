"""What the choices under 'Pooling' and 'Optimizer' mean: the class in Keras, and words for the screen.

The only table of each: the network that is counted, built and exported, the optimizer that trains and the
sidebar all read it.
"""

from typing import Literal, NamedTuple

from cnnlab.spec.settings import Optimizer

PoolingKind = Literal["max", "average", "min"]
PoolingType = Literal["MaxPooling2D", "AveragePooling2D", "MinPooling2D"]


class PoolingChoice(NamedTuple):
    """One kind of pooling."""

    layer: PoolingType
    """The layer's class: in `keras.layers`, or else in `cnnlab.models.layers`."""
    result: str
    """What a window becomes, in words."""


class OptimizerChoice(NamedTuple):
    """One optimizer."""

    title: str
    """Its name on the screen."""
    keras_class: str
    """The class in `keras.optimizers`."""
    arguments: dict[str, float]
    """What its constructor takes besides the learning rate."""


POOLINGS: dict[PoolingKind, PoolingChoice] = {
    "max": PoolingChoice("MaxPooling2D", "its largest value"),
    "average": PoolingChoice("AveragePooling2D", "its average"),
    "min": PoolingChoice("MinPooling2D", "its smallest value"),
}
"""Every pooling but 'none'."""

OPTIMIZERS: dict[Optimizer, OptimizerChoice] = {
    "adam": OptimizerChoice("Adam", "Adam", {}),
    "adamw": OptimizerChoice("AdamW", "AdamW", {}),
    "rmsprop": OptimizerChoice("RMSprop", "RMSprop", {}),
    "sgd": OptimizerChoice("SGD", "SGD", {}),
    "momentum": OptimizerChoice("SGD with momentum 0.9", "SGD", {"momentum": 0.9}),
}
