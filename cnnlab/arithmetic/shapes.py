"""The geometry of feature maps: how high and wide they are, and which input pixels their values see.

Exact integers, from the settings of the blocks; the sides are those that Keras gives its layers. This
file knows nothing of parameters, cost, words, Keras or screens, and does not judge whether a window fits.
"""

from typing import NamedTuple

from cnnlab.spec import ConvBlock, ConvNetSpec, DenseSpec

Shape = tuple[int, int, int]  # height, width, channels


class Maps(NamedTuple):
    """The feature maps between two layers, and the input pixels that one of their values depends on.

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


def blocks_of(model: ConvNetSpec | DenseSpec) -> tuple[ConvBlock, ...]:
    """The convolution blocks of a network; a dense-only network has none."""
    return model.blocks if isinstance(model, ConvNetSpec) else ()


def after_convolution(maps: Maps, block: ConvBlock) -> Maps:
    """The maps that the block's convolution makes of these."""
    return Maps(
        _convolved_side(maps.height, block),
        _convolved_side(maps.width, block),
        block.filters,
        maps.field + (block.kernel_size - 1) * maps.jump,
        maps.jump,
        maps.start - _padded_before(block) * maps.jump,
    )


def after_pooling(maps: Maps, block: ConvBlock) -> Maps:
    """The maps that the block's pooling makes of these: the same ones where it has none."""
    window = _pooling_window(block)
    return Maps(
        maps.height // window,
        maps.width // window,
        maps.channels,
        maps.field + (window - 1) * maps.jump,
        maps.jump * window,
        maps.start,
    )


def convolved(model: ConvNetSpec, input_shape: Shape, name: str) -> Maps:
    """The maps that the convolution of this name, such as 'conv_2', makes. Raises `KeyError`."""
    maps = Maps(*input_shape)
    for number, block in enumerate(model.blocks, start=1):
        made = after_convolution(maps, block)
        if name == f"conv_{number}":
            return made
        maps = after_pooling(made, block)
    raise KeyError(name)


def seen_side(side: int, blocks: tuple[ConvBlock, ...]) -> int:
    """How many of `side` rows (or columns) reach the last map; the others are dropped by pooling.

    Backwards: the last needed row of a block's output needs the rows of its pooling window, and the
    last of these the rows that the kernel covers below it, as far as they exist.
    """
    if not blocks:
        return side
    block, *later = blocks
    window = _pooling_window(block)
    needed = seen_side(_convolved_side(side, block) // window, tuple(later)) * window
    below = block.kernel_size // 2 if block.padding == "same" else block.kernel_size - 1
    return min(needed + below, side)


def _convolved_side(side: int, block: ConvBlock) -> int:
    return side if block.padding == "same" else side - block.kernel_size + 1


def _padded_before(block: ConvBlock) -> int:
    """Rows of zeros above the maps; of an odd number in all, Keras sets the larger half below."""
    return (block.kernel_size - 1) // 2 if block.padding == "same" else 0


def _pooling_window(block: ConvBlock) -> int:
    """Side of the pooling window and its stride; 1, which changes nothing, where there is no pooling.

    Pooling is never padded: what does not fill a window is dropped.
    """
    return 1 if block.pooling == "none" else block.pool_size
