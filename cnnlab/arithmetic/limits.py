"""What forbids a network: a window that does not fit its map, or a size beyond what is allowed.

Every problem names the settings that may mend it, the likeliest first; which of them do, and to what
value, is for `cnnlab.arithmetic.remedies` to try. This file knows nothing of Keras, data or screens.
"""

from typing import Literal, NamedTuple

from cnnlab.arithmetic.layers import LayerRow, totals, unchecked_rows
from cnnlab.arithmetic.shapes import Maps, Shape, after_convolution, after_pooling, blocks_of
from cnnlab.spec import ConvNetSpec, DenseSpec

MAX_PARAMS = 20_000_000
MAX_MACS = 1_000_000_000  # multiply-adds per image: one training step must end within about a second


class Problem(NamedTuple):
    """What is wrong, in which block (its index), and the settings that may mend it, likeliest first."""

    text: str
    block: int
    controls: tuple[str, ...]


def problems(model: ConvNetSpec | DenseSpec, input_shape: Shape, classes: int) -> list[Problem]:
    """Everything that forbids the network: the first window that does not fit, or each limit it exceeds."""
    if window := misfit(model, input_shape):
        return [window]
    rows = unchecked_rows(model, input_shape, classes)
    total = totals(rows)
    network = "The dense-only network" if isinstance(model, DenseSpec) else "The network"
    found = []
    if total.params > MAX_PARAMS:
        row = max(rows, key=lambda row: row.params)
        text = f"{network} has {total.params:,} parameters, {row.params:,} of them in '{row.name}'"
        found.append(_too_large(model, row, f"{text}; at most {MAX_PARAMS:,} are allowed"))
    if total.macs > MAX_MACS:
        row = max(rows, key=lambda row: row.macs)
        text = f"{network} needs {total.macs:,} multiply-adds per image, {row.macs:,} of them in '{row.name}'"
        found.append(_too_large(model, row, f"{text}; at most {MAX_MACS:,} are allowed"))
    return found


def misfit(model: ConvNetSpec | DenseSpec, input_shape: Shape) -> Problem | None:
    """The first kernel or pool that is larger than the map that reaches it."""
    maps = Maps(*input_shape)
    for index, block in enumerate(blocks_of(model)):
        if block.padding == "valid" and block.kernel_size > min(maps.height, maps.width):
            return _does_not_fit(index, "kernel", block.kernel_size, maps)
        maps = after_convolution(maps, block)
        if block.pooling != "none" and block.pool_size > min(maps.height, maps.width):
            return _does_not_fit(index, "pool", block.pool_size, maps)
        maps = after_pooling(maps, block)
    return None


def _does_not_fit(index: int, window: Literal["kernel", "pool"], size: int, maps: Maps) -> Problem:
    own, other = ("kernel_size", "pool_size") if window == "kernel" else ("pool_size", "kernel_size")
    return Problem(
        f"Block {index + 1}: {window} {size}×{size} does not fit the {maps.height}×{maps.width} map "
        "that reaches it",
        index,
        (own, "padding", "blocks", other, "pooling", "dense_units", "filters"),
    )


def _too_large(model: ConvNetSpec | DenseSpec, heaviest: LayerRow, text: str) -> Problem:
    if isinstance(model, DenseSpec):
        return Problem(text, 0, ("units",))
    if heaviest.type == "Dense":
        return Problem(text, len(model.blocks) - 1, ("dense_units", "filters", "kernel_size"))
    index = int(heaviest.name.removeprefix("conv_")) - 1
    return Problem(text, index, ("filters", "kernel_size", "dense_units"))
