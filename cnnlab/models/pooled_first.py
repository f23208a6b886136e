"""The forward pass of a training step, with pooling before bias and activation where that is the same.

max(f(a + b)) = f(max(a) + b) for every f that never decreases, and so for the smallest value: bias and
activation, and their gradients, then touch only the values that pooling keeps, a quarter of them with 2×2
windows. The model itself, its table and its file keep their order.
"""

from typing import Any

import keras
from keras.ops import cast

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
        layer, *following = layers
        pooling = pooled_first(layer, following)
        if pooling:
            x, kernel, bias = (cast(values, layer.compute_dtype) for values in (x, layer.kernel, layer.bias))
            x = layer.convolution_op(x, kernel)
            for each in pooling:
                x = each(x)
            x = layer.activation(x + bias)
        else:
            x = layer(x, training=True)
        layers = following[len(pooling) :]
    return logits(layers, x, training=True)


def pooled_first(layer: keras.Layer, following: list[keras.Layer]) -> list[keras.Layer]:
    """The layers right after one that pool, if its bias and activation can wait for them; else none."""
    waits = isinstance(layer, keras.layers.Conv2D) and layer.use_bias and layer.activation in NON_DECREASING
    if not waits:
        return []
    if isinstance(following[0], keras.layers.MaxPooling2D):  # or cnnlab's MinPooling2D, which is one
        return following[:1]
    return following[:3] if _is_portable_min_pooling(following[:3]) else []


def _is_portable_min_pooling(layers: list[keras.Layer]) -> bool:
    """Whether they are min pooling in Keras's own layers, as `cnnlab.models.portable` stores it."""
    pools = [isinstance(layer, keras.layers.MaxPooling2D) for layer in layers]
    return pools == [False, True, False] and _negates(layers[0]) and _negates(layers[2])


def _negates(layer: keras.Layer) -> bool:
    return isinstance(layer, keras.layers.Rescaling) and (layer.scale, layer.offset) == (-1.0, 0.0)
