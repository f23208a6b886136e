"""A drawing becomes one image of a data set, scaled and centred as the data set's own images were."""

import numpy as np

from cnnlab.data import centring
from cnnlab.errors import PictureRefused


def fit_drawing(
    canvas: np.ndarray, dataset: str, shape: tuple[int, int, int], centred: bool = True
) -> np.ndarray:
    """A drawing as one image of the data set, scaled and centred as `cnnlab.data.centring` says.

    Args:
        canvas: (S, S) float in [0, 1], bright ink on black.
        dataset: "mnist", or any other.
        shape: Height, width and channels of the data set's images.
        centred: If False, the whole canvas is scaled, so the position of the drawing on it matters.

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
    if centred:
        return centring.centred(canvas, box, dataset, shape)
    whole = (0, len(canvas)), (0, len(canvas))
    return centring.fitted(canvas, whole, min(shape[:2]), shape)
