import keras
import numpy as np
import pytest
from keras.src.random.seed_generator import global_seed_generator

from cnnlab.data.pixels import permuted, pixel_order
from cnnlab.models.build import build
from cnnlab.spec import PRESETS, ConvBlock, ConvNetSpec, DataSpec, DenseSpec

SMALL = ConvNetSpec(
    blocks=(ConvBlock(filters=4, batch_norm=True), ConvBlock(filters=6)), dense_units=8, dropout=0.5
)
NETWORKS = [SMALL, DenseSpec(units=8)]
SHAPE = (16, 16, 1)


def same(first: list[np.ndarray], second: list[np.ndarray]) -> bool:
    return all(np.array_equal(a, b) for a, b in zip(first, second, strict=True))


@pytest.mark.parametrize("network", NETWORKS)
def test_the_same_seed_gives_the_same_weights_and_another_seed_others(network):
    first, again, other = (build(network, SHAPE, 10, seed).get_weights() for seed in (3, 3, 4))
    assert same(first, again)
    assert not same(first, other)


def test_layers_of_the_same_shape_start_with_different_weights():
    network = build(ConvNetSpec(blocks=(ConvBlock(filters=1, kernel_size=1, pooling="none"),) * 2), SHAPE, 10)
    assert network.get_layer("conv_1").kernel.shape == network.get_layer("conv_2").kernel.shape
    assert not np.array_equal(network.get_layer("conv_1").kernel, network.get_layer("conv_2").kernel)


def test_the_weights_do_not_depend_on_what_was_built_or_drawn_before():
    alone = build(SMALL, SHAPE, 10, seed=3).get_weights()
    keras.utils.set_random_seed(99)
    build(DenseSpec(), SHAPE, 10, seed=5)
    assert same(build(SMALL, SHAPE, 10, seed=3).get_weights(), alone)


def test_building_leaves_the_global_random_numbers_alone():
    # Not by drawing after a seed was set: Keras seeds its generator from Python's `random`, from which other
    # threads of this process, such as Dask's, may draw at any time.
    of_numpy, of_keras = np.random.get_state()[1].copy(), global_seed_generator()  # noqa: NPY002 see the name
    before = np.asarray(of_keras.state)
    build(SMALL, SHAPE, 10, seed=3)
    np.testing.assert_array_equal(np.random.get_state()[1], of_numpy)  # noqa: NPY002
    assert global_seed_generator() is of_keras
    np.testing.assert_array_equal(np.asarray(of_keras.state), before)


def test_dropout_drops_the_same_units_for_the_same_seed():
    x = np.random.default_rng(0).random((4, *SHAPE), dtype=np.float32)
    first, again, other = (np.asarray(build(SMALL, SHAPE, 10, s)(x, training=True)) for s in (3, 3, 4))
    np.testing.assert_array_equal(first, again)
    assert not np.array_equal(first, other)


def test_the_lab_network_has_the_published_number_of_parameters():
    lab = PRESETS["lab"]
    network = build(lab.model, (28, 28, 1), 10)
    assert [layer.count_params() for layer in network.layers] == [640, 0, 36_928, 0, 0, 204_928, 1_290]
    assert network.count_params() == 243_786
    assert build(lab.baseline, (28, 28, 1), 10).count_params() == 101_770


def test_the_output_is_a_probability_for_each_class():
    x = np.random.default_rng(0).random((5, *SHAPE), dtype=np.float32)
    probabilities = np.asarray(build(SMALL, SHAPE, 7)(x))
    assert probabilities.shape == (5, 7)
    np.testing.assert_allclose(probabilities.sum(axis=1), 1, rtol=1e-6)


@pytest.mark.parametrize("channels", [1, 3])
def test_a_dense_network_with_its_first_weights_moved_like_the_pixels_does_not_mind_the_shuffling(channels):
    shape = (16, 16, channels)
    network = build(DenseSpec(units=8), shape, 10, seed=1)
    x = np.random.default_rng(0).random((5, *shape), dtype=np.float32)
    shuffled = permuted(x, DataSpec(shuffled_pixels=True))
    expected = np.asarray(network(x))
    assert not np.allclose(network(shuffled), expected, atol=1e-3)
    first, *others = network.get_weights()
    by_pixel = first.reshape(256, channels, -1)
    network.set_weights([by_pixel[pixel_order(16, 16)].reshape(first.shape), *others])
    np.testing.assert_allclose(network(shuffled), expected, rtol=1e-5)


def test_pooling_none_leaves_the_pooling_layer_out_and_dropout_zero_the_dropout():
    names = [layer.name for layer in build(ConvNetSpec(blocks=(ConvBlock(pooling="none"),)), SHAPE, 2).layers]
    assert names == ["conv_1", "flatten", "dense", "output"]


def test_a_kernel_larger_than_the_map_is_refused_by_keras():
    with pytest.raises(ValueError):
        build(ConvNetSpec(blocks=(ConvBlock(kernel_size=11),)), (8, 8, 1), 10)
