"""The rows of the summary table: every layer of a network with its shape, parameters and cost.

Exact integer arithmetic; the tests hold every row against the layer that Keras builds. This file takes
for granted that the network fits its images, and knows nothing of limits, Keras or screens.
"""

from typing import NamedTuple

from cnnlab.arithmetic import explanations
from cnnlab.arithmetic.shapes import Maps, Shape, after_convolution, after_pooling, blocks_of, seen_side
from cnnlab.spec import POOLINGS, ConvBlock, ConvNetSpec, DenseSpec


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


def unchecked_rows(model: ConvNetSpec | DenseSpec, input_shape: Shape, classes: int) -> list[LayerRow]:
    """The layers in order, of a network whose kernels and pools all fit the maps that reach them.

    `cnnlab.arithmetic.network.layer_rows` is the function that also refuses the others.
    """
    maps = Maps(*input_shape)
    rows: list[LayerRow] = []
    for number, block in enumerate(blocks_of(model), start=1):
        rows += _block_rows(block, number, model.activation, maps)
        maps = after_pooling(after_convolution(maps, block), block)
    return rows + _head_rows(model, maps, input_shape, classes)


def totals(rows: list[LayerRow]) -> Totals:
    """The sums of a network's rows."""
    params = sum(row.params for row in rows)
    trainable = sum(row.trainable_params for row in rows)
    return Totals(params, trainable, sum(row.macs for row in rows), params * 4 / 1024)


def _block_rows(block: ConvBlock, number: int, activation: str, maps: Maps) -> list[LayerRow]:
    convolved = after_convolution(maps, block)
    rows = [_convolution_row(block, number, maps, convolved)]
    if block.batch_norm:
        rows += [_norm_row(number, convolved), _activation_row(number, activation, convolved)]
    if block.pooling != "none":
        rows.append(_pooling_row(block, number, convolved))
    return rows


def _convolution_row(block: ConvBlock, number: int, maps: Maps, after: Maps) -> LayerRow:
    k, filters = block.kernel_size, block.filters
    weights = k * k * maps.channels * filters
    return LayerRow(
        name=f"conv_{number}",
        type="Conv2D",
        output_shape=after.shape,
        params=weights if block.batch_norm else weights + filters,
        macs=after.height * after.width * weights,
        receptive_field=after.field,
        shape_text=explanations.convolution_shape(block, maps),
        params_text=explanations.convolution_params(block, maps.channels),
    )


def _norm_row(number: int, maps: Maps) -> LayerRow:
    return LayerRow(
        name=f"norm_{number}",
        type="BatchNormalization",
        output_shape=maps.shape,
        params=4 * maps.channels,
        macs=maps.values,
        receptive_field=maps.field,
        shape_text=explanations.NORM_SHAPE,
        params_text=explanations.norm_params(maps.channels),
    )


def _activation_row(number: int, activation: str, maps: Maps) -> LayerRow:
    why = explanations.activation_shape(activation)
    return _free_row(f"activation_{number}", "Activation", maps.shape, maps.field, why)


def _pooling_row(block: ConvBlock, number: int, maps: Maps) -> LayerRow:
    after = after_pooling(maps, block)
    why, learned = explanations.pooling_shape(block.pool_size, maps), explanations.pooling_params(block)
    return _free_row(f"pool_{number}", POOLINGS[block.pooling].layer, after.shape, after.field, why, learned)


def _head_rows(model: ConvNetSpec | DenseSpec, maps: Maps, image: Shape, classes: int) -> list[LayerRow]:
    """Flatten, the hidden dense layer, dropout where wanted, the output layer; `maps` reach the first."""
    hidden, dropout = (
        (model.units, 0.0) if isinstance(model, DenseSpec) else (model.dense_units, model.dropout)
    )
    seen = seen_side(image[0], blocks_of(model)), seen_side(image[1], blocks_of(model))
    rows = [
        _free_row("flatten", "Flatten", (maps.values,), maps.field, explanations.flatten_shape(maps)),
        _dense_row("dense", maps.values, hidden, max(seen), explanations.hidden_shape(hidden, seen, image)),
    ]
    if dropout:
        why = explanations.dropout_shape(dropout)
        rows.append(_free_row("dropout", "Dropout", (hidden,), max(seen), why))
    return [*rows, _dense_row("output", hidden, classes, max(seen), explanations.classes_shape(classes))]


def _dense_row(name: str, inputs: int, units: int, seen: int, shape_text: str) -> LayerRow:
    return LayerRow(
        name=name,
        type="Dense",
        output_shape=(units,),
        params=(inputs + 1) * units,
        macs=inputs * units,
        receptive_field=seen,
        shape_text=shape_text,
        params_text=explanations.dense_params(inputs, units),
    )


def _free_row(
    name: str,
    kind: str,
    shape: tuple[int, ...],
    field: int,
    why: str,
    learned: str = explanations.NOTHING_LEARNED,
) -> LayerRow:
    """A layer without parameters and multiply-adds."""
    return LayerRow(name, kind, shape, 0, 0, field, why, learned)
