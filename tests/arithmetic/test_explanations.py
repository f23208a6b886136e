import pytest
from hypothesis import assume, example, given, settings
from hypothesis import strategies as st

from cnnlab.arithmetic.explanations import shape_label
from cnnlab.arithmetic.network import check, layer_rows
from cnnlab.spec import PRESETS
from tests.networks import LAB, cnn, image_shapes, networks


def texts(spec, shape=(28, 28, 1)) -> dict[str, tuple[str, str]]:
    return {row.name: (row.shape_text, row.params_text) for row in layer_rows(spec, shape, 10)}


def test_the_lab_network_explains_its_shapes_and_parameters():
    lab = texts(LAB.model)
    assert lab["conv_1"] == (
        "28 − 3 + 1 = 26: a 3×3 kernel needs a neighbour on each side, so one pixel is lost at each border. "
        "64 filters make 64 maps.",
        "(3·3·1 + 1)·64 = 640: each of the 64 filters has 3·3 weights for the one input map and one bias.",
    )
    assert lab["pool_1"][0] == "26 / 2 = 13: each 2×2 window becomes one value."
    assert lab["conv_2"][1] == (
        "(3·3·64 + 1)·64 = 36,928: each of the 64 filters has 3·3 weights for each of the 64 input maps "
        "and one bias."
    )
    assert lab["pool_2"][0] == (
        "11 / 2 = 5.5, rounded down to 5: the last row and column do not fill a 2×2 window and are dropped."
    )
    assert lab["flatten"][0] == "5 · 5 · 64 = 1,600 values in one row; nothing is computed."
    assert "It sees 26×26 of the 28×28 pixels" in lab["dense"][0]
    assert lab["dense"][1].startswith("(1,600 + 1)·128 = 204,928: each of the 128 units has 1,600 weights")


@pytest.mark.parametrize(
    ("block", "shape", "why"),
    [
        ({"kernel_size": 1}, (28, 28, 1), "28 stays 28: a 1×1 kernel looks at one pixel at a time"),
        ({"kernel_size": 5}, (28, 28, 1), "28 − 5 + 1 = 24: a 5×5 kernel needs 2 neighbours on each side"),
        ({"kernel_size": 5}, (28, 28, 1), "so 2 pixels are lost at each border."),
        ({"kernel_size": 2}, (28, 28, 1), "28 − 2 + 1 = 27: a 2×2 kernel must lie wholly inside the map"),
        ({"kernel_size": 2}, (28, 28, 1), "so one row and one column are lost."),
        ({"kernel_size": 8}, (28, 28, 1), "28 − 8 + 1 = 21: an 8×8 kernel"),
        ({"kernel_size": 8}, (28, 28, 1), "so 7 rows and 7 columns are lost."),
        ({"padding": "same"}, (28, 28, 1), "28 + 2 − 3 + 1 = 28: padding 'same' adds one pixel of zeros"),
        ({"padding": "same"}, (28, 28, 1), "one pixel of zeros at each border, so nothing is lost."),
        ({"padding": "same", "kernel_size": 2}, (28, 28, 1), "28 + 1 − 2 + 1 = 28: padding 'same' adds one"),
        ({"padding": "same", "kernel_size": 2}, (28, 28, 1), "one pixel of zeros at the bottom and right"),
        ({"padding": "same", "kernel_size": 4}, (28, 28, 1), "at the top and left and 2 at the bottom"),
        ({"kernel_size": 3}, (28, 20, 1), "Height 28 − 3 + 1 = 26; width 20 − 3 + 1 = 18: a 3×3 kernel"),
        ({"filters": 1}, (28, 28, 1), "1 filter makes 1 map."),
        ({"stride": 2}, (28, 28, 1), "(28 − 3) / 2 rounded down + 1 = 13: a 3×3 kernel moves 2 pixels at a"),
        ({"stride": 2}, (28, 28, 1), "at a time and does not reach the last row and column. 64 filters"),
        ({"stride": 2}, (29, 29, 1), "(29 − 3) / 2 + 1 = 14: a 3×3 kernel moves 2 pixels at a time. 64"),
        ({"stride": 3}, (28, 29, 1), "Height (28 − 3) / 3 rounded down + 1 = 9; width (29 − 3) / 3 rounded"),
        ({"stride": 3}, (28, 29, 1), "does not reach the last row and the last 2 columns."),
        ({"stride": 2, "padding": "same"}, (27, 27, 1), "27 / 2 rounded up = 14: a 3×3 kernel moves 2"),
        ({"stride": 2, "padding": "same"}, (27, 27, 1), "'same' adds one pixel of zeros at each border."),
        ({"stride": 2, "padding": "same"}, (28, 28, 1), "28 / 2 = 14: a 3×3 kernel moves 2 pixels at a"),
        ({"stride": 2, "padding": "same"}, (28, 28, 1), "adds one pixel of zeros at the bottom and right."),
        ({"stride": 2, "padding": "same"}, (28, 27, 1), "adds zeros where the kernel reaches over a border."),
        ({"stride": 3, "padding": "same"}, (27, 27, 1), "'same' adds no zeros."),
    ],
)  # fmt: skip
def test_a_convolution_explains_its_shape(block, shape, why):
    assert why in texts(cnn(block), shape)["conv_1"][0]


@pytest.mark.parametrize(
    ("size", "shape", "why"),
    [
        (3, (28, 28, 1), "28 / 3 ≈ 9.33, rounded down to 9: the last row and column do not fill"),
        (5, (28, 28, 1), "28 / 5 = 5.6, rounded down to 5: the last 3 rows and columns do not fill"),
        (8, (21, 21, 1), "21 / 8 = 2.625, rounded down to 2: the last 5 rows and columns do not fill an 8×8"),
        (2, (29, 28, 1), "Height 29 / 2 = 14.5, rounded down to 14; width 28 / 2 = 14: the last row"),
        (2, (29, 28, 1), "the last row does not fill a 2×2 window and is dropped."),
        (2, (28, 29, 1), "the last column does not fill a 2×2 window and is dropped."),
        (3, (28, 29, 1), "the last row and the last 2 columns do not fill a 3×3 window and are dropped."),
        (4, (28, 20, 1), "Height 28 / 4 = 7; width 20 / 4 = 5: each 4×4 window becomes one value."),
    ],
)  # fmt: skip
def test_a_pooling_explains_its_shape(size, shape, why):
    assert why in texts(cnn({"kernel_size": 1, "pool_size": size}), shape)["pool_1"][0]


def test_batch_normalisation_explains_the_missing_bias_and_its_own_parameters():
    explained = texts(cnn({"batch_norm": True, "filters": 8}), (28, 28, 3))
    assert explained["conv_1"][1].startswith(
        "3·3·3·8 = 216: each of the 8 filters has 3·3 weights for each of"
    )
    assert "No bias" in explained["conv_1"][1]
    assert explained["norm_1"][1].startswith("4·8 = 32: for each map two learned values")


@settings(max_examples=100, deadline=None)
@given(networks, image_shapes, st.integers(2, 12))
@example(PRESETS["deep"].model, (28, 28, 1), 10)
def test_the_calculation_of_the_parameters_ends_in_their_number(spec, shape, classes):
    assume(not check(spec, shape, classes))
    for row in layer_rows(spec, shape, classes):
        calculation = row.params_text.split(":")[0]
        assert calculation.split(" = ")[-1] == f"{row.params:,}"


@pytest.mark.parametrize(("shape", "text"), [((26, 26, 64), "26×26×64"), ((1600,), "1,600"), ((10,), "10")])
def test_shapes_are_written_with_times_signs_and_thousands(shape, text):
    assert shape_label(shape) == text
