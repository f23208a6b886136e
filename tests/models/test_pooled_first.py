"""Pooling before bias and activation, held to the order that the model has, in 64-bit floats."""

import keras
import numpy as np
import pytest
import tensorflow as tf

from cnnlab.models.build import logits
from cnnlab.models.layers import MinPooling2D
from cnnlab.models.pooled_first import pooled_first, training_logits
from cnnlab.models.portable import portable

SHAPE, CLASSES, IMAGES = (9, 8, 2), 3, 5
POOLINGS = {
    "max": keras.layers.MaxPooling2D,
    "min": MinPooling2D,
    "average": keras.layers.AveragePooling2D,
}
ACTIVATIONS = ("relu", "tanh", "sigmoid", "linear", "elu", "gelu", "silu")
SAME = [(a, p) for a in ACTIVATIONS[:5] for p in ("max", "min")]
ELSE = [(a, p) for a in ACTIVATIONS for p in POOLINGS if (a, p) not in SAME]


def network(activation: str, pooling: str, padding: str = "valid", dtype: str = "float64", between=None):
    """Two blocks with biases that are not zero."""
    layers = []
    for block in (1, 2):
        layers += [
            keras.layers.Conv2D(
                3,
                3,
                padding="same",
                activation=None if between else activation,
                bias_initializer=keras.initializers.RandomNormal(mean=0.5, seed=block),
                kernel_initializer=keras.initializers.GlorotUniform(seed=block),
                dtype=dtype,
            ),
            *([between(dtype=dtype)] if between else []),
            POOLINGS[pooling](2, padding=padding, dtype=dtype),
        ]
    model = keras.Sequential(
        [
            keras.Input(SHAPE, dtype=dtype),
            *layers,
            keras.layers.Flatten(dtype=dtype),
            keras.layers.Dense(CLASSES, "softmax", dtype=dtype),
        ]
    )
    assert all(variable.dtype == dtype for variable in model.trainable_variables)
    return model


def images(dtype: str = "float64") -> np.ndarray:
    return np.random.default_rng(0).normal(size=(IMAGES, *SHAPE)).astype(dtype)


def scores_and_gradients(model, scores_of, x):
    """The logits and the gradient of each weight."""
    with tf.GradientTape() as tape:
        scores = scores_of(model.layers, x)
        loss = tf.reduce_mean(
            tf.nn.sparse_softmax_cross_entropy_with_logits(np.arange(IMAGES) % CLASSES, scores)
        )
    gradients = tape.gradient(loss, [variable.value for variable in model.trainable_variables])
    return scores.numpy(), [gradient.numpy() for gradient in gradients]


def plain(layers, x):
    return logits(layers, x, training=True)


@pytest.mark.parametrize("padding", ["valid", "same"])
@pytest.mark.parametrize(("activation", "pooling"), SAME)
def test_scores_and_gradients_are_those_of_the_plain_order(activation, pooling, padding):
    model = network(activation, pooling, padding)
    assert pooled_first(model.layers[0], model.layers[1:]) == model.layers[1:2]
    ours = scores_and_gradients(model, training_logits, images())
    theirs = scores_and_gradients(model, plain, images())
    np.testing.assert_allclose(ours[0], theirs[0], rtol=1e-12, atol=1e-13)
    for our, their in zip(ours[1], theirs[1], strict=True):
        assert np.any(their != 0)
        np.testing.assert_allclose(our, their, rtol=1e-10, atol=1e-13)


@pytest.mark.parametrize("pooling", ["max", "min"])
def test_with_relu_in_32_bits_all_but_the_biases_gradients_are_bit_for_bit_the_same(pooling):
    model = network("relu", pooling, dtype="float32")
    ours = scores_and_gradients(model, training_logits, images("float32"))
    theirs = scores_and_gradients(model, plain, images("float32"))
    np.testing.assert_array_equal(ours[0], theirs[0])
    for variable, our, their in zip(model.trainable_variables, ours[1], theirs[1], strict=True):
        if variable.name == "bias":
            np.testing.assert_allclose(our, their, rtol=1e-5, atol=1e-7)
        else:
            np.testing.assert_array_equal(our, their)


@pytest.mark.parametrize(("activation", "pooling"), ELSE)
def test_it_is_not_done_where_it_is_not_the_same(activation, pooling):
    model = network(activation, pooling)
    assert not pooled_first(model.layers[0], model.layers[1:])
    ours = scores_and_gradients(model, training_logits, images())
    theirs = scores_and_gradients(model, plain, images())
    np.testing.assert_array_equal(ours[0], theirs[0])


def test_it_is_not_done_across_batch_normalisation_nor_without_pooling():
    model = network("relu", "max", between=keras.layers.BatchNormalization)
    for place in range(3):
        assert not pooled_first(model.layers[place], model.layers[place + 1 :])
    convolution = keras.layers.Conv2D(3, 3, activation="relu")
    assert not pooled_first(convolution, [keras.layers.Flatten()])
    without_bias = keras.layers.Conv2D(3, 3, use_bias=False)
    assert not pooled_first(without_bias, [keras.layers.MaxPooling2D()])
    assert not pooled_first(keras.layers.Dense(3), [keras.layers.MaxPooling2D()])


def test_an_activation_of_ones_own_stays_where_it_is():
    convolution = keras.layers.Conv2D(3, 3, activation=lambda x: -x)
    assert not pooled_first(convolution, [keras.layers.MaxPooling2D()])


@pytest.mark.parametrize("activation", ACTIVATIONS[:5])
def test_min_pooling_as_it_is_stored_is_computed_as_min_pooling_bit_for_bit(activation):
    model = network(activation, "min", dtype="float32")
    model.compile("sgd", "sparse_categorical_crossentropy")
    stored = portable(model)
    assert pooled_first(stored.layers[0], stored.layers[1:]) == stored.layers[1:4]
    ours = scores_and_gradients(model, training_logits, images("float32"))
    theirs = scores_and_gradients(stored, training_logits, images("float32"))
    np.testing.assert_array_equal(ours[0], theirs[0])
    for our, their in zip(ours[1], theirs[1], strict=True):
        np.testing.assert_array_equal(our, their)


def test_rescaling_around_max_pooling_that_is_no_change_of_sign_is_left_alone():
    convolution = keras.layers.Conv2D(3, 3, activation="relu")
    around = [keras.layers.Rescaling(2.0), keras.layers.MaxPooling2D(), keras.layers.Rescaling(0.5)]
    assert not pooled_first(convolution, around)
