"""What the images of a data set are like: how many there are of each class, their mean, their pixels."""

import numpy as np

BINS = 32  # of a histogram: 8 levels each
_AT_ONCE = 1000  # images: NumPy counts in eight bytes for each value


def class_counts(labels: np.ndarray, classes: int) -> np.ndarray:
    """How many images each class has: (N,) int to (classes,) int."""
    return np.bincount(labels, minlength=classes)


def mean_images(images: np.ndarray, labels: np.ndarray, classes: int) -> np.ndarray:
    """The mean image of each class, pixel by pixel.

    (N, H, W, C) uint8 and (N,) int to (classes, H, W, C) float64 from 0 to 255; a class without images is 0.
    """
    sums = np.stack([images[labels == number].sum(axis=0, dtype=np.int64) for number in range(classes)])
    counts = np.maximum(class_counts(labels, classes), 1)
    return sums / counts.reshape(-1, 1, 1, 1)


def pixel_histogram(images: np.ndarray) -> np.ndarray:
    """How frequent pixel values are in each channel.

    (N, H, W, C) uint8 to (C, `BINS`) float64: the share of values from 8i to 8i + 7; each row sums to 1.
    """
    channels = images.shape[-1]
    counts = np.zeros((channels, 256), np.int64)
    for start in range(0, len(images), _AT_ONCE):
        values = images[start : start + _AT_ONCE].reshape(-1, channels)
        counts += [np.bincount(values[:, channel], minlength=256) for channel in range(channels)]
    return counts.reshape(channels, BINS, -1).sum(axis=2) / counts.sum(axis=1, keepdims=True)


def examples(labels: np.ndarray, category: int, count: int) -> np.ndarray:
    """The numbers of the first images of a class, at most so many: (n,) int."""
    return np.flatnonzero(labels == category)[:count]


def most_frequent_share(labels: np.ndarray) -> float:
    """The accuracy of always answering the most frequent class of (N,) labels, from 0 to 1."""
    return float(np.bincount(labels).max() / len(labels))
