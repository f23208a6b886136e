from typing import get_args

import keras
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from cnnlab.inside.pooling import pool, rebuilt, retention
from cnnlab.models.layers import MinPooling2D
from cnnlab.spec import POOLINGS, Padding

LAYERS = {"max": keras.layers.MaxPooling2D, "average": keras.layers.AveragePooling2D, "min": MinPooling2D}
PADDINGS = get_args(Padding)


def numbers(seed: int, *shape: int) -> np.ndarray:
    return np.random.default_rng(seed).normal(size=shape).astype(np.float32)


def by_keras(maps: np.ndarray, size: int, kind: str, padding: str) -> np.ndarray:
    return keras.ops.convert_to_numpy(LAYERS[kind](size, padding=padding)(maps[None]))[0]


@pytest.mark.parametrize("padding", PADDINGS)
@pytest.mark.parametrize("kind", POOLINGS)
@pytest.mark.parametrize("size", [1, 2, 3, 4, 5, 8])
@pytest.mark.parametrize("sides", [(8, 8), (11, 11), (13, 9)])
def test_pooling_is_that_of_keras_with_and_without_a_remainder(sides, size, kind, padding):
    maps = numbers(1, *sides, 3)
    found = pool(maps, size, kind, padding).values
    assert found.dtype == np.float32
    np.testing.assert_allclose(found, by_keras(maps, size, kind, padding), rtol=1e-6, atol=1e-6)


@given(
    sides=st.tuples(st.integers(5, 12), st.integers(5, 12)),
    channels=st.integers(1, 3),
    size=st.integers(1, 5),
    kind=st.sampled_from(["max", "min"]),
    padding=st.sampled_from(PADDINGS),
    seed=st.integers(0, 2**32 - 1),
)
def test_each_kept_value_stands_where_it_is_said_to_come_from_inside_its_window(
    sides, channels, size, kind, padding, seed
):
    maps = numbers(seed, *sides, channels)
    values, rows, columns = pool(maps, size, kind, padding)
    assert values.shape == rows.shape == columns.shape
    np.testing.assert_array_equal(maps[rows, columns, np.arange(channels)], values)
    for places, side, axis in ((rows, sides[0], 0), (columns, sides[1], 1)):
        before = (-side % size) // 2 if padding == "same" else 0
        window = np.expand_dims(np.arange(values.shape[axis]), tuple({0, 1, 2} - {axis}))
        np.testing.assert_array_equal((places + before) // size, np.broadcast_to(window, values.shape))


@pytest.mark.parametrize("kind", ["max", "min"])
def test_of_equal_values_the_first_in_reading_order_is_kept(kind):
    _, rows, columns = pool(np.ones((4, 4, 1), np.float32), 2, kind)
    np.testing.assert_array_equal(rows[..., 0], [[0, 0], [2, 2]])
    np.testing.assert_array_equal(columns[..., 0], [[0, 2], [0, 2]])


def test_an_average_comes_from_no_single_pixel():
    pooled = pool(numbers(0, 4, 4, 1), 2, "average")
    assert (pooled.rows, pooled.columns) == (None, None)


def test_a_value_that_is_not_finite_is_kept_not_hidden():
    maps = np.zeros((4, 4, 1), np.float32)
    maps[1, 1] = np.nan
    for kind in POOLINGS:
        np.testing.assert_array_equal(np.isnan(pool(maps, 2, kind).values[..., 0]), [[1, 0], [0, 0]])


@pytest.mark.parametrize("size", [0, 5])
def test_a_window_that_does_not_fit_is_refused_with_the_control_that_mends_it(size):
    with pytest.raises(ValueError, match=r"(not 0|does not fit the 4×9 map).*'Pool size'"):
        pool(np.zeros((4, 9, 1)), size, "max")


@pytest.mark.parametrize("shape", [(4, 4), (1, 4, 4, 1), (0, 4, 1)])
def test_maps_of_another_shape_are_refused(shape):
    with pytest.raises(ValueError, match=r"Maps must be \(H, W, C\)"):
        pool(np.zeros(shape), 2, "max")


@pytest.mark.parametrize(("side", "share"), [(28, 196 / 784), (26, 169 / 676), (11, 25 / 121)])
def test_the_share_of_positions_counts_dropped_rows_and_columns_as_lost(side, share):
    for kind in POOLINGS:
        assert retention(numbers(2, side, side, 3), 2, kind).positions == share


def test_the_share_of_energy_is_the_pooled_squares_over_all_squares():
    maps = np.array([[1, 2, 3], [0, -4, 5], [6, 7, 8]], np.float32)[
        ..., None
    ]  # the 3, 5, 6, 7, 8 are dropped
    all_squares = 1 + 4 + 9 + 0 + 16 + 25 + 36 + 49 + 64
    assert retention(maps, 2, "max").energy == pytest.approx(2**2 / all_squares)
    assert retention(maps, 2, "min").energy == pytest.approx((-4) ** 2 / all_squares)
    assert retention(maps, 2, "average").energy == pytest.approx((-1 / 4) ** 2 / all_squares)


@pytest.mark.parametrize("kind", POOLINGS)
def test_a_constant_map_keeps_as_much_energy_as_positions(kind):
    share = retention(np.full((9, 9, 2), -0.3, np.float32), 2, kind)
    assert share.energy == pytest.approx(share.positions)
    assert share.error is None


def test_where_a_value_is_not_finite_there_is_nothing_to_compare_with():
    maps = numbers(6, 4, 4, 1)
    maps[0, 0] = np.inf
    with np.errstate(invalid="ignore"):
        share = retention(maps, 2, "max")
    assert (share.positions, share.energy, share.error) == (1 / 4, None, None)


@pytest.mark.parametrize("kind", POOLINGS)
def test_where_there_is_no_energy_there_is_no_share_of_it(kind):
    share = retention(np.zeros((4, 4, 1), np.float32), 2, kind)
    assert (share.energy, share.error) == (None, None)


@pytest.mark.parametrize("padding", PADDINGS)
@pytest.mark.parametrize("kind", POOLINGS)
def test_a_map_that_is_even_within_each_window_is_rebuilt_perfectly(kind, padding):
    maps = numbers(3, 5, 4, 2).repeat(3, axis=0).repeat(3, axis=1)
    share = retention(maps, 3, kind, padding)
    assert share.error == pytest.approx(0)
    assert share.energy == pytest.approx(1 / 9)


def test_the_error_is_that_of_the_rebuilt_maps_over_the_variance_about_each_maps_mean():
    maps = numbers(4, 6, 6, 3) + np.array([0, 5, -9], np.float32)
    copy = pool(maps, 2, "max").values.repeat(2, axis=0).repeat(2, axis=1)
    expected = np.mean((copy - maps) ** 2) / np.mean(np.var(maps, axis=(0, 1)))
    assert retention(maps, 2, "max").error == pytest.approx(expected, rel=1e-5)


@given(seed=st.integers(0, 2**32 - 1), size=st.integers(2, 4))
def test_no_other_pooling_can_be_rebuilt_better_than_the_average(seed, size):
    maps = numbers(seed, size * 3, size * 2, 2)
    errors = {kind: retention(maps, size, kind).error for kind in POOLINGS}
    assert errors["average"] < min(errors["max"], errors["min"])
    assert errors["average"] <= 1


@pytest.mark.parametrize(
    ("padding", "expected"),
    [("valid", [[0, 0, 1, 1, 1]] * 2 + [[2, 2, 3, 3, 3]] * 3), ("same", [[0, 0, 1, 1, 2]] * 2)],
)
def test_rebuilt_pixels_have_their_windows_value_and_dropped_ones_their_neighbours(padding, expected):
    sides = (len(expected), 5)
    shape = (2, 2, 1) if padding == "valid" else (1, 3, 1)
    pooled = np.arange(np.prod(shape), dtype=np.float32).reshape(shape)
    np.testing.assert_array_equal(rebuilt(pooled, 2, sides, padding)[..., 0], expected)
