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
    if rows == columns:
        dropped = "the last row and column" if rows == 1 else f"the last {rows} rows and columns"
    else:
        dropped = " and ".join(_last(n, noun) for n, noun in ((rows, "row"), (columns, "column")) if n)
    do_not, are = ("does not", "is") if rows + columns == 1 else ("do not", "are")
    return f"{sides}: {dropped} {do_not} fill {_a_square(size)} window and {are} dropped."


def _hidden(units: int, seen: Seen, image: Shape) -> str:
    made = "1 unit makes 1 value" if units == 1 else f"{units:,} units make {units:,} values"
    text = f"{made}; a unit is connected to every value before it."
    if seen == image[:2]:
        return text
    return (
        f"{text} It sees {seen[0]}×{seen[1]} of the {image[0]}×{image[1]} pixels: "
        "the rest was dropped where pooling rounded down."
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
    if k == 1:
        sides = _each_side(maps, lambda side: f"{side} stays {side}")
        return f"{sides}: a 1×1 kernel looks at one pixel at a time and needs no neighbours."
    if layer.padding == "same":
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
    """Where padding 'same' adds its rows and columns of zeros."""
    before, after = margins(kernel, "same")
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
