"""The rows of the summary table: every layer of a network with its shape, parameters and cost.

Exact integer arithmetic; the tests compare every row with the layer that Keras builds. Whether the network
fits its images is not checked here.
"""

from typing import NamedTuple

from cnnlab.arithmetic.explanations import why_params, why_shape
from cnnlab.arithmetic.plan import BatchNormalization, Conv2D, Dense, Dropout, plan
from cnnlab.arithmetic.shapes import Seen, Shape, Step, seen_by_dense, steps
from cnnlab.spec import ConvNetSpec, DenseSpec


class LayerRow(NamedTuple):
    """One layer of the summary table, under the name and type that Keras gives it.

    output_shape: without the batch dimension, such as (26, 26, 64) or (128,).
    params: all parameters, as Keras counts them.
    macs: multiply-adds for one image, in prediction; multiplications with padded zeros included.
    receptive_field: side, in input pixels, of the square that one value depends on. Theoretical for
        maps, so it may reach beyond the image; for dense layers what they see of its longer side.
    shape_text, params_text: why, in one or two sentences for a learner.
    """

    name: str
    type: str
    output_shape: tuple[int, ...]
    params: int
    macs: int
    receptive_field: int
    shape_text: str
    params_text: str

    @property
    def trainable_params(self) -> int:
        """All but the running means and variances, which are half of a batch normalisation."""
        return self.params // 2 if self.type == "BatchNormalization" else self.params


class Totals(NamedTuple):
    """Sums over a network; `kib` is the size of its parameters as float32 in units of 1024 bytes."""

    params: int
    trainable_params: int
    macs: int
    kib: float


class Cost(NamedTuple):
    """What one layer costs: parameters, as Keras counts them, and multiply-adds for one image."""

    params: int
    macs: int


def unchecked_rows(model: ConvNetSpec | DenseSpec, input_shape: Shape, classes: int) -> list[LayerRow]:
    """The layers in order, of a network whose kernels and pools all fit the maps that reach them.

    `cnnlab.arithmetic.network.layer_rows` also refuses the others.
    """
    layers = plan(model, classes)
    seen = seen_by_dense(layers, input_shape)
    return [_row(step, input_shape, seen) for step in steps(layers, input_shape)]


def cost(step: Step) -> Cost:
    """The parameters and multiply-adds of one layer; most have none."""
    layer, before, after = step
    match layer:
        case Conv2D(filters=filters, kernel_size=k):
            weights = k * k * before.channels * filters
            return Cost(weights + (filters if layer.use_bias else 0), after.height * after.width * weights)
        case BatchNormalization():
            return Cost(4 * after.channels, after.values)
        case Dense(units=units):
            return Cost((before.values + 1) * units, before.values * units)
    return Cost(0, 0)


def totals(rows: list[LayerRow]) -> Totals:
    """The sums of a network's rows."""
    params = sum(row.params for row in rows)
    trainable = sum(row.trainable_params for row in rows)
    return Totals(params, trainable, sum(row.macs for row in rows), params * 4 / 1024)


def _row(step: Step, image: Shape, seen: Seen) -> LayerRow:
    layer, _, after = step
    is_map = layer.block is not None
    whole = isinstance(layer, Dense | Dropout)
    params, macs = cost(step)
    return LayerRow(
        name=layer.name,
        type=layer.type,
        output_shape=after.shape if is_map else (after.values,),
        params=params,
        macs=macs,
        receptive_field=max(seen.rows, seen.columns) if whole else after.field,
        shape_text=why_shape(step, image, seen),
        params_text=why_params(step),
    )
