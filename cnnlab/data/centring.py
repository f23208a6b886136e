"""Bright ink on black, scaled and centred as the images of a data set were.

The ink's box is scaled, proportions kept, until its longer side has as many pixels as there, and is placed in
the middle, by its box or by its centre of mass. In MNIST the longer side has 20 of 28 pixels, and the centre
of mass is in the middle pixel (LeCun, Cortes, Burges: The MNIST database of handwritten digits). In
Fashion-MNIST the longer side takes the whole image, and the box is in the middle (Xiao, Rasul, Vollgraf 2017:
Fashion-MNIST, section 2; without their sharpening). `cnnlab.data.ground` measures it for any data set.
"""

from math import ceil
from typing import NamedTuple

import numpy as np

INK = 0.05  # fainter pixels do not count as ink: they are the soft rim that a brush or an eraser leaves

Shape = tuple[int, int, int]
Box = tuple[tuple[int, int], tuple[int, int]]
"""The first row and the one after the last, and the columns likewise."""


class Framing(NamedTuple):
    """How the ink lies in the images of a data set."""

    longer_side: int
    """Of the ink's box, in pixels."""
    by_mass: bool
    """Whether its centre of mass is in the middle pixel, and not the middle of its box in the middle."""


def ink_box(canvas: np.ndarray, faintest: float = INK) -> Box | None:
    """Where there is ink; None without any.

    Args:
        canvas: (H, W) float in [0, 1].
        faintest: What is brighter counts as ink.
    """
    ink = np.asarray(canvas > faintest)
    if not ink.any():
        return None
    rows, columns = (np.flatnonzero(np.any(ink, axis=axis)) for axis in (1, 0))
    return (int(rows[0]), int(rows[-1]) + 1), (int(columns[0]), int(columns[-1]) + 1)


def fitted(canvas: np.ndarray, box: Box, framing: Framing, shape: Shape) -> np.ndarray:
    """The ink of a canvas as one image of a data set.

    Args:
        canvas: (H, W) or (H, W, C) float in [0, 1], bright ink on black. Without channels, all channels of
            the image become equal.
        box: Where the ink is.
        framing: How the ink lies in the data set's images; where its box does not fit them at this size, it
            is made as large as fits.
        shape: Height, width and channels of the data set's images.

    Returns `shape` float32 in [0, 1].
    """
    height, width, channels = shape
    sides = [stop - start for start, stop in box]
    pixel = max(max(sides) / framing.longer_side, sides[0] / height, sides[1] / width)
    layers = canvas[..., None] if canvas.ndim == 2 else canvas
    rows, columns = (_shares(*span, pixel, length) for span, length in zip(box, canvas.shape, strict=False))
    small = np.clip(np.einsum("yi,ijc,xj->yxc", rows, layers, columns, optimize=True), 0.0, 1.0)
    mass = small.max(axis=2)
    image = np.zeros(shape, np.float32)
    places = (
        _place(mass.sum(axis=1), height, framing.by_mass),
        _place(mass.sum(axis=0), width, framing.by_mass),
    )
    image[places] = np.broadcast_to(small, (*small.shape[:2], channels))
    return image


def _shares(start: int, stop: int, pixel: float, length: int) -> np.ndarray:
    """The share that each row (or column) of a canvas has in each row of an image: (image rows, length).

    Multiplied with the canvas it gives the mean over each pixel's exact area; Pillow's `resize` counts whole
    rows only. The image rows, each as high as `pixel` rows of the canvas, are as few as cover start to stop,
    around their middle. Where they reach beyond the canvas, it counts as black.
    """
    pixels = ceil((stop - start) / pixel - 1e-9)
    edges = (start + stop) / 2 + (np.arange(pixels + 1)[:, None] - pixels / 2) * pixel
    units = np.arange(length)
    overlaps = np.minimum(edges[1:], units + 1) - np.maximum(edges[:-1], units)
    return np.maximum(overlaps, 0.0) / pixel


def _place(mass: np.ndarray, side: int, by_mass: bool) -> slice:
    """The slice in which the ink is placed: in the middle, by mass on request, and within the image.

    `mass` is the ink of each of its rows (or columns), `side` that of the image.
    """
    room = side - len(mass)
    # In every image of MNIST the centre of mass is within half a pixel of pixel 14, counted from 0.
    centre = side // 2 - np.average(np.arange(len(mass)), weights=mass)
    first = min(max(round(centre), 0), room) if by_mass else (room + 1) // 2
    return slice(first, first + len(mass))
