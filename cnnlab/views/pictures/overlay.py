"""A heat map over the image that it explains, as a tile in colours."""

import numpy as np
from PIL import Image

from cnnlab.views.palette import DIVERGING, rgb

FAINTEST, STRONGEST = 0.15, 0.9  # how much the colour covers the image, at 0 and at the limit


def enlarge(heat: np.ndarray, shape: tuple[int, int]) -> np.ndarray:
    """A coarse map, (h, w) float32, at the size of the image, (H, W), interpolated between its points."""
    picture = Image.fromarray(heat.astype(np.float32), mode="F")
    return np.asarray(picture.resize((shape[1], shape[0]), Image.Resampling.BILINEAR))


def overlay(image: np.ndarray, heat: np.ndarray, limit: float) -> np.ndarray:
    """The image in grey, and over it the heat: orange below 0, blue above 0, denser where it is stronger.

    Of an image in colour the grey is the mean of its channels.

    Args:
        image: (H, W, C) float32 in [0, 1].
        heat: (H, W) float32.
        limit: Above 0; where the absolute heat reaches it, the colour is densest.

    Returns (H, W, 3) float32 in [0, 1].
    """
    grey = image.mean(axis=-1, keepdims=True)
    strength = np.clip(np.abs(heat) / limit, 0, 1)[..., None]
    cover = strength * (STRONGEST - FAINTEST) + FAINTEST * (strength > 0)
    below, above = (np.array(rgb(color), np.float32) / 255 for color in (DIVERGING[0], DIVERGING[2]))
    color = np.where(heat[..., None] < 0, below, above)
    return ((1 - cover) * grey + cover * color).astype(np.float32)
