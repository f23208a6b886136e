"""The layers of a network from its settings alone, and whether it is allowed: the functions that others call.

Both take well under a millisecond, so the page can follow every move of a slider. A network that is
impossible or too large is answered with a sentence that names the controls that mend it. The work is done
in `plan`, `shapes`, `explanations`, `layers`, `limits` and `remedies`, each built on those before it.
"""

from typing import Literal

from cnnlab.arithmetic.layers import LayerRow, Totals, totals, unchecked_rows
from cnnlab.arithmetic.limits import MAX_MACS, MAX_PARAMS, misfit, problems
from cnnlab.arithmetic.remedies import Remedy, remedies
from cnnlab.arithmetic.shapes import Shape
from cnnlab.spec import ConvNetSpec, DenseSpec

__all__ = [
    "MAX_MACS",
    "MAX_PARAMS",
    "LayerRow",
    "Remedy",
    "Totals",
    "check",
    "layer_rows",
    "matching_units",
    "remedies",
    "totals",
]

UNITS = DenseSpec.model_json_schema()["properties"]["units"]
NAMED_REMEDIES = 3  # more would bury the sentence


def layer_rows(model: ConvNetSpec | DenseSpec, input_shape: Shape, classes: int) -> list[LayerRow]:
    """The layers of the network that `cnnlab.models.build.build` builds from the same arguments, in order.

    Raises `ValueError` with the sentence of `check` if a kernel or a pool does not fit its map, or a stride
    its kernel. A network that is only too large has rows like any other.
    """
    if misfit(model, input_shape):
        raise ValueError(check(model, input_shape, classes)[0])
    return unchecked_rows(model, input_shape, classes)


def check(
    model: ConvNetSpec | DenseSpec, input_shape: Shape, classes: int = 10, most_params: int | None = None
) -> list[str]:
    """One sentence for each reason why the network is not allowed, with the controls that mend it.

    Empty for an allowed network. Refused are kernels and pools larger than the map that reaches them, strides
    larger than their kernel, more than `most_params` parameters (by default `MAX_PARAMS`), and more than
    `MAX_MACS` multiply-adds per image.
    """
    reasons = problems(model, input_shape, classes, most_params)
    if not reasons:
        return []
    advice = [remedy.advice for remedy in remedies(model, input_shape, classes, most_params)[:NAMED_REMEDIES]]
    ending = ", or ".join(advice) or "use smaller images"
    return [f"{problem.text}: {ending}." for problem in reasons]


def matching_units(
    model: ConvNetSpec,
    input_shape: Shape,
    classes: int,
    by: Literal["params", "macs"] = "params",
    second_units: int = 0,
) -> int:
    """Units of the first hidden layer with which a dense-only network comes closest to the CNN's costs.

    `by` says which costs: parameters or multiply-adds. `second_units`: of the dense-only network's second
    hidden layer; 0 for none.

    Within the bounds of `DenseSpec.units`; of two that are equally close, the smaller. Both costs are linear
    in the units u. With n input values and c classes, u units have (n + 1)·u + (u + 1)·c parameters and
    n·u + u·c multiply-adds; with s units in a second layer, (n + 1)·u + (u + 1)·s + (s + 1)·c parameters and
    n·u + u·s + s·c multiply-adds. Raises `ValueError` if the CNN is impossible.
    """
    height, width, channels = input_shape
    needed = totals(layer_rows(model, input_shape, classes))
    following = second_units or classes  # values of the layer after the first
    per_unit = height * width * channels + following
    wanted = needed.macs - second_units * classes
    if by == "params":
        biases = second_units + classes
        per_unit, wanted = per_unit + 1, needed.params - second_units * classes - biases
    units, rest = divmod(wanted, per_unit)
    nearest = units + 1 if 2 * rest > per_unit else units
    return min(max(nearest, UNITS["minimum"]), UNITS["maximum"])
