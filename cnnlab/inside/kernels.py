"""The kernels of a convolution as numbers: how far they moved, which are dead, which are nearly the same.

Kernels are (k, k, C_in, filters) float32, as Keras keeps them. NumPy only.
"""

import numpy as np

ALIKE = 0.95  # cosine from which two kernels count as nearly the same
DEAD = 0.0  # a filter whose activation never exceeds it


def cosines(before: np.ndarray, after: np.ndarray) -> np.ndarray:
    """The cosine of the angle between each filter's kernels at two times: (filters,) in [-1, 1]."""
    first, second = _rows(before), _rows(after)
    lengths = np.linalg.norm(first, axis=1) * np.linalg.norm(second, axis=1)
    return (first * second).sum(axis=1) / np.maximum(lengths, np.finfo(np.float32).tiny)


def distances(before: np.ndarray, after: np.ndarray) -> np.ndarray:
    """The Euclidean (L2) distance between each filter's kernels at two times: (filters,)."""
    return np.linalg.norm(_rows(after) - _rows(before), axis=1)


def norms_by_map(kernels: np.ndarray) -> np.ndarray:
    """How much each filter looks at each input map: the L2 norm of its slice, (filters, C_in)."""
    return np.sqrt((kernels.astype(np.float64) ** 2).sum(axis=(0, 1))).T.astype(np.float32)


def alike(kernels: np.ndarray, least: float = ALIKE) -> np.ndarray:
    """Groups of nearly the same filters, (filters,) int: the lowest number in the group of each.

    Two filters with a cosine of at least `least` are in one group, and so are those that are linked by a
    chain of such pairs.
    """
    rows = _rows(kernels)
    unit = rows / np.maximum(np.linalg.norm(rows, axis=1, keepdims=True), np.finfo(np.float32).tiny)
    linked = unit @ unit.T >= least
    groups = np.arange(len(rows))
    while True:  # the lowest number spreads along the links
        spread = np.where(linked, groups, len(rows)).min(axis=1)
        spread = np.minimum(spread, groups)
        if (spread == groups).all():
            return groups
        groups = spread


def unrolled(kernel: np.ndarray, side: int) -> np.ndarray:
    """The matrix by which a dense layer would do what one kernel does to a small image.

    Args:
        kernel: (k, k), with k at most `side`.
        side: The image is (side, side); nothing is padded.

    Returns ((side - k + 1)², side²) float32: one row for each output pixel, in reading order.
    """
    k, out = len(kernel), side - len(kernel) + 1
    matrix = np.zeros((out, out, side, side), np.float32)
    for row, column in np.ndindex(out, out):
        matrix[row, column, row : row + k, column : column + k] = kernel
    return matrix.reshape(out * out, side * side)


def _rows(kernels: np.ndarray) -> np.ndarray:
    """Each filter's weights in a row, in double precision: (filters, k·k·C_in)."""
    return kernels.reshape(-1, kernels.shape[-1]).T.astype(np.float64)
