"""Why a network is not allowed: a window does not fit its map or its stride, or the network is too large.

Every problem names the settings that may mend it, the likeliest first; `cnnlab.arithmetic.remedies` tries
which of them do.
"""

from collections.abc import Iterable
from typing import Literal, NamedTuple

from cnnlab.arithmetic.layers import cost
from cnnlab.arithmetic.plan import Conv2D, Layer, Pooling, plan
from cnnlab.arithmetic.shapes import Maps, Shape, Step, steps
from cnnlab.spec import ConvNetSpec, DenseSpec

MAX_PARAMS = 20_000_000
MAX_MACS = 1_000_000_000  # multiply-adds per image: one training step must end within about a second


class Problem(NamedTuple):
    """One reason why a network is not allowed."""

    text: str
    """What is wrong, without a full stop."""
    block: int
    """Index of the block that it concerns."""
    controls: tuple[str, ...]
    """Names of the settings that may mend it, the likeliest first."""


def problems(
    model: ConvNetSpec | DenseSpec, input_shape: Shape, classes: int, most_params: int | None = None
) -> list[Problem]:
    """The first window that does not fit, or else each limit that the network exceeds; empty if none.

    `most_params`: a limit in place of `MAX_PARAMS`.
    """
    most_params = MAX_PARAMS if most_params is None else most_params
    walk = list(steps(plan(model, classes), input_shape))
    if window := _first_misfit(walk):
        return [window]
    costs = [(step.layer, *cost(step)) for step in walk]
    params, macs = sum(params for _, params, _ in costs), sum(macs for _, _, macs in costs)
    network = "The dense-only network" if isinstance(model, DenseSpec) else "The network"
    exceeded = []
    if params > most_params:
        layer, most, _ = max(costs, key=lambda layer: layer[1])
        text = f"{network} has {params:,} parameters, {most:,} of them in '{layer.name}'"
        exceeded.append(_too_large(model, layer, f"{text}; at most {most_params:,} are allowed"))
    if macs > MAX_MACS:
        layer, _, most = max(costs, key=lambda layer: layer[2])
        text = f"{network} needs {macs:,} multiply-adds per image, {most:,} of them in '{layer.name}'"
        exceeded.append(_too_large(model, layer, f"{text}; at most {MAX_MACS:,} are allowed"))
    return exceeded


def misfit(model: ConvNetSpec | DenseSpec, input_shape: Shape) -> Problem | None:
    """The first kernel or pool that is larger than the map that reaches it, or smaller than its stride."""
    return _first_misfit(steps(plan(model, classes=1), input_shape))  # the classes change nothing here


def _first_misfit(walk: Iterable[Step]) -> Problem | None:
    for layer, before, _ in walk:
        smaller = min(before.height, before.width)
        match layer:
            # It would look at some pixels only, and its gradient can end TensorFlow's process on a CPU (seen
            # with 2.21): https://github.com/tensorflow/tensorflow/issues/2066
            case Conv2D(kernel_size=size, stride=stride) if stride > size:
                return _steps_over(layer, size, stride)
            case Conv2D(padding="valid", kernel_size=size) if size > smaller:
                return _does_not_fit(layer, "kernel", size, before)
            case Pooling(pool_size=size) if size > smaller:
                return _does_not_fit(layer, "pool", size, before)
    return None


def _does_not_fit(layer: Layer, window: Literal["kernel", "pool"], size: int, maps: Maps) -> Problem:
    own, other = ("kernel_size", "pool_size") if window == "kernel" else ("pool_size", "kernel_size")
    text = f"{window} {size}×{size} does not fit the {maps.height}×{maps.width} map that reaches it"
    return _of_block(layer, text, (own, "stride", "padding", "blocks", other))


def _steps_over(layer: Layer, size: int, stride: int) -> Problem:
    text = f"stride {stride} steps over pixels that the {size}×{size} kernel does not see"
    return _of_block(layer, text, ("stride", "padding", "blocks", "kernel_size", "pool_size"))


def _of_block(layer: Layer, text: str, controls: tuple[str, ...]) -> Problem:
    """With the controls that mend what may come to light once these have changed."""
    assert layer.block is not None  # all convolutions and poolings belong to a block
    return Problem(
        f"Block {layer.block + 1}: {text}",
        layer.block,
        (*controls, "pooling", "dense_units", "filters"),
    )


def _too_large(model: ConvNetSpec | DenseSpec, heaviest: Layer, text: str) -> Problem:
    if isinstance(model, DenseSpec):
        return Problem(text, 0, ("units", "second_units"))
    if heaviest.block is None:
        controls = ("dense_units", "second_dense_units", "filters", "kernel_size")
        return Problem(text, len(model.blocks) - 1, controls)
    return Problem(text, heaviest.block, ("filters", "kernel_size", "dense_units"))
