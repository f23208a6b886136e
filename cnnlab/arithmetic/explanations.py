"""Why a layer has its shape and its parameters, in sentences for a learner that show the calculation."""

from collections.abc import Callable

from cnnlab.arithmetic.plan import Activation, BatchNormalization, Conv2D, Dense, Dropout, Flatten, Pooling
from cnnlab.arithmetic.shapes import Maps, Seen, Shape, Step, margins
from cnnlab.spec import POOLINGS


def shape_label(shape: tuple[int, ...]) -> str:
    """(26, 26, 64) as 26×26×64 and (1600,) as 1,600."""
    return "×".join(f"{size:,}" for size in shape)


def why_shape(step: Step, image: Shape, seen: Seen) -> str:
    """Why the layer has its output shape, in a network for such an image of which `seen` reaches the end."""
    layer, before, _ = step
    match layer:
        case Conv2D():
            return f"{_convolved(layer, before)} {_maps_made(layer.filters)}"
        case BatchNormalization():
            return "The shape stays: all values of a map are shifted and scaled in the same way."
        case Activation():
            return f"The shape stays: {layer.activation} is applied to each value by itself."
        case Pooling():
            return _pooled(layer.pool_size, before)
        case Flatten():
            product = " · ".join(map(str, before.shape))
            return f"{product} = {before.values:,} values in one row; nothing is computed."
        case Dense(activation="softmax"):
            return _probabilities(layer.units)
        case Dense():
            return _hidden(layer.units, seen, image)
        case Dropout():
            return _dropped_out(layer.rate)
    raise TypeError(f"There is no explanation of a layer of the type {layer.type}.")


def why_params(step: Step) -> str:
    """Where the layer's parameters come from: the calculation, a colon, and the reason."""
    layer, before, _ = step
    match layer:
        case Conv2D():
            return _convolution_params(layer, before.channels)
        case BatchNormalization():
            return (
                f"4·{before.channels} = {4 * before.channels:,}: for each map two learned values (scale and "
                "shift) and two that are not trained but kept as running averages (mean and variance)."
            )
        case Pooling(pool_size=size):
            result = POOLINGS[layer.kind].result
            return f"0: each {size}×{size} window becomes {result}; nothing is learned."
        case Dense():
            return _dense_params(before.values, layer.units)
    return "0: nothing is learned here."


def _convolution_params(layer: Conv2D, channels: int) -> str:
    k, filters = layer.kernel_size, layer.filters
    weights = f"{k}·{k} weights" if k > 1 else "1 weight"
    owner = "the one filter" if filters == 1 else f"each of the {filters} filters"
    inputs = "the one input map" if channels == 1 else f"each of the {channels} input maps"
    has = f"{owner} has {weights} for {inputs}"
    if layer.use_bias:
        count = (k * k * channels + 1) * filters
        return f"({k}·{k}·{channels} + 1)·{filters} = {count:,}: {has} and one bias."
    count = k * k * channels * filters
    no_bias = "No bias: the batch normalisation that follows has a learned shift of its own."
    return f"{k}·{k}·{channels}·{filters} = {count:,}: {has}. {no_bias}"


def _dense_params(inputs: int, units: int) -> str:
    owner = "the one unit" if units == 1 else f"each of the {units:,} units"
    return (
        f"({inputs:,} + 1)·{units:,} = {(inputs + 1) * units:,}: "
        f"{owner} has {_few(inputs, 'weight')} and one bias."
    )


def _pooled(size: int, maps: Maps) -> str:
    sides = _each_side(maps, lambda side: _quotient(side, size))
    rows, columns = maps.height % size, maps.width % size
    if not rows and not columns:
        return f"{sides}: each {size}×{size} window becomes one value."
    dropped = last_lines(rows, columns)
    do_not, are = ("does not", "is") if rows + columns == 1 else ("do not", "are")
    return f"{sides}: {dropped} {do_not} fill {_a_square(size)} window and {are} dropped."


def _hidden(units: int, seen: Seen, image: Shape) -> str:
    made = "1 unit makes 1 value" if units == 1 else f"{units:,} units make {units:,} values"
    text = f"{made}; a unit is connected to every value before it."
    if (seen.rows, seen.columns) == image[:2]:
        return text
    dropping = "a stride or pooling" if seen.strides else "pooling"
    return (
        f"{text} It sees {seen.rows}×{seen.columns} of the {image[0]}×{image[1]} pixels: "
        f"the rest was dropped where {dropping} rounded down."
    )


def _dropped_out(rate: float) -> str:
    return (
        f"The shape stays: in training each value is set to 0 with probability {rate:g} and the others are "
        "enlarged to make up for it; in prediction nothing happens."
    )


def _probabilities(classes: int) -> str:
    return f"One value for each of the {classes} classes; softmax makes them probabilities that add up to 1."


def _convolved(layer: Conv2D, maps: Maps) -> str:
    k = layer.kernel_size
    if layer.stride > 1:
        return _stepped(layer, maps)
    if k == 1:
        sides = _each_side(maps, lambda side: f"{side} stays {side}")
        return f"{sides}: a 1×1 kernel looks at one pixel at a time and needs no neighbours."
    if layer.padding == "same":
        sides = _each_side(maps, lambda side: f"{side} + {k - 1} − {k} + 1 = {side}")
        zeros = _zeros(*margins(maps.height, k, 1, "same"))
        return f"{sides}: padding 'same' adds {zeros}, so nothing is lost."
    sides = _each_side(maps, lambda side: f"{side} − {k} + 1 = {side - k + 1}")
    if k % 2 == 0:
        lost = "one row and one column are" if k == 2 else f"{k - 1} rows and {k - 1} columns are"
        return f"{sides}: {_a_square(k)} kernel must lie wholly inside the map, so {lost} lost."
    if k == 3:
        reason = "needs a neighbour on each side, so one pixel is"
    else:
        reason = f"needs {k // 2} neighbours on each side, so {k // 2} pixels are"
    return f"{sides}: {_a_square(k)} kernel {reason} lost at each border."


def _stepped(layer: Conv2D, maps: Maps) -> str:
    """The shape after a convolution with a stride above 1."""
    k, stride = layer.kernel_size, layer.stride
    moves = f"{_a_square(k)} kernel moves {stride} pixels at a time"
    if layer.padding == "same":
        sides = _each_side(maps, lambda side: _rounded_up(side, stride))
        zeros = {margins(side, k, stride, "same") for side in (maps.height, maps.width)}
        added = _zeros(*zeros.pop()) if len(zeros) == 1 else "zeros where the kernel reaches over a border"
        return f"{sides}: {moves}, and padding 'same' adds {added}."
    sides = _each_side(maps, lambda side: _places(side, k, stride))
    rows, columns = ((side - k) % stride for side in (maps.height, maps.width))
    missed = f" and does not reach {last_lines(rows, columns)}" if rows or columns else ""
    return f"{sides}: {moves}{missed}."


def _places(side: int, kernel: int, stride: int) -> str:
    """'(28 − 3) / 2 rounded down + 1 = 13': how often a kernel fits."""
    whole, remainder = divmod(side - kernel, stride)
    rounded = " rounded down" if remainder else ""
    return f"({side} − {kernel}) / {stride}{rounded} + 1 = {whole + 1}"


def _rounded_up(side: int, stride: int) -> str:
    rounded = " rounded up" if side % stride else ""
    return f"{side} / {stride}{rounded} = {-(-side // stride)}"


def _zeros(before: int, after: int) -> str:
    """So many rows and columns of zeros, and where."""
    if before == after == 0:
        return "no zeros"
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


def last_lines(rows: int, columns: int) -> str:
    """'the last row and column', 'the last 2 columns': at least one of both numbers is above 0."""
    if rows == columns:
        return "the last row and column" if rows == 1 else f"the last {rows} rows and columns"
    return " and ".join(_last(n, noun) for n, noun in ((rows, "row"), (columns, "column")) if n)


def _last(count: int, noun: str) -> str:
    return f"the last {noun}" if count == 1 else f"the last {count} {noun}s"


def _few(count: int, noun: str) -> str:
    return f"one {noun}" if count == 1 else f"{count:,} {noun}s"


def _a_square(size: int) -> str:
    return f"{'an' if size in (8, 11) else 'a'} {size}×{size}"
