"""From stored images to a network's input: pixels scaled to [0, 1] or as stored, and shuffled if so set.

A picture is an image with values in [0, 1]: what people look at, draw, upload and disturb. `pixel_values`
alone gives it the values that the networks of a run get.
"""

from functools import cache

import numpy as np

from cnnlab.spec import DataSpec, PixelValues

WHITE = 255  # the largest value of a stored pixel
PIXEL_SEED = 3  # of the order of shuffled pixels, which is the same in every run


def scaled(x: np.ndarray) -> np.ndarray:
    """Images scaled from (N, H, W, C) uint8, 0 to 255, to float32 in [0, 1].

    Raises `ValueError` for anything else, so that nothing is scaled twice.
    """
    if x.dtype != np.uint8 or x.ndim != 4:
        raise ValueError(f"Images must be (N, H, W, C) uint8, not {x.shape} {x.dtype}.")
    return np.divide(x, np.float32(255), dtype=np.float32)


def network_input(x: np.ndarray, spec: DataSpec) -> np.ndarray:
    """The input of a run's networks: stored images, (N, H, W, C) uint8, as float32 of the same shape.

    Raises `ValueError` for anything else.
    """
    return pixel_values(permuted(scaled(x), spec), spec.pixels)


def pixel_values(pictures: np.ndarray, pixels: PixelValues) -> np.ndarray:
    """Pictures, float32 in [0, 1], with the values that networks get: in [0, 255] where these are raw.

    Of a stored image scaled before, exactly the whole numbers that are stored.
    """
    return pictures * np.float32(WHITE) if pixels == "raw" else pictures


def byte_values(spec: DataSpec) -> np.ndarray:
    """The values that networks get for each stored byte, from 0 to 255: (256,) float32."""
    every = np.arange(256, dtype=np.uint8).reshape(1, 16, 16, 1)
    return pixel_values(scaled(every), spec.pixels).ravel()


def permuted(x: np.ndarray, spec: DataSpec) -> np.ndarray:
    """Images, (…, H, W, C), with their pixels shuffled if the settings say so."""
    return shuffled(x) if spec.shuffled_pixels else x


def shuffled(x: np.ndarray) -> np.ndarray:
    """Images, (…, H, W, C), with their pixels shuffled in the same way for all images of one size.

    Place i, counted row by row, gets pixel `pixel_order(H, W)[i]` with its channels. Dtype and shape stay.
    """
    height, width, channels = x.shape[-3:]
    pixels = x.reshape(*x.shape[:-3], height * width, channels)
    return pixels[..., pixel_order(height, width), :].reshape(x.shape)


def unshuffled(x: np.ndarray) -> np.ndarray:
    """The inverse of `shuffled`: images, (…, H, W, C), with every pixel back in its own place."""
    height, width, channels = x.shape[-3:]
    pixels = x.reshape(*x.shape[:-3], height * width, channels)
    return pixels[..., np.argsort(pixel_order(height, width)), :].reshape(x.shape)


@cache
def pixel_order(height: int, width: int) -> np.ndarray:
    """The order of shuffled pixels: a permutation of 0 to H·W - 1 that depends on the size alone."""
    order = np.random.default_rng([PIXEL_SEED, height, width]).permutation(height * width)
    order.flags.writeable = False
    return order
