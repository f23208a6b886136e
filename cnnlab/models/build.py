"""A network's settings, built as a Keras model.

Every initial weight comes from a seed of the layer's own, drawn from the run's seed: no global state
is touched, so two trainings in one process cannot disturb each other. This file knows nothing of
data or training.
"""

from typing import Any

import keras

from cnnlab.arithmetic.plan import layer_seeds
from cnnlab.models.layers import MinPooling2D
from cnnlab.spec import POOLINGS, ConvBlock, ConvNetSpec, DenseSpec


def build(
    model_spec: ConvNetSpec | DenseSpec,
    input_shape: tuple[int, int, int],
    classes: int,
    seed: int = 0,
) -> keras.Model:
    """The untrained network.

    Args:
        model_spec: A convolutional or a dense-only network.
        input_shape: (height, width, channels) of one image.
        classes: Number of output units; their activations are class probabilities (softmax).
        seed: The same seed gives the same initial weights.

    Input of the model: (N, H, W, C) float32 in [0, 1]. Output: (N, classes) float32, rows sum to 1.
    Raises `ValueError` (Keras's own) where a kernel or a pool does not fit the map that reaches it;
    `cnnlab.arithmetic.network.check` says so beforehand, in a sentence.
    """
    seeds = layer_seeds(model_spec, seed)
    layers = [keras.Input(input_shape, name="images")]
    if isinstance(model_spec, ConvNetSpec):
        for number, block in enumerate(model_spec.blocks, start=1):
            layers += _block(block, number, model_spec.activation, seeds[f"conv_{number}"])
        hidden, dropout = model_spec.dense_units, model_spec.dropout
    else:
        hidden, dropout = model_spec.units, 0.0
    hidden_weights, output_weights = _weights(seeds["dense"]), _weights(seeds["output"])
    layers += [
        keras.layers.Flatten(name="flatten"),
        keras.layers.Dense(hidden, model_spec.activation, kernel_initializer=hidden_weights, name="dense"),
    ]
    if dropout:
        layers.append(keras.layers.Dropout(dropout, seed=seeds["dropout"], name="dropout"))
    layers.append(keras.layers.Dense(classes, "softmax", kernel_initializer=output_weights, name="output"))
    return keras.Sequential(layers, name="cnn" if model_spec.kind == "cnn" else "dense_only")


def logits(layers: list[keras.Layer], x: Any, training: bool) -> Any:
    """What the softmax at the end of these layers is given, (N, classes); x is what the first one takes."""
    *hidden, output = layers
    for layer in hidden:
        x = layer(x, training=training)
    return keras.ops.matmul(x, output.kernel) + output.bias


def _block(block: ConvBlock, number: int, activation: str, seed: int) -> list[keras.Layer]:
    """One convolution block. With batch normalisation the convolution has no bias of its own."""
    convolution = keras.layers.Conv2D(
        block.filters,
        block.kernel_size,
        padding=block.padding,
        activation=None if block.batch_norm else activation,
        use_bias=not block.batch_norm,
        kernel_initializer=_weights(seed),
        name=f"conv_{number}",
    )
    layers: list[keras.Layer] = [convolution]
    if block.batch_norm:
        layers += [
            keras.layers.BatchNormalization(name=f"norm_{number}"),
            keras.layers.Activation(activation, name=f"activation_{number}"),
        ]
    if block.pooling != "none":
        own = MinPooling2D if block.pooling == "min" else None
        pooling = own or getattr(keras.layers, POOLINGS[block.pooling].layer)
        layers.append(pooling(block.pool_size, name=f"pool_{number}"))
    return layers


def _weights(seed: int) -> keras.initializers.Initializer:
    return keras.initializers.GlorotUniform(seed=seed)
