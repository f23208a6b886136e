import zipfile

import keras
import numpy as np
import pytest

from cnnlab.models.build import build
from cnnlab.models.layers import MinPooling2D
from cnnlab.spec import ConvBlock, ConvNetSpec


def smallest_of_windows(x: np.ndarray, pool: int, strides: int, padding: str) -> np.ndarray:
    """The oracle: (N, H, W, C) to (N, H', W', C) by two loops; what lies outside never wins."""
    _, height, width, _ = x.shape
    if padding == "same":
        rows, columns = -(-height // strides), -(-width // strides)
        top = max((rows - 1) * strides + pool - height, 0) // 2
        left = max((columns - 1) * strides + pool - width, 0) // 2
    else:
        rows, columns = (height - pool) // strides + 1, (width - pool) // strides + 1
        top = left = 0
    out = np.empty((len(x), rows, columns, x.shape[3]), x.dtype)
    for row in range(rows):
        for column in range(columns):
            y, z = row * strides - top, column * strides - left
            window = x[:, max(y, 0) : y + pool, max(z, 0) : z + pool]
            out[:, row, column] = window.min(axis=(1, 2))
    return out


@pytest.mark.parametrize("padding", ["valid", "same"])
@pytest.mark.parametrize("shape", [(2, 6, 6, 1), (1, 7, 5, 3), (3, 8, 11, 2)])
@pytest.mark.parametrize(("pool", "strides"), [(2, None), (3, None), (5, None), (3, 1), (2, 3)])
def test_min_pooling_keeps_the_smallest_value_of_each_window(padding, shape, pool, strides):
    x = np.random.default_rng(0).normal(size=shape).astype(np.float32)
    pooled = np.asarray(MinPooling2D(pool, strides=strides, padding=padding)(x))
    np.testing.assert_array_equal(pooled, smallest_of_windows(x, pool, strides or pool, padding))


def test_the_border_of_padding_same_does_not_win_over_positive_values():
    pooled = np.asarray(MinPooling2D(2, padding="same")(np.full((1, 3, 3, 1), 7.0, np.float32)))
    assert (pooled == 7).all()


def test_a_network_with_min_pooling_survives_saving_and_loading(tmp_path):
    network = build(ConvNetSpec(blocks=(ConvBlock(filters=3, pooling="min"),)), (9, 9, 1), 4, seed=1)
    network.save(tmp_path / "model.keras")
    loaded = keras.models.load_model(tmp_path / "model.keras")
    assert isinstance(loaded.get_layer("pool_1"), MinPooling2D)
    x = np.random.default_rng(0).random((5, 9, 9, 1), dtype=np.float32)
    np.testing.assert_array_equal(np.asarray(loaded(x)), np.asarray(network(x)))


def test_a_file_that_was_saved_before_the_layer_had_moved_can_be_loaded(tmp_path):
    """Until 0.1.0 the layer was defined in `cnnlab.layers`, and a file names the module."""
    model = keras.Sequential([keras.Input((4, 4, 1)), MinPooling2D(2)])
    new, old = tmp_path / "new.keras", tmp_path / "old.keras"
    model.save(new)
    with zipfile.ZipFile(new) as source, zipfile.ZipFile(old, "w") as target:
        for name in source.namelist():
            content = source.read(name)
            if name == "config.json":
                assert b'"cnnlab.models.layers"' in content
                content = content.replace(b'"cnnlab.models.layers"', b'"cnnlab.layers"')
            target.writestr(name, content)
    image = np.arange(16, dtype="float32").reshape(1, 4, 4, 1)
    loaded = keras.models.load_model(old)
    np.testing.assert_array_equal(loaded.predict(image, verbose=0), model.predict(image, verbose=0))
