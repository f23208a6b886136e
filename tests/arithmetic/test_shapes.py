import keras
import numpy as np
import tensorflow as tf
from hypothesis import assume, example, given, settings
from hypothesis import strategies as st

from cnnlab.arithmetic.network import check, layer_rows
from cnnlab.models.build import build
from cnnlab.spec import ConvBlock, ConvNetSpec, DenseSpec
from tests.networks import KERAS_IS_SLOW, LAB, cnn

# Receptive fields, from the gradient of a network of positive constants


def positive_linear(spec: ConvNetSpec, shape: tuple[int, int, int]) -> keras.Model:
    """The network with all weights 1, so that nothing cancels and every dependence shows."""
    model = build(spec, shape, 2)
    for weight in model.trainable_weights:
        weight.assign(tf.ones_like(weight))
    return model


def support(model: keras.Model, layer: str, shape: tuple[int, int, int]) -> tuple[int, int]:
    """Height and width of the pixels that one value, in the middle of its map, depends on."""
    part = keras.Model(model.inputs, model.get_layer(layer).output)
    image = tf.ones((1, *shape))
    with tf.GradientTape() as tape:
        tape.watch(image)
        values = part(image)[0]
        middle = tuple(side // 2 for side in values.shape[:-1])
        value = values[(*middle, 0)]
    pixels = np.argwhere(np.any(tape.gradient(value, image)[0].numpy() != 0, axis=-1))
    return tuple(int(extent) for extent in np.ptp(pixels, axis=0) + 1)


linear_blocks = st.builds(
    ConvBlock,
    filters=st.just(1),
    kernel_size=st.integers(1, 5),
    pool_size=st.integers(2, 3),
    pooling=st.sampled_from(["average", "average", "none"]),
    padding=st.sampled_from(["valid", "same"]),
)
linear_nets = st.builds(
    ConvNetSpec,
    blocks=st.lists(linear_blocks, min_size=1, max_size=3).map(tuple),
    activation=st.just("linear"),
    dense_units=st.just(1),
)


average = {"filters": 1, "pooling": "average"}
LINEAR_LAB = cnn(average, average, activation="linear", dense_units=1)
# The second kernel's padding lies over pixels that the pooling before it has dropped.
PHANTOM = cnn(
    {**average, "padding": "same", "pool_size": 3},
    {**average, "padding": "same", "pooling": "none"},
    activation="linear",
    dense_units=1,
)


@settings(max_examples=25, **KERAS_IS_SLOW)
@given(linear_nets)
def test_a_map_sees_the_square_of_pixels_that_its_gradient_reaches(spec):
    side = 3 * layer_rows(spec, (999, 999, 1), 2)[-4].receptive_field + 9
    shape = (side, side, 1)  # so large that the middle value's square lies inside
    model = positive_linear(spec, shape)
    for row in layer_rows(spec, shape, 2):
        if row.type in ("Conv2D", "AveragePooling2D"):
            assert support(model, row.name, shape) == (row.receptive_field, row.receptive_field)


@settings(max_examples=40, **KERAS_IS_SLOW)
@given(linear_nets, st.tuples(st.integers(4, 32), st.integers(4, 32), st.just(1)))
@example(LINEAR_LAB, (28, 28, 1))
@example(PHANTOM, (28, 20, 1))
def test_a_dense_unit_sees_the_rows_and_columns_that_its_gradient_reaches(spec, shape):
    assume(not check(spec, shape, 2))
    model = positive_linear(spec, shape)
    seen = support(model, "dense", shape)
    row = next(row for row in layer_rows(spec, shape, 2) if row.name == "dense")
    assert row.receptive_field == max(seen)
    sentence = f"It sees {seen[0]}×{seen[1]} of the {shape[0]}×{shape[1]} pixels"
    assert (sentence in row.shape_text) == (seen != shape[:2])


def test_receptive_fields_of_the_lab_network():
    assert [row.receptive_field for row in layer_rows(LAB.model, (28, 28, 1), 10)] == [
        3,
        4,
        8,
        10,
        10,
        26,
        26,
    ]
    assert [row.receptive_field for row in layer_rows(DenseSpec(), (28, 20, 1), 10)] == [1, 28, 28]
