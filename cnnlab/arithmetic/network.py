"""What a network becomes, from its settings alone, and whether it is allowed: what other files ask.

Rows take well under a millisecond, so they can follow every move of a control. A network that is
impossible or too large is answered with a sentence that names the controls that mend it. The work is
done in `shapes`, `explanations`, `layer_table`, `problems` and `remedies`, each built on those before
it. This file knows nothing of Keras, data or screens.
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

NAMED_REMEDIES = 3  # more would bury the sentence


def layer_rows(model: ConvNetSpec | DenseSpec, input_shape: Shape, classes: int) -> list[LayerRow]:
    """The layers of the network that `cnnlab.models.build.build` makes of the same arguments, in order.

    Raises `ValueError` with the sentence of `check` where a kernel or a pool does not fit its map.
    A network that is merely too large has rows like any other.
    """
    if misfit(model, input_shape):
        raise ValueError(check(model, input_shape, classes)[0])
    return unchecked_rows(model, input_shape, classes)


def check(model: ConvNetSpec | DenseSpec, input_shape: Shape, classes: int = 10) -> list[str]:
    """One sentence for each thing that forbids the network, and which controls mend it; empty if none.

    Impossible: a kernel or a pool larger than the map that reaches it. Too large: more than
    `MAX_PARAMS` parameters, or more than `MAX_MACS` multiply-adds per image.
    """
    found = problems(model, input_shape, classes)
    if not found:
        return []
    advice = [remedy.advice for remedy in remedies(model, input_shape, classes)[:NAMED_REMEDIES]]
    ending = ", or ".join(advice) or "use smaller images"
    return [f"{problem.text}: {ending}." for problem in found]


def matching_units(
    model: ConvNetSpec, input_shape: Shape, classes: int, by: Literal["params", "macs"] = "params"
) -> int:
    """Hidden units of the dense-only network that comes closest to the CNN's parameters or multiply-adds.

    Within the bounds of `DenseSpec.units`; of two that are equally close, the smaller. With n input
    values and c classes, u units have (n + 1)·u + (u + 1)·c parameters and n·u + u·c multiply-adds, both
    linear in u. Raises `ValueError` where the CNN is impossible.
    """
    height, width, channels = input_shape
    needed = totals(layer_rows(model, input_shape, classes))
    per_unit = height * width * channels + classes
    wanted = needed.macs
    if by == "params":
        per_unit, wanted = per_unit + 1, needed.params - classes
    nearest = -((per_unit - 2 * wanted) // (2 * per_unit))  # wanted / per unit, halves down
    bounds = DenseSpec.model_json_schema()["properties"]["units"]
    return min(max(nearest, bounds["minimum"]), bounds["maximum"])
