import numpy as np
import pytest

from cnnlab.data.pixels import network_input, permuted, pixel_order, pixel_values, scaled, unshuffled
from cnnlab.spec import DataSpec

SHUFFLED = DataSpec(shuffled_pixels=True)


def test_pixels_are_scaled_by_255_to_float32():
    x = np.arange(256, dtype=np.uint8).reshape(1, 16, 16, 1)
    result = scaled(x)
    assert result.dtype == np.float32
    np.testing.assert_array_equal(result.ravel(), np.arange(256, dtype=np.float32) / np.float32(255))


@pytest.mark.parametrize("x", [np.zeros((1, 2, 2, 1), np.float32), np.zeros((1, 2, 2), np.uint8)])
def test_nothing_is_scaled_twice_or_without_channels(x):
    with pytest.raises(ValueError, match=r"must be \(N, H, W, C\) uint8"):
        scaled(x)


@pytest.mark.parametrize("height, width", [(28, 28), (32, 32), (5, 9), (1, 1)])
def test_the_order_of_shuffled_pixels_is_a_permutation_that_depends_on_the_size_alone(height, width):
    order = pixel_order(height, width).copy()
    assert sorted(order) == list(range(height * width))
    pixel_order.cache_clear()
    np.random.default_rng(0).random(10)
    np.testing.assert_array_equal(pixel_order(height, width), order)


def test_shuffled_pixels_leave_hardly_any_pixel_in_its_place():
    assert np.count_nonzero(pixel_order(28, 28) == np.arange(784)) < 8  # one is to be expected


@pytest.mark.parametrize("channels", [1, 3])
def test_shuffling_moves_whole_pixels_alike_in_every_image_whether_one_or_many(channels):
    x = np.random.default_rng(0).random((4, 6, 5, channels), dtype=np.float32)
    shuffled = permuted(x, SHUFFLED)
    assert shuffled.dtype == np.float32
    for image, moved in zip(x, shuffled, strict=True):
        expected = [image[divmod(int(source), 5)] for source in pixel_order(6, 5)]
        np.testing.assert_array_equal(moved.reshape(30, channels), expected)
        np.testing.assert_array_equal(permuted(image, SHUFFLED), moved)


def test_without_the_setting_no_pixel_moves():
    x = np.random.default_rng(0).random((2, 6, 5, 1), dtype=np.float32)
    assert permuted(x, DataSpec()) is x


@pytest.mark.parametrize("shape", [(4, 6, 5, 1), (6, 5, 3)])
def test_unshuffling_puts_every_pixel_back(shape):
    x = np.random.default_rng(0).random(shape, dtype=np.float32)
    np.testing.assert_array_equal(unshuffled(permuted(x, SHUFFLED)), x)


@pytest.mark.parametrize("shuffled", [False, True])
def test_raw_pixels_are_the_numbers_that_are_stored(shuffled):
    x = np.arange(256, dtype=np.uint8).reshape(1, 16, 16, 1)
    spec = DataSpec(pixels="raw", shuffled_pixels=shuffled)
    result = network_input(x, spec)
    assert result.dtype == np.float32
    np.testing.assert_array_equal(result, permuted(x.astype(np.float32), spec))


def test_pictures_stay_as_they_are_where_pixels_are_scaled():
    pictures = np.random.default_rng(0).random((2, 3, 3, 1), dtype=np.float32)
    assert pixel_values(pictures, "scaled") is pictures
    np.testing.assert_array_equal(pixel_values(pictures, "raw"), pictures * 255)
    assert pixel_values(pictures, "raw").dtype == np.float32
