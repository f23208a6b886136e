"""The numbers and explanations that a lesson's text may name, computed from a person's own settings."""

from collections.abc import Iterator

from cnnlab import words
from cnnlab.arithmetic.network import LayerRow, layer_rows, totals
from cnnlab.checks import refusals
from cnnlab.data.registry import DATASETS
from cnnlab.spec import ComparisonSpec, DenseSpec, network_title

Facts = dict[str, int | str]
"""By name: a whole number, which can be a question's answer, or a text."""

MEANINGS: dict[str, str] = {
    "dataset": "the title of the data set",
    "height": "of an image, in pixels",
    "width": "of an image, in pixels",
    "pixels": "the values of an image: height × width × channels",
    "classes": "how many classes there are",
    "images": "training images, those for validation included",
    "epochs": "of the training",
    "model": "the title of the CNN",
    "model_params": "parameters of the CNN",
    "model_macs": "multiply-adds of the CNN for one image",
    "blocks": "convolution blocks of the CNN",
    "kernel": "side of the first block's kernels",
    "stride": "of the first block's convolution",
    "filters": "filters of the first block",
    "filter_weights": "the weights of one filter of conv_1, in words",
    "filter_numbers": "what one filter of conv_1 learns: its weights, and a bias if it has one",
    "sides": "the sides of the image and of all maps, with arrows between them",
    "flat": "values that leave the layer Flatten",
    "flat_why": "why, as the layer table explains it",
    "dense_params": "parameters of the CNN's hidden dense layer, the first where there are two",
    "dense_params_why": "why",
    "dense_share": "the share of all the CNN's parameters that are in that layer, in percent",
    "baseline": "the title of the dense network",
    "baseline_units": "units of its hidden layer, the first where there are two",
    "baseline_params": "all its parameters",
    "baseline_hidden_params": "parameters of that layer",
    "baseline_hidden_params_why": "why",
    "baseline_macs": "its multiply-adds for one image",
    "LAYER_side": "the height of a layer's maps; LAYER is conv_1, pool_1, conv_2 and so on",
    "LAYER_side_why": "why",
    "LAYER_params": "its parameters",
    "LAYER_params_why": "why",
}
"""What each fact is. One that the settings do not have, such as pool_1_side without pooling, is missing."""

OF_COLOURS = " for each of red, green and blue"
TEXTS = ("dataset", "model", "baseline", "sides", "filter_weights", "dense_share")
"""The facts that are texts and no whole numbers, beside the reasons, whose names end in _why."""


def facts(comparison: ComparisonSpec) -> Facts:
    """All facts of a comparison; empty where it cannot be trained."""
    if refusals(comparison):
        return {}
    info = DATASETS[comparison.data.dataset]
    shape, classes = info.input_shape, len(info.classes)
    height, width, channels = shape
    found: Facts = {
        "dataset": info.title,
        "height": height,
        "width": width,
        "pixels": height * width * channels,
        "classes": classes,
        "images": comparison.data.images,
        "epochs": comparison.training.epochs,
    }
    found |= _of_model(comparison, layer_rows(comparison.model, shape, classes), shape)
    if isinstance(comparison.baseline, DenseSpec):
        found |= _of_baseline(comparison.baseline, layer_rows(comparison.baseline, shape, classes))
    return found


def _of_model(comparison: ComparisonSpec, rows: list[LayerRow], shape: tuple[int, int, int]) -> Facts:
    model, all_of_it = comparison.model, totals(rows)
    kernel, colours = model.blocks[0].kernel_size, shape[2] > 1
    by_type = {row.type: row for row in reversed(rows)}  # the first of each type
    first, flatten, dense = by_type["Conv2D"], by_type["Flatten"], by_type["Dense"]
    maps = [row for row in rows if row.type == "Conv2D" or row.name.startswith("pool_")]
    return {
        "model": network_title(model),
        "model_params": all_of_it.params,
        "model_macs": all_of_it.macs,
        "blocks": len(model.blocks),
        "kernel": kernel,
        "stride": model.blocks[0].stride,
        "filters": model.blocks[0].filters,
        "filter_weights": f"{kernel}×{kernel} weights{OF_COLOURS if colours else ''}",
        "filter_numbers": first.params // model.blocks[0].filters,
        "sides": " → ".join(map(str, [shape[0], *(row.output_shape[0] for row in maps)])),
        "flat": flatten.output_shape[0],
        "flat_why": flatten.shape_text,
        "dense_params": dense.params,
        "dense_params_why": dense.params_text,
        "dense_share": words.percent(dense.params / all_of_it.params, 0),
        **dict(fact for row in maps for fact in _of_layer(row)),
    }


def _of_layer(row: LayerRow) -> Iterator[tuple[str, int | str]]:
    yield f"{row.name}_side", row.output_shape[0]
    yield f"{row.name}_side_why", row.shape_text
    yield f"{row.name}_params", row.params
    yield f"{row.name}_params_why", row.params_text


def _of_baseline(baseline: DenseSpec, rows: list[LayerRow]) -> Facts:
    hidden = next(row for row in rows if row.type == "Dense")
    all_of_it = totals(rows)
    return {
        "baseline": network_title(baseline),
        "baseline_units": baseline.units,
        "baseline_params": all_of_it.params,
        "baseline_hidden_params": hidden.params,
        "baseline_hidden_params_why": hidden.params_text,
        "baseline_macs": all_of_it.macs,
    }
