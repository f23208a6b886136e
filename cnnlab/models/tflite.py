"""A trained network for phones and small machines: converted to TensorFlow Lite.

TensorFlow's converter works on a network as it is saved for serving. Keras is loaded by whoever has a
network; this file is imported by the dashboard too, for the error.
"""

from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

from cnnlab.errors import CannotConvert

if TYPE_CHECKING:
    import keras


def convert(model: "keras.Model") -> bytes:
    """The network as a `.tflite` file: (N, H, W, C) float32 in [0, 1] to class probabilities, as before.

    Raises `CannotConvert` where Keras computes with another backend, or the converter refuses.
    """
    import keras

    backend = keras.backend.backend()
    if backend != "tensorflow":
        raise CannotConvert(
            f"The trainer computes with {backend}, and only TensorFlow writes TensorFlow Lite: start the "
            "trainer with KERAS_BACKEND=tensorflow."
        )
    import tensorflow as tf
    from tensorflow.lite.python.convert import ConverterError

    with TemporaryDirectory() as folder:
        model.export(folder, format="tf_saved_model", verbose=False)
        try:
            return tf.lite.TFLiteConverter.from_saved_model(folder).convert()
        except ConverterError as error:
            first = str(error).strip().partition("\n")[0]
            raise CannotConvert(f"TensorFlow's converter refused this network: {first}") from error
