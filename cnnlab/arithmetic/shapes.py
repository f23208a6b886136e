"""The geometry of feature maps: how high and wide they are, and which input pixels their values see.

Exact integers, from the layers of `cnnlab.arithmetic.plan`; the sides are those that Keras computes. Whether
a window fits its map is not judged here: where it does not, sides become 0 or negative.
"""

from collections.abc import Iterable, Iterator, Sequence
from typing import NamedTuple

from cnnlab.arithmetic.plan import Conv2D, Dense, Flatten, Layer, Pooling, plan
from cnnlab.spec import ConvNetSpec, Padding

Shape = tuple[int, int, int]  # height, width, channels


class Seen(NamedTuple):
    """What of an image reaches the dense layers."""

    rows: int
    """How many of its rows, from the first one on."""
    columns: int
    strides: bool
    """Whether the network has a stride above 1."""


class Maps(NamedTuple):
    """The feature maps between two layers, and the input pixels that one of their values depends on.

    From Flatten on, each value is a map of 1×1.

    Recurrence of Araujo, Norris and Sim (2019), "Computing Receptive Fields of Convolutional Neural
    Networks", Distill: a window of side k widens the field by (k − 1) jumps, and a stride s makes the jump s
    times as large.
    """

    height: int
    width: int
    channels: int
    field: int = 1  # side of the square of input pixels
    jump: int = 1  # input pixels from one value to its neighbour
    top: int = 0  # first row of the first value's field; below 0 where there is padding
    left: int = 0  # its first column

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
    height, width, channels, field, jump, top, left = maps
    match layer:
        case Conv2D(kernel_size=k, stride=stride, padding=padding):
            (above, _), (before, _) = (margins(side, k, stride, padding) for side in (height, width))
            rows, columns = (convolved_side(side, k, stride, padding) for side in (height, width))
            top, left = top - above * jump, left - before * jump
            return Maps(rows, columns, layer.filters, field + (k - 1) * jump, jump * stride, top, left)
        case Pooling(pool_size=size):  # rows and columns that do not fill a window are dropped
            field, jump = field + (size - 1) * jump, jump * size
            return Maps(height // size, width // size, channels, field, jump, top, left)
        case Flatten():
            return Maps(1, 1, maps.values, field, jump, top, left)
        case Dense(units=units):
            return Maps(1, 1, units, field, jump, top, left)
    return maps


def convolved(model: ConvNetSpec, input_shape: Shape, name: str) -> Maps:
    """The maps that the convolution of this name, such as 'conv_2', computes. Raises `KeyError`."""
    layers = plan(model, classes=1)  # the classes change nothing before the last layer
    for layer, _, after in steps(layers, input_shape):
        if layer.name == name and isinstance(layer, Conv2D):
            return after
    raise KeyError(name)


def convolved_side(side: int, kernel_size: int, stride: int, padding: Padding) -> int:
    """Rows (or columns) of the maps that a convolution makes of maps with so many; see `margins`.

    Padding "valid" puts the kernel wherever it fits, ⌊(side − k) / s⌋ + 1 times; "same" at every s-th pixel,
    ⌈side / s⌉ times.
    """
    return -(-side // stride) if padding == "same" else (side - kernel_size) // stride + 1


def margins(side: int, kernel_size: int, stride: int, padding: Padding) -> tuple[int, int]:
    """Rows of zeros before and after a map of `side` rows (or columns).

    Padding "same" needs (⌈side / s⌉ − 1)·s + k − side in all, or none where that is negative. The odd one
    comes after: at the bottom and right, as TensorFlow does
    (https://www.tensorflow.org/api_docs/python/tf/nn, "Notes on padding"). With stride 1 this is k − 1.
    """
    if padding == "valid":
        return 0, 0
    places = convolved_side(side, kernel_size, stride, padding)
    needed = max((places - 1) * stride + kernel_size - side, 0)
    return needed // 2, needed - needed // 2


def seen_by_dense(layers: Sequence[Layer], input_shape: Shape) -> Seen:
    """What of the image reaches the dense layers; pooling and strides drop the rest, at its end."""
    strides = any(isinstance(layer, Conv2D) and layer.stride > 1 for layer in layers)
    return Seen(_seen_side(input_shape[0], layers), _seen_side(input_shape[1], layers), strides)


def _seen_side(side: int, layers: Sequence[Layer]) -> int:
    """How many of `side` rows (or columns) reach the last of these layers.

    Computed backwards: of a layer's input, the rows down to the end of the last window that is needed, if the
    map has as many. No stride is larger than its window, so that none is left out between them.
    """
    if not layers:
        return side
    layer, *later = layers
    match layer:
        case Conv2D(kernel_size=k, stride=stride, padding=padding):
            before, _ = margins(side, k, stride, padding)
            needed = _seen_side(convolved_side(side, k, stride, padding), later)
            return min((needed - 1) * stride + k - before, side)
        case Pooling(pool_size=size):
            return _seen_side(side // size, later) * size
    return _seen_side(side, later)
