"""The images of one training: training, validation and test."""

from dataclasses import dataclass

import numpy as np

from cnnlab.data.catalogue import Images
from cnnlab.data.pixels import byte_values, network_input, permuted
from cnnlab.data.sampling import split_indices
from cnnlab.spec import TITLES, DataSpec, RunSpec

FLOAT_BYTES = 4
LARGE = 256 * 2**20  # bytes that training images may take as float32; more of them stay as they are stored


@dataclass(frozen=True)
class Split:
    """The arrays of one training: x are (N, H, W, C), y are (N,) int64.

    The images are float32 as `network_input` gives them. Those of a large data set stay uint8, so that they
    fit the memory, and `inputs` turns a batch into what the networks get: the same numbers.
    """

    x_train: np.ndarray
    y_train: np.ndarray
    x_validation: np.ndarray
    y_validation: np.ndarray
    x_test: np.ndarray
    y_test: np.ndarray
    values: np.ndarray | None = None
    """(256,) float32: the input that each stored byte stands for, where the images are uint8."""

    def inputs(self, x: np.ndarray) -> np.ndarray:
        """Some of these images as the networks get them, float32."""
        return x if self.values is None else self.values[x]


def split(images: Images, spec: DataSpec, seed: int) -> Split:
    """Draws `spec.images` of the training images and takes some of them for validation.

    The classes are equally frequent, as far as there are enough images of each, both in the training and in
    the validation images. All test images are used. The same arguments give the same images in the same
    order, in which the classes take turns (`epoch_order` shuffles them).

    Raises `ValueError` if there are fewer than `spec.images` training images.
    """
    train, validation = _drawn(images, spec, seed)
    large = len(train) * images.x_train[0].size * FLOAT_BYTES > LARGE
    prepared = permuted if large else network_input
    return Split(
        x_train=prepared(images.x_train[train], spec),
        y_train=images.y_train[train],
        x_validation=prepared(images.x_train[validation], spec),
        y_validation=images.y_train[validation],
        x_test=prepared(images.x_test, spec),
        y_test=images.y_test,
        values=byte_values(spec) if large else None,
    )


def validation_of(images: Images, spec: DataSpec, seed: int) -> tuple[np.ndarray, np.ndarray]:
    """The validation images of `split`, (N, H, W, C) float32 as networks get them, and their classes, (N,)."""
    _, validation = _drawn(images, spec, seed)
    return network_input(images.x_train[validation], spec), images.y_train[validation]


def _drawn(images: Images, spec: DataSpec, seed: int) -> tuple[np.ndarray, np.ndarray]:
    """The indices of the images for training and of those for validation."""
    available = len(images.y_train)
    if spec.images > available:
        raise ValueError(f"'{TITLES['images']}' must be at most {available:,}, not {spec.images:,}.")
    return split_indices(images.y_train, spec.images, validation_images(spec), seed)


def validation_images(spec: DataSpec) -> int:
    """How many of `spec.images` are for validation: the rounded share, at least 1."""
    return max(1, round(spec.images * spec.validation_fraction))


def images_to_learn_from(spec: RunSpec) -> int:
    """How many images an epoch has: those that are not for validation."""
    return spec.data.images - validation_images(spec.data)


def steps_per_epoch(spec: RunSpec) -> int:
    """Optimizer steps in one pass over the training images; the last batch may be smaller."""
    return -(-images_to_learn_from(spec) // spec.training.batch_size)
