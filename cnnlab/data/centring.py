"""Bright ink on black, scaled and centred as the data set's own images were.

MNIST: the ink's box is scaled, proportions kept, until its longer side has 20 of 28 pixels, and its centre of
mass is placed in the middle pixel (LeCun, Cortes, Burges: The MNIST database of handwritten digits). All
others: the longer side takes the whole image, and the box is placed in the middle (Xiao, Rasul, Vollgraf
2017: Fashion-MNIST, section 2; without their sharpening).
"""

from math import ceil

import numpy as np

INK = 0.05  # fainter pixels do not count as ink: they are the soft rim that a brush or an eraser leaves
DIGIT_SHARE = 20 / 28  # the longer side of a digit in MNIST, as a share of the image's side

Shape = tuple[int, int, int]
Box = tuple[tuple[int, int], tuple[int, int]]
"""The first row and the one after the last, and the columns likewise."""


def longer_side(dataset: str, shape: Shape) -> int:
    """How long the longer side of the ink's box is in the images of a data set, in pixels."""
    return round(min(shape[:2]) * (DIGIT_SHARE if dataset == "mnist" else 1))


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


def centred(canvas: np.ndarray, box: Box, dataset: str, shape: Shape) -> np.ndarray:
    """The ink of a canvas as one image of a data set.

    Args:
        canvas: (H, W) float in [0, 1], bright ink on black.
        box: Where the ink is.
        dataset: 'mnist', or any other.
        shape: Height, width and channels of the data set's images.

    Returns `shape` float32 in [0, 1].
    """
    return fitted(canvas, box, longer_side(dataset, shape), shape, by_mass=dataset == "mnist")


def fitted(canvas: np.ndarray, box: Box, side: int, shape: Shape, by_mass: bool = False) -> np.ndarray:
    """A box of a canvas, (H, W), scaled until its longer side has `side` pixels, in an image of that shape.

    `by_mass`: whether its centre of mass is placed in the middle pixel, and not the middle of the box.

    Returns `shape` float32 in [0, 1].
    """
    pixel = max(stop - start for start, stop in box) / side
    rows, columns = (_shares(*span, pixel, length) for span, length in zip(box, canvas.shape, strict=True))
    small = np.clip(rows @ canvas @ columns.T, 0.0, 1.0)
    image = np.zeros(shape, np.float32)
    height, width, _ = shape
    places = _place(small.sum(axis=1), height, by_mass), _place(small.sum(axis=0), width, by_mass)
    image[places] = small[..., None]
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
