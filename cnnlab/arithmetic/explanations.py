"""Why a layer has its shape and its parameters, in one or two sentences with the network's own numbers.

Each sentence is written for a learner and shows the whole calculation. This file knows nothing of
tables, limits, Keras or screens.
"""

from collections.abc import Callable

from cnnlab.arithmetic.shapes import Maps, Shape
from cnnlab.spec import POOLINGS, ConvBlock

NOTHING_LEARNED = "0: nothing is learned here."
NORM_SHAPE = "The shape stays: all values of a map are shifted and scaled in the same way."


def shape_label(shape: tuple[int, ...]) -> str:
    """(26, 26, 64) as 26×26×64 and (1600,) as 1,600."""
    return "×".join(f"{size:,}" for size in shape)


def convolution_shape(block: ConvBlock, maps: Maps) -> str:
    """Why a convolution makes maps of this side and number; `maps` are those that reach it."""
    return f"{_convolved(block, maps)} {_maps_made(block.filters)}"


def convolution_params(block: ConvBlock, channels: int) -> str:
    """Where a convolution's parameters come from; `channels` is the number of maps that reach it."""
    k, filters = block.kernel_size, block.filters
    weights = f"{k}·{k} weights" if k > 1 else "1 weight"
    owner = "the one filter" if filters == 1 else f"each of the {filters} filters"
    inputs = "the one input map" if channels == 1 else f"each of the {channels} input maps"
    has = f"{owner} has {weights} for {inputs}"
    if block.batch_norm:
        count = k * k * channels * filters
        no_bias = "No bias: the batch normalisation that follows has a learned shift of its own."
        return f"{k}·{k}·{channels}·{filters} = {count:,}: {has}. {no_bias}"
    count = (k * k * channels + 1) * filters
    return f"({k}·{k}·{channels} + 1)·{filters} = {count:,}: {has} and one bias."


def norm_params(channels: int) -> str:
    """Where the parameters of a batch normalisation come from."""
    return (
        f"4·{channels} = {4 * channels:,}: for each map two learned values (scale and shift) "
        "and two that are not trained but kept as running averages (mean and variance)."
    )


def activation_shape(activation: str) -> str:
    """Why an activation keeps the shape."""
    return f"The shape stays: {activation} is applied to each value by itself."


def pooling_shape(size: int, maps: Maps) -> str:
    """Why pooling makes maps of this side; `maps` are those that reach it."""
    sides = _each_side(maps, lambda side: _quotient(side, size))
    rows, columns = maps.height % size, maps.width % size
    if not rows and not columns:
        return f"{sides}: each {size}×{size} window becomes one value."
    if rows == columns:
        dropped = "the last row and column" if rows == 1 else f"the last {rows} rows and columns"
    else:
        dropped = " and ".join(_last(n, noun) for n, noun in ((rows, "row"), (columns, "column")) if n)
    do_not, are = ("does not", "is") if rows + columns == 1 else ("do not", "are")
    return f"{sides}: {dropped} {do_not} fill {_a_square(size)} window and {are} dropped."


def pooling_params(block: ConvBlock) -> str:
    """Why pooling has no parameters."""
    size = block.pool_size
    return f"0: each {size}×{size} window becomes {POOLINGS[block.pooling].result}; nothing is learned."


def flatten_shape(maps: Maps) -> str:
    """Why flattening makes this many values."""
    height, width, channels = maps.shape
    return f"{height} · {width} · {channels} = {maps.values:,} values in one row; nothing is computed."


def hidden_shape(units: int, seen: tuple[int, int], image: Shape) -> str:
    """Why the hidden layer has this many values; `seen`: rows and columns of the image that reach it."""
    made = "1 unit makes 1 value" if units == 1 else f"{units:,} units make {units:,} values"
    text = f"{made}; a unit is connected to every value before it."
    if seen == image[:2]:
        return text
    return (
        f"{text} It sees {seen[0]}×{seen[1]} of the {image[0]}×{image[1]} pixels: "
        "the rest was dropped where pooling rounded down."
    )


def dropout_shape(rate: float) -> str:
    """Why dropout keeps the shape."""
    return (
        f"The shape stays: in training each value is set to 0 with probability {rate:g} and the others are "
        "enlarged to make up for it; in prediction nothing happens."
    )


def classes_shape(classes: int) -> str:
    """Why the output layer has this many values."""
    return f"One value for each of the {classes} classes; softmax makes them probabilities that add up to 1."


def dense_params(inputs: int, units: int) -> str:
    """Where the parameters of a dense layer come from."""
    owner = "the one unit" if units == 1 else f"each of the {units:,} units"
    return (
        f"({inputs:,} + 1)·{units:,} = {(inputs + 1) * units:,}: "
        f"{owner} has {_few(inputs, 'weight')} and one bias."
    )


def _convolved(block: ConvBlock, maps: Maps) -> str:
    k = block.kernel_size
    if k == 1:
        sides = _each_side(maps, lambda side: f"{side} stays {side}")
        return f"{sides}: a 1×1 kernel looks at one pixel at a time and needs no neighbours."
    if block.padding == "same":
        sides = _each_side(maps, lambda side: f"{side} + {k - 1} − {k} + 1 = {side}")
        return f"{sides}: padding 'same' adds {_zeros(k)}, so nothing is lost."
    sides = _each_side(maps, lambda side: f"{side} − {k} + 1 = {side - k + 1}")
    if k % 2 == 0:
        lost = "one row and one column are" if k == 2 else f"{k - 1} rows and {k - 1} columns are"
        return f"{sides}: {_a_square(k)} kernel must lie wholly inside the map, so {lost} lost."
    if k == 3:
        reason = "needs a neighbour on each side, so one pixel is"
    else:
        reason = f"needs {k // 2} neighbours on each side, so {k // 2} pixels are"
    return f"{sides}: {_a_square(k)} kernel {reason} lost at each border."


def _zeros(kernel: int) -> str:
    """Where padding 'same' puts its kernel − 1 rows and columns: the odd one goes to bottom and right."""
    before, after = (kernel - 1) // 2, kernel // 2
    if before == after:
        return f"{_few(before, 'pixel')} of zeros at each border"
    if before == 0:
        return f"{_few(after, 'pixel')} of zeros at the bottom and right"
    return f"{_few(before, 'pixel')} of zeros at the top and left and {after} at the bottom and right"


def _each_side(maps: Maps, equation: Callable[[int], str]) -> str:
    """The equation for the map's side, or for height and width where they differ."""
    if maps.height == maps.width:
        return equation(maps.height)
    return f"Height {equation(maps.height)}; width {equation(maps.width)}"


def _quotient(side: int, size: int) -> str:
    whole, remainder = divmod(side, size)
    if not remainder:
        return f"{side} / {size} = {whole}"
    exact = side * 1000 % size == 0
    shown = f"= {side / size}" if exact else f"≈ {side / size:.2f}"
    return f"{side} / {size} {shown}, rounded down to {whole}"


def _maps_made(filters: int) -> str:
    return "1 filter makes 1 map." if filters == 1 else f"{filters} filters make {filters} maps."


def _last(count: int, noun: str) -> str:
    return f"the last {noun}" if count == 1 else f"the last {count} {noun}s"


def _few(count: int, noun: str) -> str:
    return f"one {noun}" if count == 1 else f"{count:,} {noun}s"


def _a_square(size: int) -> str:
    return f"{'an' if size in (8, 11) else 'a'} {size}×{size}"
