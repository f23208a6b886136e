"""A drawing becomes one image of a data set, scaled and centred as the data set's own images were."""

import numpy as np

from cnnlab.data import centring
from cnnlab.data.centring import Framing
from cnnlab.errors import PictureRefused


def fit_drawing(
    canvas: np.ndarray, shape: tuple[int, int, int], framing: Framing | None = None
) -> np.ndarray:
    """A drawing as one image of a data set; in colour, its three channels are equal.

    Args:
        canvas: (S, S) float in [0, 1], bright ink on black.
        shape: Height, width and channels of the data set's images.
        framing: How its images lie in their frames, to scale and centre the ink likewise. If None, the whole
            canvas is scaled to the middle of the image, so the position of the drawing on it matters.

    Returns `shape` float32 in [0, 1]. Raises `PictureRefused` if there is no ink, and `ValueError` for
    another canvas.
    """
    if canvas.ndim != 2 or len(set(canvas.shape)) != 1 or not (canvas.min() >= 0 and canvas.max() <= 1):
        raise ValueError(f"A canvas must be square with numbers from 0 to 1, not {canvas.shape}.")
    box = centring.ink_box(canvas)
    if box is None:
        raise PictureRefused(
            "Nothing is drawn yet: draw on the black square, move the drawing back into it, "
            "or choose a test image."
        )
    if framing is not None:
        return centring.fitted(canvas, box, framing, shape)
    whole = (0, len(canvas)), (0, len(canvas))
    return centring.fitted(canvas, whole, Framing(min(shape[:2]), by_mass=False), shape)
