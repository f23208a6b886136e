"""A drawing as one image of a data set, scaled and centred as the data set's own images were."""

from math import ceil

import numpy as np

from cnnlab.errors import PictureRefused

INK = 0.05  # what is fainter is no ink: the soft rim that a brush or an eraser leaves


DIGIT_SHARE = 20 / 28  # of an image's side: as far as the longer side of a digit in MNIST reaches


def fit_drawing(
    canvas: np.ndarray, dataset: str, shape: tuple[int, int, int], centred: bool = True
) -> np.ndarray:
    """A drawing as one image of the data set, scaled and centred as the data set's own images were.

    Args:
        canvas: (S, S) float in [0, 1], bright ink on black.
        dataset: "mnist": the ink's box is scaled, proportions kept, until its longer side has 20 of 28
            pixels; its centre of mass comes to lie in the middle pixel (LeCun, Cortes, Burges: The
            MNIST database of handwritten digits). All others: the longer side takes the whole image,
            and the box lies in the middle (Xiao, Rasul, Vollgraf 2017: Fashion-MNIST, section 2; their
            sharpening is left out, as a drawing has sharp edges).
        shape: Height, width and channels of the data set's images.
        centred: Without it the canvas is scaled as a whole, so that it matters where the drawing lies.

    Returns `shape` float32 in [0, 1]. Raises `PictureRefused` where there is no ink, and `ValueError` for
    another canvas.
    """
    if canvas.ndim != 2 or len(set(canvas.shape)) != 1 or not (canvas.min() >= 0 and canvas.max() <= 1):
        raise ValueError(f"A canvas must be square with numbers from 0 to 1, not {canvas.shape}.")
    if not (canvas > INK).any():
        raise PictureRefused(
            "Nothing is drawn yet: draw on the black square, move the drawing back into it, "
            "or choose a test image."
        )
    height, width, _ = shape
    by_mass = centred and dataset == "mnist"
    longer_side = round(min(height, width) * (DIGIT_SHARE if by_mass else 1))
    ink = canvas > INK
    spans = [_extent(ink.any(axis=axis)) if centred else (0, len(canvas)) for axis in (1, 0)]
    pixel = max(stop - start for start, stop in spans) / longer_side
    rows, columns = (_shares(start, stop, pixel, len(canvas)) for start, stop in spans)
    small = np.clip(rows @ canvas @ columns.T, 0.0, 1.0)
    image = np.zeros(shape, np.float32)
    places = _place(small.sum(axis=1), height, by_mass), _place(small.sum(axis=0), width, by_mass)
    image[places] = small[..., None]
    return image


def _extent(ink: np.ndarray) -> tuple[int, int]:
    """Where the first True is, and where the last has been: (n,) bool."""
    (found,) = np.nonzero(ink)
    return int(found[0]), int(found[-1]) + 1


def _shares(start: int, stop: int, pixel: float, length: int) -> np.ndarray:
    """How pixels of this size, which cover start to stop, are made up of a canvas: (pixels, length) shares.

    Times the canvas, it gives the mean over each pixel's area. The pixels are as few as possible and lie
    around the middle; what they reach beyond the canvas is black.
    """
    pixels = ceil((stop - start) / pixel - 1e-9)
    edges = (start + stop) / 2 + (np.arange(pixels + 1)[:, None] - pixels / 2) * pixel
    units = np.arange(length)
    overlaps = np.minimum(edges[1:], units + 1) - np.maximum(edges[:-1], units)
    return np.maximum(overlaps, 0.0) / pixel


def _place(mass: np.ndarray, side: int, by_mass: bool) -> slice:
    """Where lines of this much ink each come to lie within a side: around the middle, never beyond it."""
    room = side - len(mass)
    # In every image of MNIST the centre of mass lies within half a pixel of pixel 14, counted from 0.
    centre = side // 2 - np.average(np.arange(len(mass)), weights=mass)
    first = min(max(round(centre), 0), room) if by_mass else (room + 1) // 2
    return slice(first, first + len(mass))
