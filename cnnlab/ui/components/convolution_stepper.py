"""A convolution, explained value by value: the patch, the kernel, their products, the sum, the activation.

The browser moves the window and computes the sums, from the arrays that are sent once; Keras's own value is
shown beside them.
"""

from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np

from cnnlab.arithmetic.explanations import last_lines
from cnnlab.arithmetic.shapes import convolved_side, margins
from cnnlab.inside.convolution import Norm, activate, convolve
from cnnlab.spec import Activation, Padding
from cnnlab.ui.components.stepper import CONTROLS, HINT, pack_array, register_stepper, require_scales
from cnnlab.views.pictures.tiles import colorbar_html, scale_limit

COLOURS_HINT = (
    "Above one channel of the image, chosen by the slider or a button; here all three together. The filter "
    "has a kernel for each channel, and adds what the three give."
)
_HTML = f"""
<div class="cnnlab-stepper cnnlab-convolution" role="group"><div class="cnnlab-step-panels">
  <div class="cnnlab-step-input">
    <p class="cnnlab-step-input-title"></p>
    <canvas role="img"></canvas>
    <div class="cnnlab-step-input-bar"></div>
    <label class="cnnlab-step-maps"><span>Input map</span>
      <input type="range" min="1" value="1"> <output></output></label>
    <p class="cnnlab-step-hatched"></p>
    <div class="cnnlab-step-colours">
      <p>{COLOURS_HINT}</p>
      <canvas role="img" aria-label="The image in colour"></canvas>
    </div>
  </div>
  <div class="cnnlab-step-arithmetic">
    <div class="cnnlab-step-grids">
      <div><p>Patch</p><div class="cnnlab-step-grid cnnlab-step-patch" role="img"></div></div>
      <div><p>× kernel</p><div class="cnnlab-step-grid cnnlab-step-kernel" role="img"></div>
        <div class="cnnlab-step-kernel-bar"></div></div>
      <div><p>= products</p><div class="cnnlab-step-grid cnnlab-step-products" role="img"></div>
        <div class="cnnlab-step-products-bar"></div></div>
    </div>
    <div class="cnnlab-step-contributions" role="group" aria-label="Input maps with the largest parts">
      <span></span></div>
  </div>
  <div class="cnnlab-step-output">
    <p class="cnnlab-step-output-title"></p>
    <canvas role="application" tabindex="0"></canvas>
    <div class="cnnlab-step-output-bar"></div>
    <p>{HINT}</p>
  </div>
  <div class="cnnlab-step-sums">
    {CONTROLS}
    <ol class="cnnlab-step-lines cnnlab-sum" aria-live="polite"></ol>
    <p>Numbers are rounded for display; the sums use all digits.</p>
  </div>
</div></div>
"""

_component = register_stepper("convolution_stepper", _HTML)


class Limits(NamedTuple):
    """The ends of the four colour scales, each from -limit to limit."""

    input: float
    """Input maps and patch."""
    kernel: float
    products: float
    output: float


def smallest_limits(maps: np.ndarray, kernel: np.ndarray, output: np.ndarray) -> Limits:
    """The smallest scales for all values (H, W, C), all weights (k, k, C), any product of the two within
    one map, and the output (H', W'). Values that are not finite do not count.
    """
    channels = range(maps.shape[2])
    products = [scale_limit(maps[..., c]) * scale_limit(kernel[..., c]) for c in channels]
    return Limits(scale_limit(maps), scale_limit(kernel), max(products), scale_limit(output))


def show_convolution(
    key: str,
    maps: np.ndarray,
    kernel: np.ndarray,
    *,
    alt: str,
    bias: float = 0.0,
    norm: Norm | None = None,
    activation: Activation = "linear",
    padding: Padding = "valid",
    stride: int = 1,
    output: np.ndarray | None = None,
    input_title: str = "Input",
    output_title: str = "Output",
    limits: Limits | None = None,
    channels: Sequence[str] = (),
    white: float = 1.0,
) -> None:
    """Draws the stepper of one filter, or changes the one that is there; the window stays in place.

    Args:
        key: Identifies the stepper on the page.
        maps: (H, W, C) numbers, the filter's input.
        kernel: (k, k, C) numbers.
        alt: The text alternative.
        bias: Of this filter.
        norm: Batch normalisation of this filter's map, where the layer has it.
        activation: Of the layer.
        padding: Of the layer.
        stride: Of the layer.
        output: (H', W') numbers, Keras's own result after the activation, shown beside the sum. None for a
            filter that Keras did not compute; then it is computed here.
        input_title: A title for the maps, such as 'Image' or 'Maps of pool_1'.
        output_title: A title for the output, such as 'conv_2, filter 7 of 64'.
        limits: The colour scales, such as those of all epochs of a run; by default the smallest.
        channels: The names of three maps that are red, green and blue of an image, which is then shown in
            colour as well; empty for other maps.
        white: The value of a white pixel of such an image.

    Raises `ValueError` for other shapes, and for a kernel that does not fit the maps.
    """
    _component(
        key=key,
        data=component_data(maps, kernel, bias, norm, activation, padding, stride, output, limits)
        | {"titles": {"input": input_title, "output": output_title}, "alt": alt}
        | {"channels": list(channels), "white": white},
    )


def component_data(
    maps: np.ndarray,
    kernel: np.ndarray,
    bias: float,
    norm: Norm | None,
    activation: Activation,
    padding: Padding,
    stride: int,
    output: np.ndarray | None,
    limits: Limits | None,
) -> dict[str, Any]:
    """The numbers that the browser computes with; arguments and errors as for `show_convolution`."""
    sums = convolve(maps, kernel, bias, padding, stride)
    computed = activate(sums * norm.scale + norm.shift if norm else sums, activation)
    values = computed if output is None else output
    if values.shape != computed.shape:
        raise ValueError(f"The output of this convolution must be {computed.shape}, not {values.shape}.")
    scales = smallest_limits(maps, kernel, values) if limits is None else limits
    require_scales(*scales)
    around = [margins(side, kernel.shape[0], stride, padding) for side in maps.shape[:2]]
    return {
        "maps": pack_array(maps),
        "kernel": pack_array(kernel),
        "output": pack_array(values),
        "by_keras": output is not None,
        "bias": pack_array(np.array([bias])),
        "norm": pack_array(np.array(norm)) if norm else None,
        "activation": activation,
        "stride": stride,
        "margins": {"rows": list(around[0]), "columns": list(around[1])},
        "hatched": _hatched(maps.shape[:2], kernel.shape[0], stride, padding),
        "limits": scales._asdict(),
        "bars": {name: colorbar_html(limit) for name, limit in scales._asdict().items()},
    }


def _hatched(sides: Sequence[int], kernel: int, stride: int, padding: Padding) -> str:
    """What the hatched parts of the input are, in sentences; empty where there are none."""
    sentences = []
    if any(any(margins(side, kernel, stride, padding)) for side in sides):
        sentences.append("Hatched: outside the map, where padding 'same' has zeros.")
    missed = [max(0, _unreached(side, kernel, stride, padding)) for side in sides]
    if any(missed):
        lines = last_lines(*missed)
        sentences.append(f"Hatched: {lines}, which the kernel does not reach.")
    return " ".join(sentences)


def _unreached(side: int, kernel: int, stride: int, padding: Padding) -> int:
    """Rows (or columns) of the map behind the kernel's last place."""
    before, _ = margins(side, kernel, stride, padding)
    return side + before - kernel - (convolved_side(side, kernel, stride, padding) - 1) * stride
