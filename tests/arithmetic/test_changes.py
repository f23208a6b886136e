import keras
import pytest

from cnnlab.arithmetic.changes import cost_change
from cnnlab.models.build import build
from cnnlab.spec import PRESETS, ConvBlock, ConvNetSpec

LAB = PRESETS["lab"].model
SHAPE = (28, 28, 1)


def without_last_block(spec: ConvNetSpec) -> ConvNetSpec:
    return spec.model_copy(update={"blocks": spec.blocks[:-1]})


def test_without_the_second_convolution_the_lab_has_more_parameters_and_why():
    assert cost_change(LAB, without_last_block(LAB), SHAPE, 10) == (
        "parameters 243,786 → 1,386,506 (the flattened map grows from 1,600 to 10,816 values), "
        "multiply-adds 5.06 million → 1.78 million"
    )


@pytest.mark.parametrize(
    "now",
    [
        without_last_block(LAB),
        LAB.model_copy(update={"dense_units": 64}),
        LAB.model_copy(update={"blocks": (ConvBlock(filters=64, padding="same"), *LAB.blocks[1:])}),
    ],
)
def test_the_numbers_are_those_of_keras(now):
    sentence = cost_change(LAB, now, SHAPE, 10)
    before, after = (build(spec, SHAPE, 10) for spec in (LAB, now))
    for network in (before, after):
        assert f"{network.count_params():,}" in sentence
    flattened = [_flattened(network) for network in (before, after)]
    assert (f"from {flattened[0]:,} to {flattened[1]:,} values" in sentence) == (flattened[0] != flattened[1])


def _flattened(network: keras.Model) -> int:
    return next(layer.output.shape[1] for layer in network.layers if isinstance(layer, keras.layers.Flatten))


def test_what_costs_the_same_needs_no_sentence():
    assert cost_change(LAB, LAB.model_copy(update={"dropout": 0.5, "activation": "tanh"}), SHAPE, 10) == ""


def test_a_network_that_fits_no_image_has_no_costs():
    impossible = LAB.model_copy(update={"blocks": (ConvBlock(kernel_size=11, pool_size=8),) * 3})
    assert cost_change(LAB, impossible, SHAPE, 10) == cost_change(impossible, LAB, SHAPE, 10) == ""
