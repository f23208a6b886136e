"""The forward pass of a training step, with pooling before bias and activation where that is the same.

max(f(a + b)) = f(max(a) + b) for every f that never decreases, and so for the smallest value: bias and
activation, and their gradients, then touch only the values that pooling keeps, a quarter of them with 2×2
windows. The model itself, its table and its file keep their order.
"""

from typing import Any

import keras

from cnnlab.models.build import logits

NON_DECREASING = (
    keras.activations.relu,
    keras.activations.tanh,
    keras.activations.sigmoid,
    keras.activations.linear,
    keras.activations.elu,
)
"""Not gelu and silu, which fall before they rise."""


def training_logits(layers: list[keras.Layer], x: Any) -> Any:
    """What `cnnlab.models.build.logits` gives in training, (N, classes), of images x: (N, H, W, C).

    Equal bit for bit with relu and without an activation; with the others up to the rounding of f. The
    gradients are equal but for that of the bias, whose terms are summed in another order.
    """
    while len(layers) > 1:
        layer, following = layers[:2]
        if pools_first(layer, following):
            x = following(layer.convolution_op(x, layer.kernel))
            x = layer.activation(x + layer.bias)
            layers = layers[2:]
        else:
            x = layer(x, training=True)
            layers = layers[1:]
    return logits(layers, x, training=True)


def pools_first(layer: keras.Layer, following: keras.Layer) -> bool:
    """Whether the bias and the activation of a layer can wait until the layer after it has pooled."""
    return (
        isinstance(layer, keras.layers.Conv2D)
        and layer.use_bias
        and isinstance(following, keras.layers.MaxPooling2D)  # MinPooling2D is one, too
        and layer.activation in NON_DECREASING
    )
