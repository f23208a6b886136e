"""Keras files of networks, as any Keras can load them, without cnnlab."""

from pathlib import Path
from tempfile import TemporaryDirectory

import keras

from cnnlab.models.layers import MinPooling2D


def keras_file(model: keras.Model) -> bytes:
    """The content of a `.keras` file of the network, with its optimizer's state; see `portable`.

    Raises `OSError` where the folder of temporary files cannot be written.
    """
    with TemporaryDirectory(prefix="cnnlab-") as folder:
        path = Path(folder) / "model.keras"
        portable(model).save(path)
        return path.read_bytes()


def from_keras_file(content: bytes) -> keras.Model:
    """The network of a `.keras` file. Raises `OSError` as `keras_file` does."""
    with TemporaryDirectory(prefix="cnnlab-") as folder:
        path = Path(folder) / "model.keras"
        path.write_bytes(content)
        return keras.models.load_model(path)


def portable(model: keras.Model) -> keras.Model:
    """The same network out of Keras's own layers, compiled as it is and with its optimizer's state.

    Each `MinPooling2D` becomes max pooling between two changes of sign: min(x) = -max(-x), which is exact.
    Outputs and further training are the same, bit for bit. A network without such a layer is returned.
    """
    if not any(isinstance(layer, MinPooling2D) for layer in model.layers):
        return model
    layers = [replacement for layer in model.layers for replacement in _own(layer)]
    images = keras.Input(model.input_shape[1:], name=model.inputs[0].name)
    copy = keras.Sequential([images, *layers], name=model.name)
    copy.set_weights(model.get_weights())
    if model.optimizer is not None:
        copy.compile_from_config(model.get_compile_config())
        copy.optimizer.build(copy.trainable_variables)
        for variable, value in zip(copy.optimizer.variables, model.optimizer.variables, strict=True):
            variable.assign(value)
    return copy


def _own(layer: keras.Layer) -> list[keras.Layer]:
    """Keras's own layers that do what this one does."""
    if not isinstance(layer, MinPooling2D):
        return [type(layer).from_config(layer.get_config())]
    negated, restored = (
        keras.layers.Rescaling(-1.0, name=f"{layer.name}_{step}") for step in ("negated", "restored")
    )
    return [negated, keras.layers.MaxPooling2D.from_config(layer.get_config()), restored]
