from typing import get_args

import keras
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.signal import correlate

from cnnlab.inside.convolution import Norm, activate, convolve
from cnnlab.spec import Activation, Padding

PADDINGS = get_args(Padding)
ACTIVATIONS = get_args(Activation)
FLOAT32 = {"rtol": 1e-5, "atol": 1e-5}


def numbers(seed: int, *shape: int) -> np.ndarray:
    return np.random.default_rng(seed).normal(size=shape).astype(np.float32)


def filter_of(weights: np.ndarray, bias: float, padding: str, stride: int = 1) -> keras.layers.Conv2D:
    """Keras's convolution with exactly this one filter."""
    layer = keras.layers.Conv2D(1, weights.shape[0], strides=stride, padding=padding)
    layer.build((None, None, None, weights.shape[2]))
    layer.set_weights([weights[..., None], np.array([bias], np.float32)])
    return layer


@given(
    side=st.integers(1, 6),
    more=st.tuples(st.integers(0, 7), st.integers(0, 7)),
    channels=st.integers(1, 4),
    seed=st.integers(0, 2**32 - 1),
)
def test_a_valid_convolution_is_scipys_correlation_summed_over_the_maps(side, more, channels, seed):
    maps = numbers(seed, side + more[0], side + more[1], channels)
    kernel = numbers(seed + 1, side, side, channels)
    expected = correlate(maps, kernel, mode="valid", method="direct")[:, :, 0]
    np.testing.assert_allclose(convolve(maps, kernel), expected, **FLOAT32)


@pytest.mark.parametrize("side", [1, 3, 5])
def test_a_same_convolution_of_an_odd_kernel_is_scipys(side):
    maps, kernel = numbers(1, 7, 9, 3), numbers(2, side, side, 3)
    expected = sum(correlate(maps[..., c], kernel[..., c], mode="same", method="direct") for c in range(3))
    np.testing.assert_allclose(convolve(maps, kernel, padding="same"), expected, **FLOAT32)


@pytest.mark.parametrize("padding", PADDINGS)
@pytest.mark.parametrize("side", range(1, 9))
@pytest.mark.parametrize("channels", [1, 64])
def test_a_convolution_is_that_of_keras_for_odd_and_even_kernels(side, padding, channels):
    maps, kernel = numbers(3, 9, 8, channels), numbers(4, side, side, channels)
    expected = keras.ops.convert_to_numpy(filter_of(kernel, 0.7, padding)(maps[None]))[0, :, :, 0]
    found = convolve(maps, kernel, 0.7, padding)
    assert found.dtype == np.float32
    np.testing.assert_allclose(found, expected, rtol=1e-4, atol=1e-4)


@pytest.mark.parametrize("padding", PADDINGS)
@pytest.mark.parametrize("side", range(1, 9))
@pytest.mark.parametrize("stride", [2, 3])
def test_a_convolution_with_a_stride_is_that_of_keras(side, padding, stride):
    for height, width in ((9, 8), (10, 13), (11, 12)):
        maps, kernel = numbers(5, height, width, 3), numbers(6, side, side, 3)
        layer = filter_of(kernel, 0.7, padding, stride)
        expected = keras.ops.convert_to_numpy(layer(maps[None]))[0, :, :, 0]
        np.testing.assert_allclose(
            convolve(maps, kernel, 0.7, padding, stride), expected, rtol=1e-4, atol=1e-4
        )


def test_the_odd_row_and_column_of_zeros_stand_at_the_bottom_and_right():
    ones, corners = np.ones((3, 3, 1), np.float32), np.zeros((2, 2, 1), np.float32)
    corners[1, 1] = 1  # looks one down and one to the right
    np.testing.assert_array_equal(convolve(ones, corners, padding="same"), [[1, 1, 0], [1, 1, 0], [0, 0, 0]])


def test_the_kernel_is_not_turned_round():
    spot = np.zeros((3, 3, 1), np.float32)
    spot[1, 1] = 1
    kernel = np.arange(9, dtype=np.float32).reshape(3, 3, 1)
    np.testing.assert_array_equal(convolve(spot, kernel, padding="same"), kernel[::-1, ::-1, 0])


def test_the_sum_of_many_maps_is_exact_to_single_precision():
    maps = np.full((1, 1, 512), 1e4, np.float32)
    kernel = np.where(np.arange(512) % 2, 1, -1).astype(np.float32).reshape(1, 1, 512)
    kernel[0, 0, 0] += 1e-3
    exact = float(maps.astype(np.float64).ravel() @ kernel.astype(np.float64).ravel())
    assert convolve(maps, kernel)[0, 0] == np.float32(exact)


def test_a_kernel_larger_than_the_map_is_refused_where_it_must_lie_inside():
    maps, kernel = numbers(0, 3, 8, 1), numbers(0, 5, 5, 1)
    with pytest.raises(ValueError, match=r"5×5 kernel does not fit the 3×8 map.*'Padding'"):
        convolve(maps, kernel)
    assert convolve(maps, kernel, padding="same").shape == (3, 8)


@pytest.mark.parametrize("shape", [(3, 3), (3, 2, 2), (3, 3, 1), (3, 3, 2, 1), ()])
def test_a_kernel_of_another_shape_is_refused(shape):
    with pytest.raises(ValueError, match=r"must be \(k, k, 2\)"):
        convolve(np.zeros((5, 5, 2)), np.zeros(shape))


@pytest.mark.parametrize("shape", [(5, 5), (1, 5, 5, 2), (0, 5, 2)])
def test_maps_of_another_shape_are_refused(shape):
    with pytest.raises(ValueError, match=r"Maps must be \(H, W, C\)"):
        convolve(np.zeros(shape), np.zeros((3, 3, 2)))


@pytest.mark.parametrize("name", ACTIVATIONS)
def test_an_activation_is_that_of_keras(name):
    values = np.concatenate([np.linspace(-12, 12, 97), [-1000, 1000, 0]]).astype(np.float32).reshape(10, 10)
    expected = keras.ops.convert_to_numpy(keras.activations.get(name)(values))
    with np.errstate(all="raise", under="ignore"):
        found = activate(values, name)
    assert found.dtype == np.float32
    np.testing.assert_allclose(found, expected, rtol=2e-5, atol=1e-6)


def test_scale_and_shift_of_a_norm_do_what_keras_does_in_prediction():
    layer = keras.layers.BatchNormalization()
    layer.build((None, 1))
    gamma, beta, mean, variance = 1.5, -0.2, 0.7, 2.0
    layer.set_weights([np.array([number], np.float32) for number in (gamma, beta, mean, variance)])
    scale = gamma / np.sqrt(variance + layer.epsilon)
    norm = Norm(scale, beta - mean * scale)
    values = numbers(5, 20, 1)
    expected = keras.ops.convert_to_numpy(layer(values, training=False))
    np.testing.assert_allclose(values * norm.scale + norm.shift, expected, **FLOAT32)
