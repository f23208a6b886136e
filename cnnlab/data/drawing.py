"""A drawing becomes one image of a data set, scaled and centred as the data set's own images were."""

from math import ceil

import numpy as np

from cnnlab.errors import PictureRefused

INK = 0.05  # fainter pixels do not count as ink: they are the soft rim that a brush or an eraser leaves
DIGIT_SHARE = 20 / 28  # the longer side of a digit in MNIST, as a share of the image's side


def fit_drawing(
    canvas: np.ndarray, dataset: str, shape: tuple[int, int, int], centred: bool = True
) -> np.ndarray:
    """A drawing as one image of the data set, scaled and centred as the data set's own images were.

    Args:
        canvas: (S, S) float in [0, 1], bright ink on black.
        dataset: "mnist": the ink's box is scaled, proportions kept, until its longer side has 20 of 28
            pixels, and its centre of mass is placed in the middle pixel (LeCun, Cortes, Burges: The
            MNIST database of handwritten digits). All others: the longer side takes the whole image,
            and the box is placed in the middle (Xiao, Rasul, Vollgraf 2017: Fashion-MNIST, section 2;
            without their sharpening, as a drawing has sharp edges).
        shape: Height, width and channels of the data set's images.
        centred: If False, the whole canvas is scaled, so the position of the drawing on it matters.

    Returns `shape` float32 in [0, 1]. Raises `PictureRefused` if there is no ink, and `ValueError` for
    another canvas.
    """
    if canvas.ndim != 2 or len(set(canvas.shape)) != 1 or not (canvas.min() >= 0 and canvas.max() <= 1):
        raise ValueError(f"A canvas must be square with numbers from 0 to 1, not {canvas.shape}.")
    ink = np.asarray(canvas > INK)
    if not ink.any():
        raise PictureRefused(
            "Nothing is drawn yet: draw on the black square, move the drawing back into it, "
            "or choose a test image."
        )
    height, width, _ = shape
    by_mass = centred and dataset == "mnist"
    longer_side = round(min(height, width) * (DIGIT_SHARE if by_mass else 1))
    spans = [_extent(np.any(ink, axis=axis)) if centred else (0, len(canvas)) for axis in (1, 0)]
    pixel = max(stop - start for start, stop in spans) / longer_side
    rows, columns = (_shares(start, stop, pixel, len(canvas)) for start, stop in spans)
    small = np.clip(rows @ canvas @ columns.T, 0.0, 1.0)
    image = np.zeros(shape, np.float32)
    places = _place(small.sum(axis=1), height, by_mass), _place(small.sum(axis=0), width, by_mass)
    image[places] = small[..., None]
    return image


def _extent(ink: np.ndarray) -> tuple[int, int]:
    """The range from the first to the last True of (n,) bool: start and stop."""
    indices = np.flatnonzero(ink)
    return int(indices[0]), int(indices[-1]) + 1


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
    """The slice in which the drawing is placed: centred, by mass for MNIST, and within the image.

    `mass` is the ink of each of its rows (or columns), `side` that of the image.
    """
    room = side - len(mass)
    # In every image of MNIST the centre of mass is within half a pixel of pixel 14, counted from 0.
    centre = side // 2 - np.average(np.arange(len(mass)), weights=mass)
    first = min(max(round(centre), 0), room) if by_mass else (room + 1) // 2
    return slice(first, first + len(mass))
