"""Converted networks, run by TensorFlow Lite's own interpreter and held against Keras."""

from types import SimpleNamespace

import keras
import numpy as np
import pytest
import tensorflow as tf

from cnnlab.errors import CannotConvert
from cnnlab.models.build import build
from cnnlab.models.tflite import convert
from cnnlab.spec import DenseSpec
from tests.networks import cnn

NETWORKS = {
    "batch norm, dropout, min and average pooling": cnn(
        {"filters": 4, "batch_norm": True, "pooling": "min"},
        {"filters": 3, "padding": "same", "pooling": "average", "pool_size": 3},
        dropout=0.3,
        activation="gelu",
        dense_units=8,
    ),
    "min pooling that drops a border": cnn({"filters": 2, "pooling": "min", "pool_size": 4}),
    "strides": cnn({"filters": 3, "stride": 3, "padding": "same"}, {"filters": 2, "stride": 2}),
    "dense": DenseSpec(units=8, activation="silu", second_units=6),
}


def interpreted(content: bytes, images: np.ndarray) -> np.ndarray:
    interpreter = tf.lite.Interpreter(model_content=content)
    [given], [answer] = interpreter.get_input_details(), interpreter.get_output_details()
    interpreter.resize_tensor_input(given["index"], images.shape)
    interpreter.allocate_tensors()
    interpreter.set_tensor(given["index"], images)
    interpreter.invoke()
    return interpreter.get_tensor(answer["index"])


@pytest.mark.parametrize("network", NETWORKS.values(), ids=NETWORKS)
def test_a_converted_network_answers_as_keras_does(network, capfd):
    model = build(network, (28, 28, 1), 10, seed=3)
    generator = np.random.default_rng(0)
    model.set_weights([array + generator.random(array.shape) / 9 for array in model.get_weights()])
    images = generator.random((5, 28, 28, 1), dtype=np.float32)
    content = convert(model)
    assert content[4:8] == b"TFL3"
    np.testing.assert_allclose(interpreted(content, images), np.asarray(model(images)), atol=1e-5)


def test_another_backend_is_refused_with_the_way_out(monkeypatch):
    monkeypatch.setattr(keras.backend, "backend", lambda: "jax")
    with pytest.raises(CannotConvert, match=r"computes with jax.*KERAS_BACKEND=tensorflow"):
        convert(build(DenseSpec(units=2), (4, 4, 1), 2))


def test_what_the_converter_says_is_passed_on_in_one_line(monkeypatch):
    from tensorflow.lite.python.convert import ConverterError

    def refuse():
        raise ConverterError("\nnot this operation\nand a long trace")

    refusing = SimpleNamespace(convert=refuse)
    monkeypatch.setattr(tf.lite.TFLiteConverter, "from_saved_model", lambda folder: refusing)
    with pytest.raises(CannotConvert, match=r"refused this network: not this operation$"):
        convert(build(DenseSpec(units=2), (4, 4, 1), 2))
