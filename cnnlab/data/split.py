"""The images of one training: training, validation and test."""

from dataclasses import dataclass

import numpy as np

from cnnlab.data.pixels import given
from cnnlab.data.registry import Images
from cnnlab.data.sampling import split_indices
from cnnlab.spec import TITLES, DataSpec, RunSpec


@dataclass(frozen=True)
class Split:
    """What one training uses: x are (N, H, W, C) float32 in [0, 1], as `given` makes them, y (N,) int64."""

    x_train: np.ndarray
    y_train: np.ndarray
    x_validation: np.ndarray
    y_validation: np.ndarray
    x_test: np.ndarray
    y_test: np.ndarray


def split(images: Images, spec: DataSpec, seed: int) -> Split:
    """Draw `spec.images` training images and set some of them apart for validation.

    Classes are represented as evenly as they allow, in the training and in the validation images; the
    number of validation images is the rounded share, at least 1. The test images stay whole. The
    same arguments give the same images in the same order, in which the classes take turns (`epoch_order`
    mixes them). Raises `ValueError` where there are fewer than `spec.images` training images.
    """
    available = len(images.y_train)
    if spec.images > available:
        raise ValueError(f"'{TITLES['images']}' must be at most {available:,}, not {spec.images:,}.")
    train, validation = split_indices(images.y_train, spec.images, validation_images(spec), seed)
    return Split(
        x_train=given(images.x_train[train], spec),
        y_train=images.y_train[train],
        x_validation=given(images.x_train[validation], spec),
        y_validation=images.y_train[validation],
        x_test=given(images.x_test, spec),
        y_test=images.y_test,
    )


def validation_images(spec: DataSpec) -> int:
    """How many of `spec.images` are set apart for validation: the rounded share, at least 1."""
    return max(1, round(spec.images * spec.validation_fraction))


def steps_per_epoch(spec: RunSpec) -> int:
    """Optimizer steps in one pass over the training images; the last batch may be smaller."""
    return -(-(spec.data.images - validation_images(spec.data)) // spec.training.batch_size)
