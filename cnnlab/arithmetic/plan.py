"""One description of a network: its layers in order, each with its settings, as Keras is to build them.

Whatever else needs the layers reads them here: the table (`layers`), the limits (`limits`), the Keras model
(`cnnlab.models.build`) and the exported source (`cnnlab.export.source`). A layer is described once, so
these cannot disagree about it.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import repeat
from typing import Literal, NamedTuple

import numpy as np

from cnnlab.spec import POOLINGS, ConvBlock, ConvNetSpec, DenseSpec, Padding, PoolingKind
from cnnlab.spec import Activation as ActivationName

INPUT_NAME = "images"
HIDDEN_NAMES = ("dense", "dense_2")
"""Of the hidden dense layers."""
OWN_TYPES = frozenset({"MinPooling2D"})
"""Types of layers that Keras lacks; they are defined in `cnnlab.models.layers`."""

Argument = int | float | str | bool


@dataclass(frozen=True, slots=True)
class Layer:
    """What every layer has; the classes below add the settings of their type."""

    name: str
    """Such as 'conv_1'; unique within a network."""
    block: int | None
    """Index of the convolution block that the layer belongs to; None from Flatten on."""
    seed: int | None
    """Of its initial weights, or of dropout. None where nothing is drawn, or no seed was asked for."""

    @property
    def type(self) -> str:
        """The name of its class, in `keras.layers` or among `OWN_TYPES`."""
        return type(self).__name__


@dataclass(frozen=True, slots=True)
class Conv2D(Layer):
    """A convolution with the same stride in both directions."""

    filters: int
    kernel_size: int
    padding: Padding
    activation: ActivationName | None
    """None where batch normalisation follows, and the activation after it."""
    use_bias: bool
    """False where batch normalisation follows, which has a shift of its own."""
    stride: int
    l2: float
    """The weight decay of its kernels; 0 for none."""


@dataclass(frozen=True, slots=True)
class BatchNormalization(Layer):
    """Batch normalisation of feature maps, with Keras's defaults."""


@dataclass(frozen=True, slots=True)
class Activation(Layer):
    """An activation in a layer of its own, after batch normalisation."""

    activation: ActivationName


@dataclass(frozen=True, slots=True)
class Pooling(Layer):
    """Pooling with a stride as large as its window, never padded."""

    kind: PoolingKind
    pool_size: int

    @property
    def type(self) -> str:
        """Such as 'MaxPooling2D'."""
        return POOLINGS[self.kind].layer


@dataclass(frozen=True, slots=True)
class Flatten(Layer):
    """All values of the feature maps in one row."""


@dataclass(frozen=True, slots=True)
class Dense(Layer):
    """A dense layer; the one with softmax is the output."""

    units: int
    activation: ActivationName | Literal["softmax"]
    l2: float
    """The weight decay of its kernel; 0 for none."""


@dataclass(frozen=True, slots=True)
class Dropout(Layer):
    """Dropout between the last hidden dense layer and the output."""

    rate: float


class Arguments(NamedTuple):
    """What Keras's constructor of a layer takes, besides the name, the seed and the weight decay."""

    positional: tuple[Argument, ...]
    """Those that have no default, in Keras's order."""
    options: dict[str, Argument]
    """Those that differ from Keras's defaults, by keyword."""


def plan(
    model: ConvNetSpec | DenseSpec, classes: int, seed: int | None = None, l2: float = 0.0
) -> list[Layer]:
    """The layers of a network for so many classes, in order, without the input.

    `l2`: the weight decay of all kernels, which is a setting of the training; see `TrainingSpec.l2`.

    With the run's `seed`, every layer that draws random numbers gets a seed of its own: the numbers that
    one generator gives, in the order of the layers. Counting needs no seeds and leaves it out.
    """
    seeds = repeat(None) if seed is None else _drawn(seed)
    layers: list[Layer] = []
    for index, block in enumerate(blocks_of(model)):
        layers += _block(block, index, model.activation, next(seeds), l2)
    layers.append(Flatten("flatten", None, None))
    for name, units in zip(HIDDEN_NAMES, hidden_units(model), strict=False):
        layers.append(Dense(name, None, next(seeds), units, model.activation, l2))
    if isinstance(model, ConvNetSpec) and model.dropout:
        layers.append(Dropout("dropout", None, next(seeds), model.dropout))
    return [*layers, Dense("output", None, next(seeds), classes, "softmax", l2)]


def arguments(layer: Layer) -> Arguments:
    """How Keras is to be called for this layer."""
    match layer:
        case Conv2D():
            options: dict[str, Argument] = {}
            if layer.stride != 1:
                options["strides"] = layer.stride
            if layer.padding != "valid":
                options["padding"] = layer.padding
            if layer.activation:
                options["activation"] = layer.activation
            if not layer.use_bias:
                options["use_bias"] = False
            return Arguments((layer.filters, layer.kernel_size), options)
        case Activation():
            return Arguments((layer.activation,), {})
        case Pooling():
            return Arguments((layer.pool_size,), {})
        case Dense():
            return Arguments((layer.units,), {"activation": layer.activation})
        case Dropout():
            return Arguments((layer.rate,), {})
    return Arguments((), {})


def blocks_of(model: ConvNetSpec | DenseSpec) -> tuple[ConvBlock, ...]:
    """The convolution blocks of a network; a dense-only network has none."""
    return model.blocks if isinstance(model, ConvNetSpec) else ()


def hidden_units(model: ConvNetSpec | DenseSpec) -> list[int]:
    """The units of each hidden dense layer, the first one first."""
    if isinstance(model, DenseSpec):
        first, second = model.units, model.second_units
    else:
        first, second = model.dense_units, model.second_dense_units
    return [first, second] if second else [first]


def model_name(model: ConvNetSpec | DenseSpec) -> str:
    """The name of the Keras model."""
    return "cnn" if isinstance(model, ConvNetSpec) else "dense_only"


def _block(
    block: ConvBlock, index: int, activation: ActivationName, seed: int | None, l2: float
) -> list[Layer]:
    """The layers of one convolution block."""
    number, norm = index + 1, block.batch_norm
    layers: list[Layer] = [
        Conv2D(
            f"conv_{number}",
            index,
            seed,
            filters=block.filters,
            kernel_size=block.kernel_size,
            padding=block.padding,
            activation=None if norm else activation,
            use_bias=not norm,
            stride=block.stride,
            l2=l2,
        )
    ]
    if norm:
        layers.append(BatchNormalization(f"norm_{number}", index, None))
        layers.append(Activation(f"activation_{number}", index, None, activation))
    if block.pooling != "none":
        layers.append(Pooling(f"pool_{number}", index, None, block.pooling, block.pool_size))
    return layers


def _drawn(seed: int) -> Iterator[int]:
    """One seed after the other, without end."""
    generator = np.random.default_rng(seed)
    while True:
        yield int(generator.integers(2**31 - 1))
