"""The images of one training: training, validation and test."""

from dataclasses import dataclass

import numpy as np

from cnnlab.data.catalogue import Images
from cnnlab.data.pixels import network_input
from cnnlab.data.sampling import split_indices
from cnnlab.spec import TITLES, DataSpec, RunSpec


@dataclass(frozen=True)
class Split:
    """The arrays of one training: x are (N, H, W, C) float32 from `network_input`, y are (N,) int64."""

    x_train: np.ndarray
    y_train: np.ndarray
    x_validation: np.ndarray
    y_validation: np.ndarray
    x_test: np.ndarray
    y_test: np.ndarray


def split(images: Images, spec: DataSpec, seed: int) -> Split:
    """Draws `spec.images` of the training images and takes some of them for validation.

    The classes are equally frequent, as far as there are enough images of each, both in the training and in
    the validation images. All test images are used. The same arguments give the same images in the same
    order, in which the classes take turns (`epoch_order` shuffles them).

    Raises `ValueError` if there are fewer than `spec.images` training images.
    """
    available = len(images.y_train)
    if spec.images > available:
        raise ValueError(f"'{TITLES['images']}' must be at most {available:,}, not {spec.images:,}.")
    train, validation = split_indices(images.y_train, spec.images, validation_images(spec), seed)
    return Split(
        x_train=network_input(images.x_train[train], spec),
        y_train=images.y_train[train],
        x_validation=network_input(images.x_train[validation], spec),
        y_validation=images.y_train[validation],
        x_test=network_input(images.x_test, spec),
        y_test=images.y_test,
    )


def validation_images(spec: DataSpec) -> int:
    """How many of `spec.images` are for validation: the rounded share, at least 1."""
    return max(1, round(spec.images * spec.validation_fraction))


def images_to_learn_from(spec: RunSpec) -> int:
    """How many images an epoch has: those that are not for validation."""
    return spec.data.images - validation_images(spec.data)


def steps_per_epoch(spec: RunSpec) -> int:
    """Optimizer steps in one pass over the training images; the last batch may be smaller."""
    return -(-images_to_learn_from(spec) // spec.training.batch_size)
