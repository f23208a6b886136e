"""Looks inside a trained network: layer outputs, saliency, muted filters, and what activates a filter most.

Works on any Keras backend, on the networks that `cnnlab.models.build.build` builds. Images are (N, H, W, C)
float32 with the values that the network was trained on, and one image is (H, W, C); results are NumPy arrays.
"""

from collections.abc import Callable
from typing import Any, NamedTuple

import keras
import numpy as np

from cnnlab.inside.saliency import Saliency
from cnnlab.models.batches import evaluation_batch
from cnnlab.models.build import logits
from cnnlab.models.layers import MinPooling2D

BATCH = 250  # images a forward pass: the maps of a wide layer must fit the memory
TOP_IMAGES = 9  # for each filter
ASCENT_STEPS, ASCENT_RATE = 40, 0.05  # the rate is the largest change of a pixel in one step
SHOWN_LAYERS = (
    keras.layers.Conv2D,
    keras.layers.MaxPooling2D,
    MinPooling2D,
    keras.layers.AveragePooling2D,
    keras.layers.Dense,
)


class TopActivations(NamedTuple):
    """Where each filter of a convolution was most active on a set of images."""

    strongest: np.ndarray
    """(filters,) float32: the highest activation over all images and positions."""
    largest: np.ndarray
    """(filters,) float32: the largest size of the activation, whatever its sign."""
    images: np.ndarray
    """(filters, k) int: the k images with the highest activations, the highest first."""
    rows: np.ndarray
    """(filters, k) int: the row of the highest activation in each of these images."""
    columns: np.ndarray
    """(filters, k) int: the column."""


class ConvolutionParts(NamedTuple):
    """Input and output of a convolution for one image."""

    inputs: np.ndarray
    """(h, w, channels) float32: the maps that reach the convolution."""
    scale: np.ndarray | None
    """(filters,) float32: the factor of batch normalisation; None without batch normalisation."""
    shift: np.ndarray | None
    """(filters,) float32: what batch normalisation adds; None without it."""
    output: np.ndarray
    """(h', w', filters) float32, after normalisation and activation."""


def predict(model: keras.Model, x: np.ndarray) -> np.ndarray:
    """Class probabilities, (N, classes) float32."""
    return _in_batches([model], x)


def layer_outputs(model: keras.Model, image: np.ndarray) -> dict[str, np.ndarray]:
    """The output of each convolution (after its activation), pooling and dense layer for one image.

    Layer name → (h, w, channels) or (units,) float32, in the order of the layers. Under batch
    normalisation a convolution's maps are those after normalisation and activation.
    """
    outputs: dict[str, np.ndarray] = {}
    x, convolution = image[None], ""
    for layer in model.layers:
        x = layer(x, training=False)
        if isinstance(layer, keras.layers.Conv2D):
            convolution = layer.name
        if isinstance(layer, SHOWN_LAYERS):
            outputs[layer.name] = keras.ops.convert_to_numpy(x)[0]
        elif isinstance(layer, keras.layers.Activation):
            outputs[convolution] = keras.ops.convert_to_numpy(x)[0]
    return outputs


def convolution_parts(model: keras.Model, image: np.ndarray, name: str) -> ConvolutionParts:
    """The maps that reach a convolution for one image, and its maps after normalisation and activation."""
    start = [layer.name for layer in model.layers].index(name)
    end = _end_of_convolution(model, name)
    inputs = _through(model.layers[:start], image[None])
    output = _through(model.layers[start:end], inputs)
    norms = [layer for layer in model.layers[start:end] if isinstance(layer, keras.layers.BatchNormalization)]
    scale, shift = _scale_and_shift(norms[0]) if norms else (None, None)
    return ConvolutionParts(
        keras.ops.convert_to_numpy(inputs)[0], scale, shift, keras.ops.convert_to_numpy(output)[0]
    )


def _scale_and_shift(norm: keras.layers.BatchNormalization) -> tuple[np.ndarray, np.ndarray]:
    """Batch normalisation after training is value · scale + shift; (filters,) each."""
    gamma, beta, mean, variance = norm.get_weights()
    scale = gamma / np.sqrt(variance + norm.epsilon)
    return scale, beta - mean * scale


def with_maps_at_zero(model: keras.Model, name: str, filters: list[int]) -> keras.Model:
    """A copy of the network in which these filters' maps are zero, after normalisation and activation."""
    copy, end = _copied(model), _end_of_convolution(model, name)
    kept = np.ones(model.get_layer(name).filters, np.float32)
    kept[filters] = 0
    layers = [
        *copy.layers[:end],
        keras.layers.Rescaling(kept, name=f"kept_maps_of_{name}"),
        *copy.layers[end:],
    ]
    return keras.Sequential([keras.Input(model.input_shape[1:], name=model.inputs[0].name), *layers])


def with_weights_at_zero(model: keras.Model, name: str, filters: list[int]) -> keras.Model:
    """A copy of the network in which these filters of a convolution have zero weights and zero biases.

    Their maps are then constant: the activation of what batch normalisation adds, or else of zero.
    """
    copy = _copied(model)
    layer = copy.get_layer(name)
    weights = layer.get_weights()
    for array in weights:  # the kernels and, without batch normalisation, the biases
        array[..., filters] = 0
    layer.set_weights(weights)
    return copy


def _copied(model: keras.Model) -> keras.Model:
    copy = keras.models.clone_model(model)
    copy.set_weights(model.get_weights())
    return copy


def classes_without_each(model: keras.Model, x: np.ndarray, name: str) -> np.ndarray:
    """The likeliest class of each image with one map of a convolution at a time set to zero.

    What leads to the maps is computed once for as many images as the memory holds. Returns (filters, N) int.
    """
    end = _end_of_convolution(model, name)
    outputs = (layer.output.shape[1:] for layer in model.layers[:end])
    size = evaluation_batch(outputs, len(x))
    parts = [
        _without_each(model.layers[end:], _in_batches(model.layers[:end], x[start : start + size]))
        for start in range(0, len(x), size)
    ]
    return np.concatenate(parts, axis=1)


def _without_each(layers: list[keras.Layer], maps: np.ndarray) -> np.ndarray:
    """The likeliest classes with one of the maps, (N, h, w, filters), at a time set to zero."""
    answers = []
    for number in range(maps.shape[-1]):
        kept = maps[..., number].copy()
        maps[..., number] = 0
        answers.append(_in_batches(layers, maps).argmax(axis=1))
        maps[..., number] = kept
    return np.stack(answers)


def _in_batches(layers: list[keras.Layer], x: np.ndarray) -> np.ndarray:
    """The output of the last of `layers` for the input x of the first, computed batch by batch."""
    size = _batch(layers)
    parts = [
        keras.ops.convert_to_numpy(_through(layers, keras.ops.convert_to_tensor(x[start : start + size])))
        for start in range(0, len(x), size)
    ]
    return np.concatenate(parts)


def _batch(layers: list[keras.Layer]) -> int:
    """How many images these layers, or the one model among them, compute at a time."""
    single = [inner for layer in layers for inner in getattr(layer, "layers", [layer])]
    return evaluation_batch((layer.output.shape[1:] for layer in single), BATCH)


def saliency(model: keras.Model, image: np.ndarray, category: int) -> Saliency:
    """Which pixels the score of a class depends on, for one image; the score is the class's logit.

    Gradient saliency: Simonyan, Vedaldi and Zisserman (2014), arXiv 1312.6034. Grad-CAM: Selvaraju et
    al. (2017), arXiv 1610.02391, equations 1 and 2: the maps A_k of the last convolution, after its
    activation, weighted by the mean over positions of the score's derivative by A_k, then ReLU.
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
        grad_cam = np.maximum((keras.ops.convert_to_numpy(maps)[0] * weights).sum(axis=-1), 0)
    return Saliency(gradient.sum(axis=-1), (gradient * image).sum(axis=-1), grad_cam)


def top_activations(model: keras.Model, x: np.ndarray, name: str) -> TopActivations:
    """The images, and the positions in them, at which each filter of a convolution is most active."""
    layers = model.layers[: _end_of_convolution(model, name)]
    highest, positions, effects = [], [], []
    size = _batch(layers)
    for start in range(0, len(x), size):
        maps = keras.ops.convert_to_numpy(_through(layers, x[start : start + size]))
        width = maps.shape[2]
        flat = maps.reshape(len(maps), -1, maps.shape[3])
        positions.append(flat.argmax(axis=1))
        highest.append(flat.max(axis=1))
        effects.append(np.abs(flat).max(axis=(0, 1)))
    activations, position = np.concatenate(highest), np.concatenate(positions)  # (N, filters) each
    images = np.argsort(-activations, axis=0, kind="stable")[:TOP_IMAGES]
    top_positions = np.take_along_axis(position, images, axis=0).T
    return TopActivations(
        activations.max(axis=0),
        np.max(effects, axis=0),
        images.T,
        top_positions // width,
        top_positions % width,
    )


def maximize_activation(
    model: keras.Model, name: str, filters: list[int], seed: int = 0, white: float = 1.0
) -> np.ndarray:
    """Images that activate filters of a convolution strongly, by gradient ascent.

    Returns (filters, H, W, C) float32 in [0, 1], one image for each of `filters`. Erhan et al. (2009),
    "Visualizing Higher-Layer Features of a Deep Network": starting from faint noise, each step moves the
    pixels along the gradient of the filter's mean output, scaled so that its largest entry is 1. The
    output is taken before bias and activation, because after ReLU a filter that noise does not activate
    would have no gradient. `white`: the value that the network gets for a white pixel.
    """
    layers = model.layers[: [layer.name for layer in model.layers].index(name)]
    layer = model.get_layer(name)
    kernels = keras.ops.convert_to_tensor(np.asarray(layer.kernel)[..., filters])
    pairs = keras.ops.eye(len(filters))  # image i counts for filter i only

    def objective(images: Any) -> Any:
        maps = _through(layers, images * white)
        sums = keras.ops.conv(maps, kernels, strides=layer.strides, padding=layer.padding)
        return keras.ops.sum(keras.ops.mean(sums, axis=(1, 2)) * pairs)

    noise = np.random.default_rng(seed).uniform(0.4, 0.6, (1, *model.input_shape[1:]))
    images = np.repeat(noise.astype(np.float32), len(filters), axis=0)
    for _ in range(ASCENT_STEPS):
        gradient = _gradient(objective, images)
        largest = np.abs(gradient).max(axis=(1, 2, 3), keepdims=True)
        images = np.clip(images + ASCENT_RATE * gradient / np.maximum(largest, 1e-12), 0, 1)
    return images


def _through(layers: list[keras.Layer], x: Any) -> Any:
    """The output of the last of `layers` for the input x of the first."""
    for layer in layers:
        x = layer(x, training=False)
    return x


def _after_last_convolution(model: keras.Model) -> int:
    """How many layers lead to the maps of the last convolution; 0 if there is no convolution."""
    names = [layer.name for layer in model.layers if isinstance(layer, keras.layers.Conv2D)]
    return _end_of_convolution(model, names[-1]) if names else 0


def _end_of_convolution(model: keras.Model, name: str) -> int:
    """How many layers lead to a convolution's maps, its normalisation and activation included."""
    end = [layer.name for layer in model.layers].index(name) + 1
    while isinstance(model.layers[end], keras.layers.BatchNormalization | keras.layers.Activation):
        end += 1
    return end


def _gradient(function: Callable[[Any], Any], x: Any) -> np.ndarray:
    """The gradient at `x` of a scalar function written in Keras operations; has the shape of `x`."""
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
