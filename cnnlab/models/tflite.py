"""Converts a trained network to TensorFlow Lite, for phones and small machines. Keras is loaded inside."""

from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

from cnnlab.errors import CannotConvert

if TYPE_CHECKING:
    import keras


def convert(model: "keras.Model") -> bytes:
    """The network as a `.tflite` file, whose input and output are those of the Keras model.

    Raises `CannotConvert` if Keras has another backend than TensorFlow, or if the converter refuses.
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
