"""What a worker answers about a trained network: loads its weights of an epoch and looks inside.

Each function is a short task that a worker executes beside a training. Images are (N, H, W, C) float32 in
[0, 1], and one image is (H, W, C); their pixels are shuffled if the run's are. Where the network gets values
from 0 to 255, `_given` makes them here. All functions raise `RunNotFound` if the run or its weights of that
epoch are not stored, and `NotFinite` if these are not numbers. Keras is loaded inside the functions.
"""

import functools
from typing import TYPE_CHECKING, Literal, NamedTuple, TypeAlias

import numpy as np

from cnnlab import runs
from cnnlab.arithmetic.shapes import convolved
from cnnlab.data.pixels import WHITE, network_input, permuted, pixel_values, scaled
from cnnlab.data.registry import DATASETS, load
from cnnlab.data.split import validation_of
from cnnlab.errors import ArtifactDamaged, NotFinite
from cnnlab.evidence.finite import require_finite
from cnnlab.inside.convolution import Norm
from cnnlab.inside.network_view import NetworkView
from cnnlab.inside.saliency import Saliency
from cnnlab.models.tflite import convert
from cnnlab.runs.store_errors import temporary_files_in_sentences
from cnnlab.spec import ConvNetSpec, DenseSpec, PixelValues
from cnnlab.worker.live import untrained, view_of

if TYPE_CHECKING:
    import keras

CACHED_NETWORKS = 12
SAMPLE = 1000  # test images, at most, in which `top_patches` searches
MOST_MUTED = 2000  # test images that a muted network classifies

MOST_HARMED, LEAST_HARMED = 500, 100  # test images on which each filter of a convolution is muted by itself
FILTERS_OF_MOST = 64  # up to so many filters, all of them
LARGE_HARMED = 50  # at least so many where the images are large

Muting: TypeAlias = Literal["maps", "weights"]
"""What of a muted filter is zero."""
Mutes: TypeAlias = tuple[tuple[str, tuple[int, ...]], ...]
"""Names of convolutions, each with the filters to mute, counted from 0."""


class FilterParts(NamedTuple):
    """Input, weights and output of one filter of a convolution for one image."""

    maps: np.ndarray
    """(h, w, C) float32: the maps that reach the convolution."""
    kernel: np.ndarray
    """(k, k, C) float32."""
    bias: float
    """0 under batch normalisation, where the convolution has no bias."""
    norm: Norm | None
    """Batch normalisation of this filter's map; None if the block has none."""
    output: np.ndarray
    """(h', w') float32: the filter's map by Keras, after the activation."""


class Harm(NamedTuple):
    """What a network loses without each filter of a convolution."""

    images: int
    """On how many test images it was tried."""
    lost: np.ndarray
    """(filters,) float64: by how much the share of right answers falls; below 0 where it rises."""


class TopPatches(NamedTuple):
    """The patches of some test images that activate the filters of a convolution most."""

    strongest: np.ndarray
    """(filters,) float32: the highest activation of each filter."""
    largest: np.ndarray
    """(filters,) float32: the largest size of its activation. Where it is 0 the filter is dead: it puts out
    zeros alone, so that muting it changes nothing."""
    patches: np.ndarray
    """(filters, k, side, side, C) float32: its receptive field there; zeros beyond the border."""
    images: int
    """In how many test images they were looked for."""


def probabilities(run_id: str, epoch: int) -> np.ndarray:
    """Class probabilities of every test image, (N, classes) float32."""
    from cnnlab.models import inspection

    return require_finite(inspection.predict(network(run_id, epoch), _test_images(runs.get(run_id))))


def validation_probabilities(run_id: str, epoch: int) -> np.ndarray:
    """Class probabilities of the images that the run's training was validated on, (N, classes) float32.

    They are in the order of `cnnlab.data.split.validation_of`. Raises `DatasetUnavailable` where a full set
    is not at hand.
    """
    from cnnlab.models import inspection

    spec = runs.get(run_id).spec
    stored = load(spec.data.dataset, spec.data.source)
    images, _ = validation_of(stored, spec.data, spec.training.seed)
    return require_finite(inspection.predict(network(run_id, epoch), images))


def classify(run_id: str, epoch: int, images: np.ndarray) -> np.ndarray:
    """Class probabilities of images, (N, classes) float32."""
    from cnnlab.models import inspection

    return require_finite(inspection.predict(network(run_id, epoch), _given(run_id, images)))


def classify_by_networks(networks: tuple[tuple[str, int], ...], images: np.ndarray) -> list[np.ndarray]:
    """Class probabilities of the same images by several networks, given as pairs of run id and epoch."""
    return [classify(run_id, epoch, images) for run_id, epoch in networks]


def layer_outputs(run_id: str, epoch: int, image: np.ndarray) -> dict[str, np.ndarray]:
    """The output of every layer for an image; see `inspection.layer_outputs`."""
    from cnnlab.models import inspection

    return inspection.layer_outputs(network(run_id, epoch), _given(run_id, image))


def filter_parts(run_id: str, epoch: int, image: np.ndarray, layer: str, number: int) -> FilterParts:
    """Input, weights and output of filter `number`, from 0, of a convolution for an image."""
    from cnnlab.models import inspection

    model = network(run_id, epoch)
    parts = inspection.convolution_parts(model, _given(run_id, image), layer)
    kernels, *biases = model.get_layer(layer).get_weights()
    bias = float(biases[0][number]) if biases else 0.0
    norm = None
    if parts.scale is not None and parts.shift is not None:
        norm = Norm(float(parts.scale[number]), float(parts.shift[number]))
    return FilterParts(parts.inputs, kernels[..., number], bias, norm, parts.output[..., number])


def saliency(run_id: str, epoch: int, image: np.ndarray, category: int) -> Saliency:
    """Which pixels the score of a class depends on; see `inspection.saliency`."""
    from cnnlab.models import inspection

    return inspection.saliency(network(run_id, epoch), _given(run_id, image), category)


def muted_probabilities(run_id: str, epoch: int, mutes: Mutes, muting: Muting = "maps") -> np.ndarray:
    """Class probabilities of the first `MOST_MUTED` test images with some filters muted, (N, classes)."""
    from cnnlab.models import inspection

    images = _test_images(runs.get(run_id), MOST_MUTED)
    return require_finite(inspection.predict(_muted(network(run_id, epoch), mutes, muting), images))


def classify_muted(
    run_id: str, epoch: int, images: np.ndarray, mutes: Mutes, muting: Muting = "maps"
) -> np.ndarray:
    """Class probabilities of images with some filters muted, (N, classes) float32."""
    from cnnlab.models import inspection

    muted = _muted(network(run_id, epoch), mutes, muting)
    return require_finite(inspection.predict(muted, _given(run_id, images)))


def _muted(model: "keras.Model", mutes: Mutes, muting: Muting) -> "keras.Model":
    from cnnlab.models import inspection

    mute = {"maps": inspection.with_maps_at_zero, "weights": inspection.with_weights_at_zero}[muting]
    for layer, filters in mutes:
        model = mute(model, layer, list(filters))
    return model


def harm(run_id: str, epoch: int, layer: str) -> Harm:
    """What is lost without each filter of a convolution by itself, its map at zero.

    A layer of many filters is tried on fewer images, and so are large images, so that the answer does not
    take minutes.
    """
    from cnnlab.models import inspection

    run, model = runs.get(run_id), network(run_id, epoch)
    count = min(
        MOST_HARMED, max(LEAST_HARMED, MOST_HARMED * FILTERS_OF_MOST // model.get_layer(layer).filters)
    )
    height, width, _ = DATASETS[run.spec.data.dataset].input_shape
    count = min(count, max(LARGE_HARMED, count * 32 * 32 // (height * width)))
    images, labels = (
        _test_images(run, count),
        load(run.spec.data.dataset, run.spec.data.source).y_test[:count],
    )
    whole = require_finite(inspection.predict(model, images)).argmax(axis=1) == labels
    without = inspection.classes_without_each(model, images, layer) == labels
    return Harm(len(images), whole.mean() - without.mean(axis=1))


def top_patches(run_id: str, epoch: int, layer: str) -> TopPatches:
    """The patches of the first `SAMPLE` test images that activate each filter of a convolution most.

    Raises `ValueError` for a dense-only network.
    """
    from cnnlab.models import inspection

    run = runs.get(run_id)
    if not isinstance(run.spec.model, ConvNetSpec):
        raise ValueError(f"Only convolutions have patches. Received: {run.spec.model}")
    data = run.spec.data
    images = permuted(scaled(load(data.dataset, data.source).x_test[:SAMPLE]), data)
    given = pixel_values(images, data.pixels)
    top = inspection.top_activations(network(run_id, epoch), given, layer)
    maps = convolved(run.spec.model, images.shape[1:], layer)
    rows, columns = top.rows * maps.jump + maps.top, top.columns * maps.jump + maps.left
    return TopPatches(
        top.strongest, top.largest, cut(images, top.images, rows, columns, maps.field), len(images)
    )


def cut(
    images: np.ndarray, which: np.ndarray, rows: np.ndarray, columns: np.ndarray, side: int
) -> np.ndarray:
    """Square patches of images: (…, side, side, C), zeros beyond the border.

    Args:
        images: (N, H, W, C).
        which: (…) int, the image of each patch.
        rows: (…) int, the first row of each patch; may lie outside the image.
        columns: (…) int, the first column of each patch; may lie outside the image.
        side: In pixels.
    """
    height, width = images.shape[1:3]
    row_indices = (rows[..., None] + np.arange(side))[..., :, None]
    column_indices = (columns[..., None] + np.arange(side))[..., None, :]
    inside = (row_indices >= 0) & (row_indices < height) & (column_indices >= 0) & (column_indices < width)
    patches = images[
        which[..., None, None], row_indices.clip(0, height - 1), column_indices.clip(0, width - 1)
    ]
    return np.where(inside[..., None], patches, 0).astype(images.dtype)


def maximize_activation(run_id: str, epoch: int, layer: str, filters: tuple[int, ...]) -> np.ndarray:
    """Images that activate filters strongly, by gradient ascent; see `inspection.maximize_activation`."""
    from cnnlab.models import inspection

    white = WHITE if _pixels(run_id) == "raw" else 1
    return inspection.maximize_activation(network(run_id, epoch), layer, list(filters), white=white)


def tflite(run_id: str, epoch: int) -> bytes:
    """The network as a TensorFlow Lite file. Raises `CannotConvert`."""
    return convert(network(run_id, epoch))


def keras_file(run_id: str, epochs: int) -> bytes:
    """The stored network as a `.keras` file that needs no cnnlab; `epochs` tells what it was trained for.

    Networks with min pooling that older versions have stored do need it.
    """
    from cnnlab.models import portable

    content = runs.model_content(run_id)
    with temporary_files_in_sentences():
        return portable.keras_file(portable.from_keras_file(content))


def untrained_view(
    model: ConvNetSpec | DenseSpec,
    dataset: str,
    seed: int,
    image: np.ndarray,
    pixels: PixelValues = "scaled",
) -> NetworkView:
    """What a network makes of an image before any training; `pixels` says which values it gets."""
    return view_of(_untrained(model, dataset, seed), pixel_values(image, pixels), step=0)


def stored_view(run_id: str, epoch: int, image: np.ndarray) -> NetworkView:
    """What a network makes of an image after an epoch."""
    return view_of(network(run_id, epoch), _given(run_id, image))


_untrained = functools.lru_cache(maxsize=CACHED_NETWORKS)(untrained)


def network(run_id: str, epoch: int) -> "keras.Model":
    """The network of a run as it was after an epoch; 0 is before training."""
    return _network(run_id, epoch, runs.weights_version(run_id, epoch))


@functools.lru_cache(maxsize=CACHED_NETWORKS)
def _network(run_id: str, epoch: int, version: str) -> "keras.Model":
    """`version` differs once a continued training may have replaced the weights."""
    from cnnlab.models.build import build

    spec = runs.get(run_id).spec
    info = DATASETS[spec.data.dataset]
    model = build(spec.model, info.input_shape, len(info.classes))
    weights = runs.weights(run_id, epoch)
    if not all(np.isfinite(array).all() for array in weights):
        raise NotFinite(
            "The weights of this epoch are not numbers, since the training diverged: choose an earlier one "
            "under 'Epoch'."
        )
    try:
        model.set_weights(weights)
    except ValueError as error:
        raise ArtifactDamaged(f"The weights of epoch {epoch} do not fit the network.") from error
    return model


def _given(run_id: str, images: np.ndarray) -> np.ndarray:
    """What the network of a run is given of images in [0, 1]."""
    return pixel_values(images, _pixels(run_id))


@functools.lru_cache(maxsize=1000)
def _pixels(run_id: str) -> PixelValues:
    """A setting of a run, which never changes."""
    return runs.get(run_id).spec.data.pixels


def _test_images(run: runs.Run, most: int | None = None) -> np.ndarray:
    return network_input(load(run.spec.data.dataset, run.spec.data.source).x_test[:most], run.spec.data)
