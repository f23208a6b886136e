"""Pooling of feature maps in NumPy: the pooled values, the pixels they came from, and how much is left.

The values equal those of Keras's pooling layers (and of `cnnlab.models.layers.MinPooling2D`) with strides
equal to the window (tested).
"""

from typing import NamedTuple

import numpy as np

from cnnlab.spec import Padding, PoolingKind


class PooledMaps(NamedTuple):
    """Pooled maps, each (H', W', C), and the input pixel that each value was taken from."""

    values: np.ndarray
    """float32."""
    rows: np.ndarray | None
    """Row in the input, int; the first in reading order where several are equal. None for an average."""
    columns: np.ndarray | None
    """Column in the input, int; None for an average."""


class Retention(NamedTuple):
    """How much of some maps is left after pooling."""

    positions: float
    """Pooled values divided by input values: 0.25 for 2×2, less where rows or columns are dropped."""
    energy: float | None
    """Sum of the squares of the pooled values, divided by that of all input values (also of those in
    dropped rows and columns). A constant map keeps the same share of energy as of positions; a larger share
    means that the strong values are kept. None where all input is zero, or some of it is not finite."""
    error: float | None
    """Sum of the squared errors of the maps rebuilt from the pooled values, divided by the input's sum
    of squared differences from each map's own mean: 0 for a perfect copy, 1 for no better than that
    mean. To rebuild, each value fills its window, and dropped rows and columns repeat their neighbours.
    None where every map is constant, or some value is not finite."""


class _Windows(NamedTuple):
    """The pixels of the windows along one side, (windows, size) each; pixels in the padding are ignored."""

    pixels: np.ndarray
    """Index in the input. A pixel in the padding has the index of the nearest real one, which is in the same
    window, so it changes neither the largest nor the smallest value."""
    real: np.ndarray
    """bool; False in the padding."""


def pool(maps: np.ndarray, size: int, kind: PoolingKind, padding: Padding = "valid") -> PooledMaps:
    """The largest, average or smallest value of each size×size window.

    Args:
        maps: (H, W, C) numbers.
        size: Side of the window, and the step from one to the next.
        padding: "valid" drops the rows and columns that do not fill a window, H' = ⌊H / size⌋; "same" lets
            windows reach over the border, H' = ⌈H / size⌉, where nothing but real pixels counts.

    Returns `PooledMaps` of (H', W', C). Raises `ValueError` for another shape, and for a window that does
    not fit.
    """
    check_window(maps, size, padding)
    down, across = (_windows(side, size, padding) for side in maps.shape[:2])
    values = maps[down.pixels[:, None, :, None], across.pixels[None, :, None, :]]  # (H', W', size, size, C)
    flat = values.reshape(*values.shape[:2], size * size, -1)
    if kind == "average":
        real = (down.real[:, None, :, None] & across.real[None, :, None, :]).reshape(*flat.shape[:3], 1)
        sums = np.sum(flat, axis=2, dtype=np.float64, where=real)
        return PooledMaps((sums / real.sum(axis=2)).astype(np.float32), None, None)
    place = (np.argmax if kind == "max" else np.argmin)(flat, axis=2)  # (H', W', C)
    chosen = np.take_along_axis(flat, place[:, :, None], axis=2)[:, :, 0].astype(np.float32)
    in_row, in_column = np.divmod(place, size)
    rows = down.pixels[np.arange(len(down.pixels))[:, None, None], in_row]
    columns = across.pixels[np.arange(len(across.pixels))[None, :, None], in_column]
    return PooledMaps(chosen, rows, columns)


def check_window(maps: np.ndarray, size: int, padding: Padding) -> None:
    """Raises `ValueError` unless the maps are (H, W, C) and a window of this size fits them."""
    if maps.ndim != 3 or not maps.size:
        raise ValueError(f"Maps must be (H, W, C) and not empty, not {maps.shape}.")
    if size < 1:
        raise ValueError(f"The side of a window must be at least 1, not {size}: change 'Pool size'.")
    if padding == "valid" and size > min(maps.shape[:2]):
        height, width = maps.shape[:2]
        raise ValueError(f"Pool {size}×{size} does not fit the {height}×{width} map: lower 'Pool size'.")


def retention(maps: np.ndarray, size: int, kind: PoolingKind, padding: Padding = "valid") -> Retention:
    """How much of the maps is left after pooling, over all maps together.

    Arguments and errors are those of `pool`; see `Retention` for what is divided by what.
    """
    pooled = pool(maps, size, kind, padding).values.astype(np.float64)
    exact = maps.astype(np.float64)
    energy = np.sum(exact**2)
    spread = np.sum((exact - exact.mean(axis=(0, 1))) ** 2)
    errors = np.sum((rebuilt(pooled, size, maps.shape[:2], padding) - exact) ** 2)
    constant = bool(np.all(maps == maps[0, 0]))  # exactly, where `spread` has rounding errors
    return Retention(
        pooled.size / maps.size,
        float(np.sum(pooled**2) / energy) if energy and np.isfinite(energy) else None,
        float(errors / spread) if np.isfinite(spread) and not constant else None,
    )


def rebuilt(pooled: np.ndarray, size: int, sides: tuple[int, int], padding: Padding = "valid") -> np.ndarray:
    """Pooled maps (H', W', C) enlarged again to (*sides, C): each pixel gets the value of its window.

    A pixel in dropped rows or columns gets the value of the nearest window.
    """
    down, across = (
        np.minimum((np.arange(side) + _padding_before(side, size, padding)) // size, count - 1)
        for side, count in zip(sides, pooled.shape[:2], strict=True)
    )
    return pooled[down[:, None], across]


def _windows(side: int, size: int, padding: Padding) -> _Windows:
    count = -(-side // size) if padding == "same" else side // size
    pixels = np.arange(count * size).reshape(count, size) - _padding_before(side, size, padding)
    return _Windows(np.clip(pixels, 0, side - 1), (pixels >= 0) & (pixels < side))


def _padding_before(side: int, size: int, padding: Padding) -> int:
    """Rows (or columns) of padding before the map; an odd one more comes after it."""
    return -side % size // 2 if padding == "same" else 0
