import numpy as np
import pytest
from hypothesis import assume, example, given, settings
from hypothesis import strategies as st

from cnnlab.arithmetic.network import check, layer_rows, matching_units, remedies, totals
from cnnlab.spec import DenseSpec
from tests.networks import LAB, cnn, conv_nets, image_shapes

# What is impossible or too large


@pytest.mark.parametrize(
    ("spec", "shape", "sentence"),
    [
        (
            cnn({"pool_size": 5}, {"pool_size": 5}),
            (28, 28, 1),
            "Block 2: pool 5×5 does not fit the 3×3 map that reaches it: lower 'Pool size' to 4 in every "
            "block, or set 'Padding' to same in every block, or lower 'Convolution blocks' to 1.",
        ),
        (
            cnn({"kernel_size": 7}, {"kernel_size": 11, "padding": "valid"}),
            (20, 28, 1),
            "Block 2: kernel 11×11 does not fit the 7×11 map that reaches it: lower 'Kernel size' of block 2 "
            "to 6, or set 'Padding' to same in every block, or lower 'Convolution blocks' to 1.",
        ),
        (
            cnn({"kernel_size": 5, "pool_size": 5, "padding": "same"}),
            (4, 4, 1),
            "Block 1: pool 5×5 does not fit the 4×4 map that reaches it: lower 'Pool size' to 4, "
            "or set 'Pooling' to none.",
        ),
        (
            cnn({"stride": 3}, {"stride": 3}),
            (28, 28, 1),
            "Block 2: pool 2×2 does not fit the 1×1 map that reaches it: lower 'Stride' to 2 in every block, "
            "or set 'Padding' to same in every block, or lower 'Convolution blocks' to 1.",
        ),
        (
            cnn({"stride": 3, "kernel_size": 2}, {}),
            (28, 28, 1),
            "Block 1: stride 3 steps over pixels that the 2×2 kernel does not see: lower 'Stride' of block 1 "
            "to 2.",
        ),
        (
            DenseSpec(units=16_384),
            (32, 32, 3),
            "The dense-only network has 50,511,882 parameters, 50,348,032 of them in 'dense'; "
            "at most 20,000,000 are allowed: lower 'Baseline units' to 4,096.",
        ),
        (
            cnn({"padding": "same", "pooling": "none"}, dense_units=4096),
            (28, 28, 1),
            "The network has 205,566,602 parameters, 205,524,992 of them in 'dense'; "
            "at most 20,000,000 are allowed: lower 'Dense units' to 256, or lower 'Filters' to 4.",
        ),
        (
            DenseSpec(units=4096, second_units=8192),
            (28, 28, 1),
            "The dense-only network has 36,859,914 parameters, 33,562,624 of them in 'dense_2'; "
            "at most 20,000,000 are allowed: lower 'Baseline units' to 2,048, or lower 'Second baseline "
            "layer' to 2,048.",
        ),
        (
            cnn({}, dense_units=4096, second_dense_units=4096),
            (28, 28, 1),
            "The network has 61,129,354 parameters, 44,306,432 of them in 'dense'; "
            "at most 20,000,000 are allowed: lower 'Dense units' to 1,024, or lower 'Filters' to 4.",
        ),
        (
            cnn({"filters": 128}, {"filters": 128, "kernel_size": 11, "padding": "same"}),
            (64, 64, 1),
            "The network needs 1,913,263,872 multiply-adds per image, 1,905,147,904 of them in 'conv_2'; "
            "at most 1,000,000,000 are allowed: lower 'Filters' to 64 in every block, "
            "or lower 'Kernel size' of block 2 to 7.",
        ),
    ],
)
def test_check_says_what_is_wrong_and_which_controls_mend_it(spec, shape, sentence):
    assert check(spec, shape) == [sentence]


def test_images_that_no_setting_can_mend_are_named_as_the_problem():
    sentences = check(DenseSpec(), (20_000, 20_000, 3))
    assert len(sentences) == 2
    assert all(sentence.endswith(": use smaller images.") for sentence in sentences)
    assert remedies(DenseSpec(), (20_000, 20_000, 3)) == []


# Matching the baseline to the CNN


@settings(max_examples=60, deadline=None)
@given(conv_nets, image_shapes, st.integers(2, 12))
@example(cnn({"filters": 512, "kernel_size": 1}, {"filters": 512, "kernel_size": 8}), (24, 24, 1), 2)
@example(cnn({"filters": 1, "kernel_size": 1}), (4, 4, 1), 2)
def test_matching_units_come_closest_of_all_units_and_are_the_smaller_of_two(spec, shape, classes):
    assume(not check(spec, shape, classes))
    wanted = totals(layer_rows(spec, shape, classes))
    inputs = int(np.prod(shape))
    units = np.arange(1, 16_385)
    distances = np.abs((inputs + 1) * units + (units + 1) * classes - wanted.params)
    assert matching_units(spec, shape, classes) == units[np.argmin(distances)]
    distances = np.abs((inputs + classes) * units - wanted.macs)
    assert matching_units(spec, shape, classes, "macs") == units[np.argmin(distances)]


@settings(max_examples=60, deadline=None)
@given(conv_nets, image_shapes, st.integers(2, 12), st.integers(1, 300))
@example(cnn({"filters": 1, "kernel_size": 1}), (4, 4, 1), 2, 300)  # even one unit costs more than the CNN
def test_matching_units_take_the_second_layer_into_account(spec, shape, classes, second):
    assume(not check(spec, shape, classes))
    wanted = totals(layer_rows(spec, shape, classes))
    for by in ("params", "macs"):
        units = matching_units(spec, shape, classes, by, second)

        def distance(units: int) -> int:
            rows = layer_rows(DenseSpec(units=units, second_units=second), shape, classes)
            return abs(getattr(totals(rows), by) - getattr(wanted, by))  # noqa: B023 called at once

        assert 1 <= units <= 16_384
        assert units == 1 or distance(units) < distance(units - 1)
        assert units == 16_384 or distance(units) <= distance(units + 1)


def test_matching_units_of_two_equally_close_are_the_smaller():
    spec = cnn({"filters": 1, "kernel_size": 2, "pooling": "none"}, dense_units=5)
    params = {units: totals(layer_rows(DenseSpec(units=units), (4, 4, 1), 3)).params for units in (3, 4)}
    assert (params[3], totals(layer_rows(spec, (4, 4, 1), 3)).params, params[4]) == (63, 73, 83)
    assert matching_units(spec, (4, 4, 1), 3) == 3


def test_matching_units_of_the_lab_network_are_within_half_a_unit_of_its_parameters():
    units = matching_units(LAB.model, (28, 28, 1), 10)
    matched = totals(layer_rows(DenseSpec(units=units), (28, 28, 1), 10)).params
    assert abs(matched - 243_786) <= (784 + 1 + 10) / 2


@pytest.mark.parametrize("by", ["params", "macs"])
@pytest.mark.parametrize("units", [1, 7, 300, 16_384])
def test_the_sums_that_units_are_matched_by_are_those_of_the_table(units, by):
    """The closed form of the brute force above, held against the rows of the dense-only network."""
    rows = totals(layer_rows(DenseSpec(units=units), (5, 6, 3), 4))
    expected = {"params": 91 * units + 4 * (units + 1), "macs": 94 * units}
    assert getattr(rows, by) == expected[by]


@pytest.mark.parametrize("by", ["params", "macs"])
def test_an_impossible_cnn_cannot_be_matched(by):
    with pytest.raises(ValueError, match="does not fit"):
        matching_units(cnn({"kernel_size": 11}), (4, 4, 1), 10, by)
