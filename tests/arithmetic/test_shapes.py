import keras
import numpy as np
import tensorflow as tf
from hypothesis import assume, example, given, settings
from hypothesis import strategies as st

from cnnlab.arithmetic.network import check, layer_rows
from cnnlab.arithmetic.shapes import convolved
from cnnlab.models.build import build
from cnnlab.spec import ConvBlock, ConvNetSpec, DenseSpec
from tests.networks import KERAS_IS_SLOW, LAB, cnn, with_stride_within_kernel

# Receptive fields, from the gradient of a network of positive constants


def positive_linear(spec: ConvNetSpec, shape: tuple[int, int, int]) -> keras.Model:
    """The network with all weights 1, so that nothing cancels and every dependence shows."""
    model = build(spec, shape, 2)
    for weight in model.trainable_weights:
        weight.assign(tf.ones_like(weight))
    return model


def support(model: keras.Model, layer: str, shape: tuple[int, int, int]) -> np.ndarray:
    """Which pixels one value, in the middle of its map, depends on: (H, W) bool."""
    part = keras.Model(model.inputs[0], model.get_layer(layer).output)
    image = tf.ones((1, *shape))
    with tf.GradientTape() as tape:
        tape.watch(image)
        values = part(image)[0]
        middle = tuple(side // 2 for side in values.shape[:-1])
        value = values[(*middle, 0)]
    return np.any(tape.gradient(value, image)[0].numpy() != 0, axis=-1)


def extent(pixels: np.ndarray) -> tuple[int, int]:
    """Height and width of the rectangle that these pixels span."""
    return tuple(int(side) for side in np.ptp(np.argwhere(pixels), axis=0) + 1)


linear_blocks = st.builds(
    ConvBlock,
    filters=st.just(1),
    kernel_size=st.integers(1, 5),
    pool_size=st.integers(2, 3),
    pooling=st.sampled_from(["average", "average", "none"]),
    padding=st.sampled_from(["valid", "same"]),
    stride=st.sampled_from([1, 1, 2, 3]),
).map(with_stride_within_kernel)
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


# A stride that misses the last rows, and one that pads one border more than the other.
STRIDES = cnn(
    {**average, "kernel_size": 3, "stride": 3, "pooling": "none"},
    {**average, "padding": "same", "stride": 2},
    activation="linear",
    dense_units=1,
)


@settings(max_examples=25, **KERAS_IS_SLOW)
@given(linear_nets)
@example(STRIDES)
def test_a_map_sees_the_square_of_pixels_that_its_gradient_reaches(spec):
    field = layer_rows(spec, (9999, 9999, 1), 2)[-4].receptive_field
    assume(field < 150)  # strides multiply, and so would the memory that the images take
    shape = (3 * field + 9, 3 * field + 9, 1)  # so large that the middle value's square lies inside
    model = positive_linear(spec, shape)
    for row in layer_rows(spec, shape, 2):
        if row.type in ("Conv2D", "AveragePooling2D"):
            assert extent(support(model, row.name, shape)) == (row.receptive_field, row.receptive_field)


@settings(max_examples=40, **KERAS_IS_SLOW)
@given(linear_nets, st.tuples(st.integers(4, 32), st.integers(4, 32), st.just(1)))
@example(LINEAR_LAB, (28, 28, 1))
@example(PHANTOM, (28, 20, 1))
@example(STRIDES, (28, 20, 1))
def test_a_dense_unit_sees_the_rows_and_columns_that_its_gradient_reaches(spec, shape):
    assume(not check(spec, shape, 2))
    model = positive_linear(spec, shape)
    pixels = support(model, "dense", shape)
    seen = int(pixels.any(axis=1).sum()), int(pixels.any(axis=0).sum())
    row = next(row for row in layer_rows(spec, shape, 2) if row.name == "dense")
    assert row.receptive_field == max(extent(pixels))
    sentence = f"It sees {seen[0]}×{seen[1]} of the {shape[0]}×{shape[1]} pixels"
    assert (sentence in row.shape_text) == (seen != shape[:2])


@settings(max_examples=40, **KERAS_IS_SLOW)
@given(linear_nets, st.tuples(st.integers(4, 40), st.integers(4, 40), st.just(1)))
@example(STRIDES, (28, 20, 1))
def test_a_maps_first_value_begins_at_its_top_and_left_and_its_neighbours_a_jump_further(spec, shape):
    """Row by row and column by column: what lies outside a value's field does not reach it."""
    assume(not check(spec, shape, 2))
    model = positive_linear(spec, shape)
    for index in range(len(spec.blocks)):
        name = f"conv_{index + 1}"
        maps = convolved(spec, shape, name)
        part = keras.Model(model.inputs[0], model.get_layer(name).output)
        assert part.output.shape[1:] == maps.shape
        place = min(1, maps.height - 1), maps.width - 1
        image = tf.ones((1, *shape))
        with tf.GradientTape() as tape:
            tape.watch(image)
            value = part(image)[0, place[0], place[1], 0]
        reached = np.argwhere(tape.gradient(value, image)[0, ..., 0].numpy())
        corner = place[0] * maps.jump + maps.top, place[1] * maps.jump + maps.left
        assert (reached >= corner).all() and (reached < np.array(corner) + maps.field).all()
        inside = [side > 0 and side + maps.field <= end for side, end in zip(corner, shape, strict=False)]
        if all(inside):  # no padding hides where the field begins
            assert tuple(reached.min(axis=0)) == corner


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
