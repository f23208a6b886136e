"""Disturbed images, and what is left of a network's accuracy on them: shifted, rotated, blurred and more.

A disturbance is a pure function: images (N, H, W, C) float32 in [0, 1] and a level become such images
again. What comes in from beyond the border is 0, the black ground of the data sets. This file knows
nothing of networks, runs or screens. SciPy is imported inside the functions.
"""

from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np

from cnnlab.evidence.paired import LEVEL, Interval

Level = float | tuple[int, int]

REACH = 4  # pixels to each side that images are shifted
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


class Experiment(NamedTuple):
    """One kind of disturbance and the levels at which it is measured."""

    title: str
    x_label: str
    levels: tuple[Level, ...]
    undisturbed: Level
    """The level that changes nothing."""
    disturb: Callable[[np.ndarray, Any], np.ndarray]
    unit: str
    """A level in words, such as '{:g}°'."""
    phrase: str
    """The sentence about a strength begins with it, such as 'Turned by {}'."""
    quoted: float
    """The strength that the sentence is about."""


EXPERIMENTS: dict[str, Experiment] = {
    "shift": Experiment(
        "Shift",
        "Pixels",
        tuple((dx, dy) for dy in range(-REACH, REACH + 1) for dx in range(-REACH, REACH + 1)),
        (0, 0),
        shifted,
        "{:g} pixels",
        "Shifted by {}",
        3,
    ),
    "rotation": Experiment(
        "Rotation",
        "Degrees, counterclockwise",
        (-90, -60, -45, -30, -15, 0, 15, 30, 45, 60, 90),
        0,
        rotated,
        "{:g}°",
        "Turned by {}",
        30,
    ),
    "zoom": Experiment(
        "Zoom",
        "Factor",
        (0.5, 0.6, 0.7, 0.8, 0.9, 1, 1.1, 1.25, 1.5, 2),
        1,
        zoomed,
        "{:g} times",
        "Scaled to {} their size",
        0.7,
    ),
    "blur": Experiment(
        "Blur",
        "Standard deviation in pixels",
        (0, 0.5, 1, 1.5, 2, 3),
        0,
        blurred,
        "{:g} px",
        "Blurred with a standard deviation of {}",
        1.5,
    ),
    "noise": Experiment(
        "Noise",
        "Standard deviation, where white is 1",
        (0, 0.05, 0.1, 0.2, 0.3, 0.4, 0.6),
        0,
        noisy,
        "{:g}",
        "With noise of standard deviation {}",
        0.2,
    ),
    "occlusion": Experiment(
        "Occlusion",
        "Side of the grey square, as a share of the image's",
        (0, 0.15, 0.3, 0.45, 0.6, 0.75),
        0,
        occluded,
        "{:.0%}",
        "Behind a grey square of {} of the image's side",
        0.3,
    ),
    "contrast": Experiment(
        "Contrast",
        "Share of the contrast that is left",
        (1, 0.75, 0.5, 0.3, 0.2, 0.1, 0.05),
        1,
        contrasted,
        "{:.0%}",
        "With {} of the contrast left",
        0.3,
    ),
}


def strength(level: Level) -> float:
    """How strong a level is, whichever its direction: |degrees|; of a shift the longer of |dx| and |dy|."""
    return float(np.max(np.abs(level)))


def kept(right: np.ndarray, experiment: Experiment, of_strength: float) -> np.ndarray:
    """How often each image is still told right at a strength, over all directions: (N,) float in [0, 1].

    `right` is (levels, N) bool. Raises `ValueError` where no level has this strength.
    """
    rows = [number for number, level in enumerate(experiment.levels) if strength(level) == of_strength]
    if not rows:
        raise ValueError(f"{experiment.title} is not measured at a strength of {of_strength:g}.")
    return right[rows].mean(axis=0)


class Gap(NamedTuple):
    """How much less accuracy one network loses than another, as a share of all images."""

    difference: float
    interval: Interval
    """At `evidence.LEVEL`."""


def gap(first: np.ndarray, second: np.ndarray) -> Gap:
    """How much less the first network loses than the second one, on the same images.

    Args:
        first: (N,) float, of each image: right when undisturbed, less `kept`; at least 2 images.
        second: The same of the other network.

    The interval is Student's for the mean of paired differences (W. S. Gosset, Biometrika 6, 1908).
    """
    from scipy.stats import ttest_1samp

    less = second - first
    if not np.ptp(less):  # without any spread SciPy has no interval
        return Gap(float(less[0]), Interval(float(less[0]), float(less[0])))
    low, high = ttest_1samp(less, 0).confidence_interval(LEVEL)
    return Gap(float(less.mean()), Interval(float(low), float(high)))
