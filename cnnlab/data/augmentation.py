"""Data augmentation in NumPy: training images changed at random, anew in each epoch.

What an image becomes depends on the run's seed, the epoch and the image's place among the training images
alone: not on its batch, nor on the network, so a model and its baseline learn from the same images. The
training on TensorFlow computes the same in its compiled steps (`cnnlab.models.augmentation`).

An image is flipped, zoomed and turned about its centre, shifted, changed in contrast, and given noise, in
this order; what this takes out of [0, 1] is clipped.
"""

from functools import lru_cache
from typing import NamedTuple, Self

import numpy as np

from cnnlab.data.pixels import WHITE, shuffled, unshuffled
from cnnlab.spec import RunSpec

# With the run's seed, each starts a stream of random numbers apart from those of `cnnlab.data.sampling`.
AUGMENT_STREAM, NOISE_STREAM = 3, 4
NOISE_VALUES = 2**22  # drawn once for a run


class Augmentation(NamedTuple):
    """What is done to the training images of a run; a setting of 0 or False is off."""

    shift: float
    """The share of the height and of the width by which an image is moved at most, in each direction."""
    turn: float
    """The angle, in degrees, by which it is turned at most, in each direction."""
    zoom: float
    """The share by which it is made larger or smaller at most."""
    flip: bool
    """Whether every other image, at random, is mirrored from left to right."""
    contrast: float
    """The share by which the pixels' distances from their mean grow or shrink at most."""
    noise: float
    """The standard deviation of the normal noise that each pixel value gets."""
    seed: int
    shuffled_pixels: bool
    """Whether the images that the network gets have shuffled pixels."""
    white: int = 1
    """The value of a white pixel in the images that the network gets: 1, or 255 where pixels are raw."""

    @classmethod
    def of(cls, spec: RunSpec) -> Self | None:
        """That of a run; None if everything is off."""
        training = spec.training
        strengths = (
            training.augment_shift,
            training.augment_turn,
            training.augment_zoom,
            training.augment_flip,
            training.augment_contrast,
            training.augment_noise,
        )
        if not any(strengths):
            return None
        white = WHITE if spec.data.pixels == "raw" else 1
        return cls(*strengths, training.seed, spec.data.shuffled_pixels, white)

    @property
    def moves_pixels(self) -> bool:
        """Whether an image is drawn anew, rather than only given other values."""
        return bool(self.shift or self.turn or self.zoom or self.flip)

    def apply(self, x: np.ndarray, numbers: np.ndarray) -> np.ndarray:
        """Images as the network gets them, (N, H, W, C) float32 from 0 to `white`, augmented.

        `numbers`: (N, 7), the rows of `random_numbers` that belong to these images. Where pixels are
        shuffled, the images are augmented with every pixel in its own place.
        """
        if self.white != 1:
            white = np.float32(self.white)
            return self._replace(white=1).apply(x / white, numbers) * white
        table = noise_table(self.seed) if self.noise else None
        settings = (self.shift, self.turn, self.zoom, self.flip, self.contrast, self.noise, table)
        if self.shuffled_pixels:
            return shuffled(augmented(unshuffled(x), numbers, *settings))
        return augmented(x, numbers, *settings)

    def over_epochs(self, image: np.ndarray, place: int, epochs: int) -> np.ndarray:
        """What becomes of one training image, (H, W, C), in the first epochs: (epochs, H, W, C).

        `place`: its index among the training images.
        """
        numbers = [random_numbers(place + 1, self.seed, epoch)[place] for epoch in range(1, epochs + 1)]
        return self.apply(np.repeat(image[None], epochs, axis=0), np.stack(numbers))


def random_numbers(images: int, seed: int, epoch: int) -> np.ndarray:
    """The random numbers of one epoch, (images, 7) float32 in [0, 1): a row for each training image.

    For the shift down and to the right, the turn, the zoom, the flip, the contrast and the noise. All are
    drawn, whatever is on, so that no setting changes what another one does.
    """
    generator = np.random.default_rng([seed, AUGMENT_STREAM, epoch])
    return generator.random((images, 7), dtype=np.float32)


def augmented(
    x: np.ndarray,
    numbers: np.ndarray,
    shift: float,
    turn: float,
    zoom: float,
    flip: bool,
    contrast: float,
    noise: float,
    table: np.ndarray | None,
) -> np.ndarray:
    """Images, (N, H, W, C) float32 in [0, 1], changed by as much as their `numbers`, (N, 7), say.

    `table` is the `noise_table`, or None where there is no noise; the other settings are those of the run.
    """
    if shift or turn or zoom or flip:
        x = resampled(x, affine_matrices(numbers, x.shape[1], x.shape[2], shift, turn, zoom, flip))
    if contrast:
        x = contrasted(x, contrast_factors(numbers, contrast))
    if table is not None:
        x = noisy(x, noise_starts(numbers, x[0].size), noise, table)
    return np.clip(x, 0, 1)


def affine_matrices(
    numbers: np.ndarray, height: int, width: int, shift: float, turn: float, zoom: float, flip: bool
) -> np.ndarray:
    """For each image, the matrix that takes a place in the result to its place in the image.

    (N, 2, 3) float32: (row, column) = matrix · (row, column, 1), in pixels. The turn is uniform in ±`turn`
    degrees, anticlockwise; the zoom in 1 ± `zoom`; the shift in ±`shift` of height and width.
    """
    down, right, angle, scale = 2.0 * numbers[:, :4].T - 1
    angle, scale = np.deg2rad(turn * angle), 1 + zoom * scale
    mirror = np.where(flip & (numbers[:, 4] < 0.5), -1, 1)
    turned_back = np.array([[np.cos(angle), np.sin(angle)], [-np.sin(angle), np.cos(angle)]]) / scale
    matrices = np.moveaxis(turned_back, 2, 0)
    matrices[:, 1] *= mirror[:, None]
    centre = np.array([height - 1, width - 1]) / 2
    moved_centre = centre + shift * np.stack([height * down, width * right], axis=1)
    offsets = centre - (matrices @ moved_centre[:, :, None])[:, :, 0]
    return np.concatenate([matrices, offsets[:, :, None]], axis=2).astype(np.float32)


def resampled(x: np.ndarray, matrices: np.ndarray) -> np.ndarray:
    """Images, (N, H, W, C), drawn anew by bilinear interpolation, black (0) beyond their edges.

    `matrices`: (N, 2, 3), as `affine_matrices` gives them.
    """
    count, height, width, channels = x.shape
    row, column = np.divmod(np.arange(height * width, dtype=np.float32), np.float32(width))
    rows = matrices[:, 0, 0:1] * row + matrices[:, 0, 1:2] * column + matrices[:, 0, 2:3]
    columns = matrices[:, 1, 0:1] * row + matrices[:, 1, 1:2] * column + matrices[:, 1, 2:3]
    top, left = np.floor(rows), np.floor(columns)
    down, right = (rows - top)[..., None], (columns - left)[..., None]
    framed = np.pad(x, [(0, 0), (1, 1), (1, 1), (0, 0)]).reshape(count, -1, channels)

    def pixels(rows: np.ndarray, columns: np.ndarray) -> np.ndarray:
        places = np.clip(rows + 1, 0, height + 1) * (width + 2) + np.clip(columns + 1, 0, width + 1)
        return np.take_along_axis(framed, places.astype(np.intp)[..., None], axis=1)

    upper = (1 - right) * pixels(top, left) + right * pixels(top, left + 1)
    lower = (1 - right) * pixels(top + 1, left) + right * pixels(top + 1, left + 1)
    return ((1 - down) * upper + down * lower).reshape(x.shape)


def contrast_factors(numbers: np.ndarray, contrast: float) -> np.ndarray:
    """Uniform in 1 ± `contrast`: (N,) float32."""
    return (1 + contrast * (2.0 * numbers[:, 5] - 1)).astype(np.float32)


def contrasted(x: np.ndarray, factors: np.ndarray) -> np.ndarray:
    """Images whose distances from the mean of their channel are multiplied by a factor, (N,)."""
    means = x.mean(axis=(1, 2), keepdims=True)
    return means + factors[:, None, None, None] * (x - means)


@lru_cache(maxsize=1)
def noise_table(seed: int) -> np.ndarray:
    """Standard normal random numbers, (NOISE_VALUES,) float32, for all images of a run.

    An image takes a stretch of it that begins at random, which costs much less than new numbers for each
    pixel (the shared noise table of Salimans et al. 2017, "Evolution Strategies", section 2.1).
    """
    generator = np.random.default_rng([seed, NOISE_STREAM])
    table = generator.standard_normal(NOISE_VALUES, dtype=np.float32)
    table.flags.writeable = False
    return table


def noise_starts(numbers: np.ndarray, values: int) -> np.ndarray:
    """Where in the noise table the noise of an image with so many `values` begins: (N,) int32."""
    return (numbers[:, 6].astype(np.float64) * (NOISE_VALUES - values)).astype(np.int32)


def noisy(x: np.ndarray, starts: np.ndarray, deviation: float, table: np.ndarray) -> np.ndarray:
    """Images with noise of this standard deviation: stretches of the table that begin at `starts`, (N,)."""
    stretches = table[starts[:, None] + np.arange(x[0].size)]
    return x + np.float32(deviation) * stretches.reshape(x.shape)
