"""Disturbed images: shifted, rotated, zoomed, blurred, noisy, occluded, of another contrast."""

import numpy as np

GREY = 0.5  # of the square that covers a part of an image


_NOISE_SEED, _PLACE_SEED = 1, 2


def shifted(images: np.ndarray, by: tuple[int, int]) -> np.ndarray:
    """Moved by whole pixels (dx, dy): dx > 0 to the right, dy > 0 down; less than the image's sides."""
    dx, dy = by
    height, width = images.shape[1:3]
    moved = np.zeros_like(images)
    moved[:, max(dy, 0) : height + min(dy, 0), max(dx, 0) : width + min(dx, 0)] = images[
        :, max(-dy, 0) : height - max(dy, 0), max(-dx, 0) : width - max(dx, 0)
    ]
    return moved


def rotated(images: np.ndarray, degrees: float) -> np.ndarray:
    """Turned about the centre, interpolated linearly; degrees > 0 is counterclockwise."""
    from scipy.special import cosdg, sindg  # exact at quarter turns: rounding would lose a border

    return _about_centre(
        images, np.array([[cosdg(degrees), sindg(degrees)], [-sindg(degrees), cosdg(degrees)]])
    )


def zoomed(images: np.ndarray, factor: float) -> np.ndarray:
    """Enlarged about the centre by a factor above 1, or made smaller by one below; interpolated linearly.

    Factors are above 0. Far below 1 not every pixel is looked at: there is no smoothing beforehand.
    """
    return _about_centre(images, np.eye(2) / factor)


def _about_centre(images: np.ndarray, matrix: np.ndarray) -> np.ndarray:
    """Each place takes the value found at `matrix` times its (row, column) offset from the centre.

    The centre is that between all pixels, ((H - 1) / 2, (W - 1) / 2).
    """
    from scipy.ndimage import affine_transform

    centre = (np.array(images.shape[1:3]) - 1) / 2
    offset = centre - matrix @ centre
    moved = np.empty_like(images)
    for image, result in zip(images, moved, strict=True):
        for channel in range(images.shape[3]):
            affine_transform(image[..., channel], matrix, offset, order=1, output=result[..., channel])
    return moved


def blurred(images: np.ndarray, sigma: float) -> np.ndarray:
    """Each pixel becomes the mean around it, weighted by a Gaussian of `sigma` pixels, at least 0."""
    from scipy.ndimage import gaussian_filter

    return gaussian_filter(images, sigma, axes=(1, 2), mode="constant") if sigma else images


def noisy(images: np.ndarray, sigma: float) -> np.ndarray:
    """Gaussian noise of standard deviation `sigma`, at least 0, added to every value and cut to [0, 1].

    Hendrycks and Dietterich (2019), arXiv 1903.12261. Each place of each image has its own noise, always
    the same, which `sigma` only scales.
    """
    noise = np.random.default_rng(_NOISE_SEED).standard_normal(images.shape, np.float32)
    return np.clip(images + np.float32(sigma) * noise, 0, 1)


def occluded(images: np.ndarray, share: float) -> np.ndarray:
    """A grey square covers each image, at a random place of its own that is always the same.

    Its side is `share`, from 0 to 1, of the image's shorter side, in whole pixels. Grey as by Zeiler and
    Fergus (2014), arXiv 1311.2901, so that it is seen on black as well.
    """
    height, width = images.shape[1:3]
    side = round(share * min(height, width))
    places = np.random.default_rng(_PLACE_SEED).random((len(images), 2))
    rows = _covered(places[:, 0], height, side)[:, :, None]
    columns = _covered(places[:, 1], width, side)[:, None, :]
    return np.where((rows & columns)[..., None], np.float32(GREY), images)


def _covered(places: np.ndarray, length: int, side: int) -> np.ndarray:
    """Which of `length` lines a stretch of `side` covers that lies at places from 0 to 1: (N, length)."""
    first = np.floor(places * (length - side + 1))[:, None]
    lines = np.arange(length)
    return (lines >= first) & (lines < first + side)


def contrasted(images: np.ndarray, factor: float) -> np.ndarray:
    """Each image's values drawn towards its mean: mean + factor · (value - mean), cut to [0, 1].

    Hendrycks and Dietterich (2019), arXiv 1903.12261; the mean of each colour by itself. A factor of 1
    changes nothing, 0 leaves an even image.
    """
    mean = images.mean(axis=(1, 2), keepdims=True)
    return np.clip(images + np.float32(factor - 1) * (images - mean), 0, 1)
