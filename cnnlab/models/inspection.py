"""A trained network and images in, arrays out: what each layer gives, what decides, what a filter likes.

Works on any Keras backend, on the networks that `cnnlab.models.build.build` makes. Nothing here knows runs,
workers or screens. Images are (N, H, W, C) float32 in [0, 1]; whatever is returned is NumPy.
"""

from collections.abc import Callable
from typing import Any, NamedTuple

import keras
import numpy as np

from cnnlab.inside.saliency import Saliency
from cnnlab.models.build import logits
from cnnlab.models.layers import MinPooling2D

BATCH = 250  # images a forward pass: the maps of a wide layer must fit the memory
EXCITING = 9  # patches of a filter
ASCENT_STEPS, ASCENT_RATE = 40, 0.05
KEPT_LAYERS = (
    keras.layers.Conv2D,
    keras.layers.MaxPooling2D,
    MinPooling2D,
    keras.layers.AveragePooling2D,
    keras.layers.Dense,
)


class Excitement(NamedTuple):
    """Where each filter of a layer was most active on a set of images."""

    strongest: np.ndarray
    """(filters,) float32: the highest activation on all images and places."""
    images: np.ndarray
    """(filters, k) int: the k most exciting images, the most exciting one first."""
    rows: np.ndarray
    """(filters, k) int: the row of the highest activation in each of them."""
    columns: np.ndarray
    """(filters, k) int: and its column."""


class ConvolutionParts(NamedTuple):
    """A convolution at work on one image."""

    given: np.ndarray
    """(h, w, channels) float32."""
    scale: np.ndarray | None
    """(filters,) float32: batch normalisation multiplies by it, where there is any."""
    shift: np.ndarray | None
    """(filters,) float32: and adds this."""
    output: np.ndarray
    """(h', w', filters) float32, after normalisation and activation."""


def predict(model: keras.Model, x: np.ndarray) -> np.ndarray:
    """Class probabilities, (N, classes) float32."""
    pieces = (model(x[i : i + BATCH], training=False) for i in range(0, len(x), BATCH))
    return np.concatenate([np.asarray(piece) for piece in pieces])


def layer_outputs(model: keras.Model, image: np.ndarray) -> dict[str, np.ndarray]:
    """What each convolution (after its activation), pooling and dense layer gives for one image.

    Layer name → (h, w, channels) or (units,) float32, in the order of the layers. Under batch
    normalisation a convolution's maps are those after normalisation and activation.
    """
    outputs: dict[str, np.ndarray] = {}
    x, convolution = image[None], ""
    for layer in model.layers:
        x = layer(x, training=False)
        if isinstance(layer, keras.layers.Conv2D):
            convolution = layer.name
        if isinstance(layer, KEPT_LAYERS):
            outputs[layer.name] = np.asarray(x)[0]
        elif isinstance(layer, keras.layers.Activation):
            outputs[convolution] = np.asarray(x)[0]
    return outputs


def convolution_parts(model: keras.Model, image: np.ndarray, name: str) -> ConvolutionParts:
    """What a convolution is given for one image, and what it, with its activation, makes of that."""
    start = [layer.name for layer in model.layers].index(name)
    end = _end_of_convolution(model, name)
    given = _through(model.layers[:start], image[None])
    output = _through(model.layers[start:end], given)
    norms = [each for each in model.layers[start:end] if isinstance(each, keras.layers.BatchNormalization)]
    scale, shift = _scale_and_shift(norms[0]) if norms else (None, None)
    return ConvolutionParts(np.asarray(given)[0], scale, shift, np.asarray(output)[0])


def _scale_and_shift(norm: keras.layers.BatchNormalization) -> tuple[np.ndarray, np.ndarray]:
    """What batch normalisation does once training is over: value · scale + shift, (filters,) each."""
    gamma, beta, mean, variance = norm.get_weights()
    scale = gamma / np.sqrt(variance + norm.epsilon)
    return scale, beta - mean * scale


def muted(model: keras.Model, name: str, filters: list[int]) -> keras.Model:
    """A copy of the network in which these filters of a convolution have no weights and no bias."""
    copy = keras.models.clone_model(model)
    copy.set_weights(model.get_weights())
    layer = copy.get_layer(name)
    weights = layer.get_weights()
    for array in weights:  # the kernels, and the biases where there are any
        array[..., filters] = 0
    layer.set_weights(weights)
    return copy


def saliency(model: keras.Model, image: np.ndarray, category: int) -> Saliency:
    """Why this class: gradients of its score, which is what softmax is given, for one image.

    Gradient saliency: Simonyan, Vedaldi and Zisserman (2014), arXiv 1312.6034. Grad-CAM: Selvaraju et
    al. (2017), arXiv 1610.02391, equations 1 and 2: the maps A_k of the last convolution, after its
    activation, weighted by the mean over places of the score's derivative by A_k; what is left above 0.
    """

    def score(maps: Any, layers: list[keras.Layer]) -> Any:
        return logits(layers, maps, training=False)[0, category]

    x = image[None]
    gradient = _gradient(lambda pixels: score(pixels, model.layers), x)[0]
    cut = _after_last_convolution(model)
    grad_cam = None
    if cut:
        maps = _through(model.layers[:cut], x)
        weights = _gradient(lambda inner: score(inner, model.layers[cut:]), maps)[0].mean(axis=(0, 1))
        grad_cam = np.maximum((np.asarray(maps)[0] * weights).sum(axis=-1), 0)
    return Saliency(gradient.sum(axis=-1), (gradient * image).sum(axis=-1), grad_cam)


def excitement(model: keras.Model, x: np.ndarray, name: str) -> Excitement:
    """Which images, and which places in them, excite each filter of a convolution most."""
    layers = model.layers[: _end_of_convolution(model, name)]
    highest, places = [], []
    for start in range(0, len(x), BATCH):
        maps = np.asarray(_through(layers, x[start : start + BATCH]))
        width = maps.shape[2]
        flat = maps.reshape(len(maps), -1, maps.shape[3])
        places.append(flat.argmax(axis=1))
        highest.append(flat.max(axis=1))
    activations, where = np.concatenate(highest), np.concatenate(places)  # (N, filters) each
    images = np.argsort(-activations, axis=0, kind="stable")[:EXCITING]
    places_of = np.take_along_axis(where, images, axis=0).T
    return Excitement(activations.max(axis=0), images.T, places_of // width, places_of % width)


def preferred(model: keras.Model, name: str, filters: list[int], seed: int = 0) -> np.ndarray:
    """Images that filters of a convolution prefer, by gradient ascent: (filters, H, W, C) in [0, 1].

    Erhan et al. (2009), "Visualizing Higher-Layer Features of a Deep Network": from faint noise, the
    filter's sums are climbed along their gradient, whose largest value is made 1. The sums are taken
    before the activation, since a filter that noise leaves at 0 would have no gradient.
    """
    layers = model.layers[: [layer.name for layer in model.layers].index(name)]
    layer = model.get_layer(name)
    kernels = keras.ops.convert_to_tensor(np.asarray(layer.kernel)[..., filters])
    own = np.eye(len(filters), dtype=np.float32)  # the first image for the first filter, and so on

    def liking(images: Any) -> Any:
        sums = keras.ops.conv(_through(layers, images), kernels, padding=layer.padding)
        return keras.ops.sum(keras.ops.mean(sums, axis=(1, 2)) * own)

    noise = np.random.default_rng(seed).uniform(0.4, 0.6, (1, *model.input_shape[1:]))
    images = np.repeat(noise.astype(np.float32), len(filters), axis=0)
    for _ in range(ASCENT_STEPS):
        gradient = _gradient(liking, images)
        largest = np.abs(gradient).max(axis=(1, 2, 3), keepdims=True)
        images = np.clip(images + ASCENT_RATE * gradient / np.maximum(largest, 1e-12), 0, 1)
    return images


def _through(layers: list[keras.Layer], x: Any) -> Any:
    for layer in layers:
        x = layer(x, training=False)
    return x


def _after_last_convolution(model: keras.Model) -> int:
    """How many layers lead to the maps of the last convolution; 0 where there is none."""
    names = [layer.name for layer in model.layers if isinstance(layer, keras.layers.Conv2D)]
    return _end_of_convolution(model, names[-1]) if names else 0


def _end_of_convolution(model: keras.Model, name: str) -> int:
    """How many layers lead to a convolution's maps: with its normalisation and activation."""
    end = [layer.name for layer in model.layers].index(name) + 1
    while isinstance(model.layers[end], keras.layers.BatchNormalization | keras.layers.Activation):
        end += 1
    return end


def _gradient(function: Callable[[Any], Any], x: Any) -> np.ndarray:
    """The derivative of a scalar function of Keras operations by `x`, of the shape of `x`."""
    x = keras.ops.convert_to_tensor(x)
    if keras.backend.backend() == "tensorflow":
        import tensorflow as tf

        with tf.GradientTape() as tape:
            tape.watch(x)
            value = function(x)
        return np.asarray(tape.gradient(value, x))
    if keras.backend.backend() == "jax":
        import jax

        return np.asarray(jax.grad(function)(x))
    x = x.detach().requires_grad_(True)  # PyTorch
    function(x).backward()
    return x.grad.cpu().numpy()
