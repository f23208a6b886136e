"""The geometry of feature maps: how high and wide they are, and which input pixels their values see.

Exact integers, from the layers of `cnnlab.arithmetic.plan`; the sides are those that Keras computes. Whether
a window fits its map is not judged here: where it does not, sides become 0 or negative.
"""

from collections.abc import Iterable, Iterator, Sequence
from typing import NamedTuple

from cnnlab.arithmetic.plan import Conv2D, Dense, Flatten, Layer, Pooling, plan
from cnnlab.spec import ConvNetSpec, Padding

Shape = tuple[int, int, int]  # height, width, channels
Seen = tuple[int, int]  # rows and columns of the image that reach the dense layers


class Maps(NamedTuple):
    """The feature maps between two layers, and the input pixels that one of their values depends on.

    From Flatten on, each value is a map of 1×1.

    Recurrence of Araujo, Norris and Sim (2019), "Computing Receptive Fields of Convolutional Neural
    Networks", Distill: a window of side k widens the field by (k − 1) jumps.
    """

    height: int
    width: int
    channels: int
    field: int = 1  # side of the square of input pixels
    jump: int = 1  # input pixels from one value to its neighbour
    start: int = 0  # first row (and column) of the first value's field; below 0 where there is padding

    @property
    def shape(self) -> Shape:
        """Height, width, channels."""
        return self.height, self.width, self.channels

    @property
    def values(self) -> int:
        """How many numbers the maps hold for one image."""
        return self.height * self.width * self.channels


class Step(NamedTuple):
    """One layer, the maps that reach it, and the maps that it computes from them."""

    layer: Layer
    before: Maps
    after: Maps


def steps(layers: Iterable[Layer], input_shape: Shape) -> Iterator[Step]:
    """The layers in order, each with the maps before and after it."""
    maps = Maps(*input_shape)
    for layer in layers:
        after = maps_after(layer, maps)
        yield Step(layer, maps, after)
        maps = after


def maps_after(layer: Layer, maps: Maps) -> Maps:
    """The maps that a layer computes from these; a dense layer's keep the receptive field of its input."""
    height, width, channels, field, jump, start = maps
    match layer:
        case Conv2D(kernel_size=k, padding=padding):
            before, after = margins(k, padding)
            lost = k - 1 - before - after
            field, start = field + (k - 1) * jump, start - before * jump
            return Maps(height - lost, width - lost, layer.filters, field, jump, start)
        case Pooling(pool_size=size):  # rows and columns that do not fill a window are dropped
            field, jump = field + (size - 1) * jump, jump * size
            return Maps(height // size, width // size, channels, field, jump, start)
        case Flatten():
            return Maps(1, 1, maps.values, field, jump, start)
        case Dense(units=units):
            return Maps(1, 1, units, field, jump, start)
    return maps


def convolved(model: ConvNetSpec, input_shape: Shape, name: str) -> Maps:
    """The maps that the convolution of this name, such as 'conv_2', computes. Raises `KeyError`."""
    layers = plan(model, classes=1)  # the classes change nothing before the last layer
    for layer, _, after in steps(layers, input_shape):
        if layer.name == name and isinstance(layer, Conv2D):
            return after
    raise KeyError(name)


def margins(kernel_size: int, padding: Padding) -> tuple[int, int]:
    """Rows of zeros before and after a map (or columns), for a kernel of this side.

    Padding "same" needs `kernel_size` − 1 in all and puts the odd one, which a kernel of even side needs,
    after: at the bottom and right, as TensorFlow does
    (https://www.tensorflow.org/api_docs/python/tf/nn, "Notes on padding").
    """
    return ((kernel_size - 1) // 2, kernel_size // 2) if padding == "same" else (0, 0)


def seen_sides(layers: Sequence[Layer], input_shape: Shape) -> Seen:
    """Rows and columns of the image that reach the dense layers; pooling drops the others."""
    return _seen_side(input_shape[0], layers), _seen_side(input_shape[1], layers)


def _seen_side(side: int, layers: Sequence[Layer]) -> int:
    """How many of `side` rows (or columns) reach the last of these layers.

    Computed backwards: of a pooling layer's input, the rows of the last window that is needed; of a
    convolution's, also the rows that the kernel covers below the last one, if the map has as many.
    """
    if not layers:
        return side
    layer, *later = layers
    match layer:
        case Conv2D(kernel_size=k, padding=padding):
            before, after = margins(k, padding)
            needed = _seen_side(side - (k - 1 - before - after), later)
            return min(needed + k - 1 - before, side)
        case Pooling(pool_size=size):
            return _seen_side(side // size, later) * size
    return _seen_side(side, later)
