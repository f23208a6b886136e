"""Pixels as a network gets them: scaled to [0, 1], and shuffled where the settings say so."""

from functools import lru_cache

import numpy as np

from cnnlab.spec import DataSpec

PIXEL_SEED = 3  # of the one order of shuffled pixels, whatever the seed of a run


def scaled(x: np.ndarray) -> np.ndarray:
    """Pixels as a network wants them: (N, H, W, C) uint8 from 0 to 255 becomes float32 in [0, 1].

    Raises `ValueError` for anything else, so that nothing is scaled twice.
    """
    if x.dtype != np.uint8 or x.ndim != 4:
        raise ValueError(f"Images must be (N, H, W, C) uint8, not {x.shape} {x.dtype}.")
    return np.divide(x, np.float32(255), dtype=np.float32)


def given(x: np.ndarray, spec: DataSpec) -> np.ndarray:
    """Images as the networks of a run are given them: scaled, and arranged as the settings say.

    (N, H, W, C) uint8 becomes float32 in [0, 1]. Raises `ValueError` for anything else.
    """
    return arranged(scaled(x), spec)


def arranged(x: np.ndarray, spec: DataSpec) -> np.ndarray:
    """Scaled images, (…, H, W, C), with their pixels where the networks of a run find them."""
    return shuffled(x) if spec.shuffled_pixels else x


def shuffled(x: np.ndarray) -> np.ndarray:
    """Images, (…, H, W, C), with their pixels shuffled, all images of one size alike.

    Pixel `pixel_order(H, W)[i]` comes to lie at place i, counted row by row, with all its colours. The same
    values, dtype and shape.
    """
    height, width, channels = x.shape[-3:]
    pixels = x.reshape(*x.shape[:-3], height * width, channels)
    return pixels[..., pixel_order(height, width), :].reshape(x.shape)


@lru_cache(maxsize=16)
def pixel_order(height: int, width: int) -> np.ndarray:
    """The order of shuffled pixels, a permutation of 0 to H·W - 1 that depends on the size alone."""
    order = np.random.default_rng([PIXEL_SEED, height, width]).permutation(height * width)
    order.flags.writeable = False
    return order
