"""Builds the Keras model of a network.

The layers are those of `cnnlab.arithmetic.plan`. Each draws its initial weights with a seed of its own and
touches no global state, so two trainings in one process cannot disturb each other.
"""

from typing import Any

import keras

from cnnlab.arithmetic.plan import INPUT_NAME, Conv2D, Dense, Dropout, Layer, arguments, model_name, plan
from cnnlab.models.layers import MinPooling2D
from cnnlab.spec import ConvNetSpec, DenseSpec


def build(
    model_spec: ConvNetSpec | DenseSpec,
    input_shape: tuple[int, int, int],
    classes: int,
    seed: int = 0,
    l2: float = 0.0,
) -> keras.Model:
    """The untrained network.

    Args:
        model_spec: A convolutional or a dense-only network.
        input_shape: (height, width, channels) of one image.
        classes: Number of output units; their activations are class probabilities (softmax).
        seed: The same seed gives the same initial weights.
        l2: `TrainingSpec.l2`, for a network that is to be trained: the regularizer of its kernels.

    Input of the model: (N, H, W, C) float32. Output: (N, classes) float32, rows sum to 1.
    Raises `ValueError` (Keras's own) if a kernel or a pool does not fit the map that reaches it;
    `cnnlab.arithmetic.network.check` says so beforehand, in a sentence.
    """
    layers = [_layer(planned) for planned in plan(model_spec, classes, seed, l2)]
    images = keras.Input(input_shape, name=INPUT_NAME)
    return keras.Sequential([images, *layers], name=model_name(model_spec))


def logits(layers: list[keras.Layer], x: Any, training: bool) -> Any:
    """The output layer's values before softmax, (N, classes); x is the input of the first of `layers`."""
    *hidden, output = layers
    for layer in hidden:
        x = layer(x, training=training)
    return keras.ops.matmul(keras.ops.cast(x, output.compute_dtype), output.kernel) + output.bias


def _layer(planned: Layer) -> keras.Layer:
    """The Keras layer of one layer of the plan."""
    kind = MinPooling2D if planned.type == MinPooling2D.__name__ else getattr(keras.layers, planned.type)
    positional, options = arguments(planned)
    return kind(*positional, **options, **_seeded(planned), **_decayed(planned), name=planned.name)


def _decayed(planned: Layer) -> dict[str, Any]:
    if isinstance(planned, Conv2D | Dense) and planned.l2:
        return {"kernel_regularizer": keras.regularizers.L2(planned.l2)}
    return {}


def _seeded(planned: Layer) -> dict[str, Any]:
    if isinstance(planned, Dropout):
        return {"seed": planned.seed}
    if planned.seed is not None:
        return {"kernel_initializer": keras.initializers.GlorotUniform(seed=planned.seed)}
    return {}
