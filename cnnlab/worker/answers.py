"""What a worker answers about a trained network: loads it as it was at an epoch, and looks inside.

Each function is a short task that a worker does beside a training. The last networks are kept. Images
are (N, H, W, C) float32 in [0, 1], their pixels where the network finds them. Whatever is asked of a
run that is not, or no longer, stored raises `RunNotFound`. Keras is loaded inside the functions.
"""

import functools
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from cnnlab import runs
from cnnlab.arithmetic.shapes import convolved
from cnnlab.data.pixels import network_input
from cnnlab.data.registry import DATASETS, load
from cnnlab.inside.convolution import Norm
from cnnlab.inside.saliency import Saliency
from cnnlab.models.tflite import convert

if TYPE_CHECKING:
    import keras

KEPT_NETWORKS = 12
SAMPLE = 1000  # test images that filters are shown
MOST_MUTED = 2000  # test images that a muted network classifies


class ConvolutionParts(NamedTuple):
    """One filter of a convolution at work on one image."""

    maps: np.ndarray
    """(h, w, C) float32: what the convolution is given."""
    kernel: np.ndarray
    """(k, k, C) float32."""
    bias: float
    """0 under batch normalisation, where the convolution has none."""
    norm: Norm | None
    """Batch normalisation of this filter's map, where the layer has it."""
    output: np.ndarray
    """(h', w') float32: what Keras makes of it, after the activation."""


class Exciting(NamedTuple):
    """What excites the filters of a convolution most, among some test images."""

    strongest: np.ndarray
    """(filters,) float32: the highest activation of each."""
    patches: np.ndarray
    """(filters, k, side, side, C) float32: what the filter sees there; zeros beyond the border."""


def probabilities(run_id: str, epoch: int) -> np.ndarray:
    """What the network says of every test image, (N, classes) float32."""
    from cnnlab.models import inspection

    return inspection.predict(network(run_id, epoch), _test_images(runs.get(run_id)))


def classify(run_id: str, epoch: int, images: np.ndarray) -> np.ndarray:
    """Class probabilities of images, (N, classes) float32."""
    from cnnlab.models import inspection

    return inspection.predict(network(run_id, epoch), images)


def classify_by_each(networks: tuple[tuple[str, int], ...], images: np.ndarray) -> list[np.ndarray]:
    """The same of several networks, each given by its run and epoch, in one go."""
    return [classify(run_id, epoch, images) for run_id, epoch in networks]


def passage(run_id: str, epoch: int, image: np.ndarray) -> dict[str, np.ndarray]:
    """What every layer makes of an image; see `inspection.layer_outputs`."""
    from cnnlab.models import inspection

    return inspection.layer_outputs(network(run_id, epoch), image)


def convolution(run_id: str, epoch: int, image: np.ndarray, layer: str, number: int) -> ConvolutionParts:
    """A filter of a convolution, by its number from 0, at work on an image."""
    from cnnlab.models import inspection

    model = network(run_id, epoch)
    parts = inspection.convolution_parts(model, image, layer)
    kernels, *biases = model.get_layer(layer).get_weights()
    bias = float(biases[0][number]) if biases else 0.0
    norm = Norm(float(parts.scale[number]), float(parts.shift[number])) if parts.scale is not None else None
    return ConvolutionParts(parts.given, kernels[..., number], bias, norm, parts.output[..., number])


def why(run_id: str, epoch: int, image: np.ndarray, category: int) -> Saliency:
    """What the score of a class depends on."""
    from cnnlab.models import inspection

    return inspection.saliency(network(run_id, epoch), image, category)


def muted_probabilities(run_id: str, epoch: int, layer: str, filters: tuple[int, ...]) -> np.ndarray:
    """What the network says of the first `MOST_MUTED` test images with some filters muted."""
    from cnnlab.models import inspection

    model = network(run_id, epoch)
    if filters:
        model = inspection.muted(model, layer, list(filters))
    return inspection.predict(model, _test_images(runs.get(run_id), MOST_MUTED))


def exciting(run_id: str, epoch: int, layer: str) -> Exciting:
    """The patches of the first `SAMPLE` test images that excite each filter of a convolution most."""
    from cnnlab.models import inspection

    run = runs.get(run_id)
    images = _test_images(run, SAMPLE)
    found = inspection.excitement(network(run_id, epoch), images, layer)
    maps = convolved(run.spec.model, images.shape[1:], layer)
    rows, columns = found.rows * maps.jump + maps.start, found.columns * maps.jump + maps.start
    return Exciting(found.strongest, cut(images, found.images, rows, columns, maps.field))


def cut(
    images: np.ndarray, which: np.ndarray, rows: np.ndarray, columns: np.ndarray, side: int
) -> np.ndarray:
    """Square patches of images: (…, side, side, C), zeros beyond the border.

    Args:
        images: (N, H, W, C).
        which: (…) int, the image of each patch.
        rows: (…) int, its first row; may lie outside.
        columns: (…) int, its first column; may lie outside.
        side: In pixels.
    """
    padded = np.pad(images, ((0, 0), (side, side), (side, side), (0, 0)))
    step = np.arange(side) + side
    row_indices = (rows[..., None] + step)[..., :, None]
    column_indices = (columns[..., None] + step)[..., None, :]
    return padded[which[..., None, None], row_indices, column_indices]


def preferred(run_id: str, epoch: int, layer: str, filters: tuple[int, ...]) -> np.ndarray:
    """Images that filters prefer, by gradient ascent; see `inspection.preferred`."""
    from cnnlab.models import inspection

    return inspection.preferred(network(run_id, epoch), layer, list(filters))


def tflite(run_id: str, epoch: int) -> bytes:
    """The network as a TensorFlow Lite file. Raises `CannotConvert`."""
    return convert(network(run_id, epoch))


def network(run_id: str, epoch: int) -> "keras.Model":
    """The network of a run as it was after an epoch; 0 is before training."""
    file = runs.weights_file(run_id, epoch)
    return _network(run_id, file, file.stat().st_mtime_ns)


@functools.lru_cache(maxsize=KEPT_NETWORKS)
def _network(run_id: str, file: Path, changed: int) -> "keras.Model":
    """`changed` tells a file from what stood there before a training was continued."""
    from cnnlab.models.build import build

    spec = runs.get(run_id).spec
    info = DATASETS[spec.data.dataset]
    model = build(spec.model, info.input_shape, len(info.classes))
    model.set_weights(runs.read_weights(file))
    return model


def _test_images(run: runs.Run, most: int | None = None) -> np.ndarray:
    return network_input(load(run.spec.data.dataset, run.spec.data.source).x_test[:most], run.spec.data)
