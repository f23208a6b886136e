"""The kernels of a convolution in numbers: how far they moved, which are dead, which are nearly the same.

Kernels are (k, k, C_in, filters) float32, as Keras stores them.
"""

from bisect import bisect_right
from collections.abc import Sequence

import numpy as np

SIMILAR = 0.95  # the least cosine of two kernels that count as nearly the same


def snapshot_index(epochs: Sequence[int], epoch: int) -> int:
    """The place of the last stored epoch up to this one; `epochs` increase and begin with 0."""
    return bisect_right(list(epochs), epoch) - 1


def cosines(before: np.ndarray, after: np.ndarray) -> np.ndarray:
    """The cosine of the angle between each filter's kernels at two times: (filters,) in [-1, 1]."""
    first, second = _rows(before), _rows(after)
    lengths = np.linalg.norm(first, axis=1) * np.linalg.norm(second, axis=1)
    return (first * second).sum(axis=1) / np.maximum(lengths, np.finfo(np.float32).tiny)


def distances(before: np.ndarray, after: np.ndarray) -> np.ndarray:
    """The Euclidean (L2) distance between each filter's kernels at two times: (filters,)."""
    return np.linalg.norm(_rows(after) - _rows(before), axis=1)


def norms_by_map(kernels: np.ndarray) -> np.ndarray:
    """How much weight each filter gives each input map: the L2 norm of that slice, (filters, C_in)."""
    return np.sqrt((kernels.astype(np.float64) ** 2).sum(axis=(0, 1))).T.astype(np.float32)


def similar_groups(kernels: np.ndarray, least: float = SIMILAR) -> np.ndarray:
    """Groups of nearly the same filters, (filters,) int: for each filter the lowest index in its group.

    Two filters with a cosine of at least `least` are in one group, and so are those that are linked by a
    chain of such pairs.
    """
    from scipy.sparse.csgraph import connected_components

    rows = _rows(kernels)
    unit = rows / np.maximum(np.linalg.norm(rows, axis=1, keepdims=True), np.finfo(np.float32).tiny)
    _, labels = connected_components(unit @ unit.T >= least, directed=False)
    _, lowest = np.unique(labels, return_index=True)
    return lowest[labels]


def unrolled(kernel: np.ndarray, side: int, stride: int = 1) -> np.ndarray:
    """The weights with which a dense layer computes what one kernel computes on a small image.

    Args:
        kernel: (k, k), with k at most `side`.
        side: The image is (side, side); nothing is padded.
        stride: Pixels from one place of the kernel to the next.

    Returns (out², side²) float32, where out = ⌊(side - k) / stride⌋ + 1: one row for each output pixel, in
    reading order.
    """
    k = len(kernel)
    out = (side - k) // stride + 1
    matrix = np.zeros((out, out, side, side), np.float32)
    for row, column in np.ndindex(out, out):
        top, left = row * stride, column * stride
        matrix[row, column, top : top + k, left : left + k] = kernel
    return matrix.reshape(out * out, side * side)


def _rows(kernels: np.ndarray) -> np.ndarray:
    """One row of weights for each filter: (filters, k·k·C_in) float64."""
    return kernels.reshape(-1, kernels.shape[-1]).T.astype(np.float64)
