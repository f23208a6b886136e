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

    Raises `ValueError` with the sentence of `check` if a kernel or a pool does not fit its map.
    A network that is only too large has rows like any other.
    """
    if misfit(model, input_shape):
        raise ValueError(check(model, input_shape, classes)[0])
    return unchecked_rows(model, input_shape, classes)


def check(model: ConvNetSpec | DenseSpec, input_shape: Shape, classes: int = 10) -> list[str]:
    """One sentence for each reason why the network is not allowed, with the controls that mend it.

    Empty for an allowed network. Refused are kernels and pools larger than the map that reaches them, more
    than `MAX_PARAMS` parameters, and more than `MAX_MACS` multiply-adds per image.
    """
    reasons = problems(model, input_shape, classes)
    if not reasons:
        return []
    advice = [remedy.advice for remedy in remedies(model, input_shape, classes)[:NAMED_REMEDIES]]
    ending = ", or ".join(advice) or "use smaller images"
    return [f"{problem.text}: {ending}." for problem in reasons]


def matching_units(
    model: ConvNetSpec, input_shape: Shape, classes: int, by: Literal["params", "macs"] = "params"
) -> int:
    """Hidden units of the dense-only network whose parameters or multiply-adds are closest to the CNN's.

    Within the bounds of `DenseSpec.units`; of two that are equally close, the smaller. With n input
    values and c classes, u units have (n + 1)·u + (u + 1)·c parameters and n·u + u·c multiply-adds, both
    linear in u. Raises `ValueError` if the CNN is impossible.
    """
    height, width, channels = input_shape
    needed = totals(layer_rows(model, input_shape, classes))
    per_unit = height * width * channels + classes
    wanted = needed.macs
    if by == "params":
        per_unit, wanted = per_unit + 1, needed.params - classes
    units, rest = divmod(wanted, per_unit)
    nearest = units + 1 if 2 * rest > per_unit else units
    return min(max(nearest, UNITS["minimum"]), UNITS["maximum"])
