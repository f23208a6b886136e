"""Test images that are training images too, exactly or nearly: they flatter every network.

A network that has learned such an image by heart is right on it without having learned anything of its
class (see B. Barz and J. Denzler, "Do we train on test data? Purging CIFAR of near-duplicates", J. Imaging 6,
2020).
"""

import hashlib
from typing import NamedTuple

import numpy as np

from cnnlab import words
from cnnlab.evidence.finding import Finding, Quantity

SIDE = 8  # pixels to which images are reduced before they are compared
NEAR = 3.0  # grey levels of 255: what is closer counts as nearly the same
_AT_ONCE = 2**24  # distances in memory, 64 MB


class Nearest(NamedTuple):
    """The training image that is closest to each of M test images."""

    training: np.ndarray
    """Its number, (M,) int64."""
    distance: np.ndarray
    """(M,) float64: see `nearest_training_images`."""
    identical: np.ndarray
    """Whether it is the same byte for byte, (M,) bool."""

    @property
    def near(self) -> np.ndarray:
        """Whether it is nearly the same, but not byte for byte, (M,) bool."""
        return ~self.identical & (self.distance < NEAR)

    def closest(self, count: int) -> np.ndarray:
        """The test images that are closest to a training image, at most so many, identical ones first."""
        return np.lexsort((self.distance, ~self.identical))[:count]


def nearest_training_images(train: np.ndarray, test: np.ndarray) -> Nearest:
    """Compares every test image with every training image.

    Args:
        train, test: (N, H, W, C) and (M, H, W, C) uint8; N at least 1.

    Images are reduced to 8×8 pixels (`reduced`), each channel by itself. The distance of two images is the
    root mean square difference of their reduced values, in levels from 0 to 255; noise and single pixels
    hardly count in it. An identical training image is the nearest, the first of several.
    """
    small_train, small_test = reduced(train), reduced(test)
    training = _nearest(small_train, small_test)
    copies = _identical(train, test)
    identical = copies >= 0
    training = np.where(identical, copies, training)
    gaps = (small_train[training] - small_test).astype(np.float64)
    return Nearest(training, np.sqrt((gaps**2).mean(axis=1)), identical)


def reduced(images: np.ndarray) -> np.ndarray:
    """Images as few numbers: (N, H, W, C) uint8 to (N, h·w·C) float32, from 0 to 255.

    Each number is the mean of a rectangle of pixels; where an edge cuts a pixel, it counts in part. Sides are
    reduced to 8, shorter ones stay.
    """
    height, width, channels = images.shape[1:]
    down, across = (_averaging(side) for side in (height, width))
    size = len(down) * len(across) * channels
    result = np.empty((len(images), size), np.float32)
    step = max(1, _AT_ONCE // (height * width * channels))
    for start in range(0, len(images), step):
        block = images[start : start + step].astype(np.float32)
        rows = np.tensordot(block, down, ((1,), (1,)))  # (n, W, C, h); the next gives (n, C, h, w)
        result[start : start + step] = np.tensordot(rows, across, ((1,), (1,))).reshape(-1, size)
    return result


def _averaging(side: int) -> np.ndarray:
    """How much each of `side` pixels counts in each of at most 8 means: (means, side) float32."""
    edges = np.linspace(0, side, min(SIDE, side) + 1)
    pixels = np.arange(side)
    ends = np.minimum(edges[1:, None], pixels + 1)
    overlap = np.clip(ends - np.maximum(edges[:-1, None], pixels), 0, None)
    return (overlap / overlap.sum(axis=1, keepdims=True)).astype(np.float32)


def _nearest(train: np.ndarray, test: np.ndarray) -> np.ndarray:
    """(N, D) and (M, D) float32 to the number of the nearest of N for each of M: (M,) int64.

    |a - b|² is |a|² - 2ab + |b|², of which the last does not matter; so it takes one product of matrices.
    """
    middle = train.mean(axis=0)  # smaller numbers, less rounding
    train, test = train - middle, test - middle
    factors = np.hstack([-2 * train, (train**2).sum(axis=1, keepdims=True)]).T  # (D + 1, N)
    test = np.hstack([test, np.ones_like(test[:, :1])])
    step = max(1, _AT_ONCE // len(train))
    blocks = [(test[start : start + step] @ factors).argmin(axis=1) for start in range(0, len(test), step)]
    return np.concatenate(blocks)


def _identical(train: np.ndarray, test: np.ndarray) -> np.ndarray:
    """The first training image that is the same byte for byte, for each test image; -1 without one: (M,)."""
    first: dict[bytes, int] = {}
    for number, image in enumerate(train):
        first.setdefault(_digest(image), number)
    return np.array([first.get(_digest(image), -1) for image in test], np.int64)


def _digest(image: np.ndarray) -> bytes:
    """128 bits by which equal images are found; those of many large images would not fit into memory."""
    return hashlib.blake2b(image.tobytes(), digest_size=16).digest()


def duplicates_finding(nearest: Nearest, same_class: np.ndarray) -> Finding:
    """How many test images are training images too.

    `same_class`: (M,) bool, whether each test image has the class of its nearest training image.
    """
    identical, near = int(nearest.identical.sum()), int(nearest.near.sum())
    if not identical + near:
        return Finding((), "No test image is also a training image, exactly or nearly")
    other = int((~same_class & (nearest.identical | nearest.near)).sum())
    differ = f"{words.count(other, 'of these has', 'of these have')} another class there."
    return Finding(
        (),
        f"Of the {len(same_class):,} test images {_counted(identical, near)}",
        Quantity(float(identical + near), "test images", 0),
        grounds=(differ,) if other else (),
        caveats=("Where a network is right on them, it may only remember them.",),
    )


def _counted(identical: int, near: int) -> str:
    copies = words.count(identical, "is also a training image", "are also training images")
    alike = (
        f"{words.count(near, 'is', 'are')} nearly the same as {'one' if identical else 'a training image'}"
    )
    parts = [f"{copies}, byte for byte"] if identical else []
    return ", and ".join([*parts, alike] if near else parts)
