import numpy as np
import pytest
from hypothesis import assume, example, given, settings
from hypothesis import strategies as st

from cnnlab.arithmetic.network import check, layer_rows, totals
from cnnlab.models.build import build
from cnnlab.spec import PRESETS, ConvNetSpec, DenseSpec
from tests.networks import (
    KERAS_IS_SLOW,
    LAB,
    conv_blocks,
    dense_nets,
    image_shapes,
    large_shapes,
    networks,
    square_shapes,
)

# Against Keras


@settings(max_examples=300, **KERAS_IS_SLOW)
@given(networks, st.one_of(image_shapes, square_shapes, large_shapes), st.integers(2, 12))
@example(LAB.model, (28, 28, 1), 10)
@example(LAB.baseline, (28, 28, 1), 10)
@example(PRESETS["deep"].model, (28, 28, 1), 10)
def test_every_row_equals_the_layer_that_keras_builds_and_impossible_is_what_keras_refuses(
    spec, shape, classes
):
    try:
        model = build(spec, shape, classes)
    except ValueError:
        sentences = check(spec, shape, classes)
        assert len(sentences) == 1
        with pytest.raises(ValueError) as refusal:
            layer_rows(spec, shape, classes)
        assert str(refusal.value) == sentences[0]
        return
    assert check(spec, shape, classes) == []
    rows = layer_rows(spec, shape, classes)
    expected = [
        (layer.name, type(layer).__name__, layer.output.shape[1:], layer.count_params())
        for layer in model.layers
    ]
    assert [(row.name, row.type, row.output_shape, row.params) for row in rows] == expected
    sums = totals(rows)
    assert sums.params == model.count_params()
    assert sums.trainable_params == sum(int(np.prod(weight.shape)) for weight in model.trainable_weights)
    assert sums.macs == sum(row.macs for row in rows)
    assert sums.kib == sums.params * 4 / 1024


def test_the_lab_network_has_the_published_table():
    rows = layer_rows(LAB.model, (28, 28, 1), 10)
    assert [(row.output_shape, row.params) for row in rows] == [
        ((26, 26, 64), 640),
        ((13, 13, 64), 0),
        ((11, 11, 64), 36_928),
        ((5, 5, 64), 0),
        ((1600,), 0),
        ((128,), 204_928),
        ((10,), 1_290),
    ]
    assert totals(rows).params == 243_786
    assert totals(layer_rows(LAB.baseline, (28, 28, 1), 10)).params == 101_770


# Multiply-adds, counted one by one


def counted_macs(spec: ConvNetSpec | DenseSpec, shape: tuple[int, int, int], classes: int) -> int:
    """Walks every window over an array that is really padded, cropped and pooled."""
    maps, count = np.zeros(shape), 0
    for block in spec.blocks if isinstance(spec, ConvNetSpec) else ():
        k, p, s = block.kernel_size, block.pool_size, block.stride
        if block.padding == "same":  # enough zeros for a window at every s-th pixel
            missing = [max(0, (side - 1) // s * s + k - side) for side in maps.shape[:2]]
            maps = np.pad(maps, (*((0, zeros) for zeros in missing), (0, 0)))
        starts = [[y for y in range(0, side, s) if y + k <= side] for side in maps.shape[:2]]
        windows = [maps[y : y + k, x : x + k] for y in starts[0] for x in starts[1]]
        for window in windows:
            for _filter in range(block.filters):
                for _tap in window.flat:
                    count += 1
        maps = np.zeros((len(starts[0]), len(starts[1]), block.filters))
        if block.batch_norm:
            count += maps.size
        if block.pooling != "none":
            maps = maps[p - 1 :: p, p - 1 :: p]  # one value where a whole window ends
    if isinstance(spec, ConvNetSpec):
        hidden = [spec.dense_units, spec.second_dense_units]
    else:
        hidden = [spec.units, spec.second_units]
    values = maps.size
    for units in (*filter(None, hidden), classes):
        for _unit in range(units):
            for _weight in range(values):
                count += 1
        values = units
    return count


@settings(max_examples=60, **KERAS_IS_SLOW)
@given(
    st.one_of(
        st.builds(
            ConvNetSpec,
            blocks=st.lists(conv_blocks, min_size=1, max_size=2).map(tuple),
            dense_units=st.integers(1, 5),
            second_dense_units=st.integers(0, 3),
        ),
        dense_nets,
    ),
    st.tuples(st.integers(3, 12), st.integers(3, 12), st.sampled_from([1, 3])),
)
def test_multiply_adds_equal_those_counted_window_by_window(spec, shape):
    assume(not check(spec, shape, 3))
    assert totals(layer_rows(spec, shape, 3)).macs == counted_macs(spec, shape, 3)
