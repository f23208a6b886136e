"""Data augmentation inside TensorFlow's compiled training steps.

It computes what `cnnlab.data.augmentation` computes in NumPy, up to rounding, with the random numbers that
are drawn there. On a CPU it is compiled by XLA: TensorFlow's single operations take about six times as long.
"""

from typing import Any

import numpy as np

from cnnlab.data.augmentation import (
    Augmentation,
    affine_matrices,
    contrast_factors,
    noise_starts,
    noise_table,
    random_numbers,
)
from cnnlab.data.pixels import pixel_order


class BatchAugmentation:
    """Augments batches of one training; what is drawn for the epoch's images lies on the device."""

    def __init__(self, augmentation: Augmentation, x: np.ndarray, batch_size: int) -> None:
        """`x`: the training images, (N, H, W, C) float32, of which the batches are taken."""
        import tensorflow as tf

        self._settings = augmentation
        self._shape = x.shape
        self._steps_per_epoch = -(-len(x) // batch_size)
        self._epoch = 0
        # Matrices of the resampling, factors of the contrast, and where the noise begins.
        self._drawn = [tf.Variable(tf.zeros([len(x), *shape]), trainable=False) for shape in ((2, 3), (), ())]
        if augmentation.noise:
            self._table = tf.constant(noise_table(augmentation.seed))
        specs = [tf.TensorSpec([None, *shape]) for shape in (x.shape[1:], (2, 3), (), ())]
        on_gpu = bool(tf.config.list_physical_devices("GPU"))
        self._compiled = tf.function(self._augment, input_signature=specs, jit_compile=not on_gpu)

    def begin(self, step: int) -> None:
        """Draws for the epoch that a step belongs to, counted from 0, unless that has been done."""
        epoch = step // self._steps_per_epoch + 1
        if epoch == self._epoch:
            return
        self._epoch, own = epoch, self._settings
        images, height, width, channels = self._shape
        numbers = random_numbers(images, own.seed, epoch)
        drawn = (
            affine_matrices(numbers, height, width, own.shift, own.turn, own.zoom, own.flip),
            contrast_factors(numbers, own.contrast),
            noise_starts(numbers, height * width * channels).astype(np.float32),
        )
        for variable, values in zip(self._drawn, drawn, strict=True):
            variable.assign(values)

    def augment(self, x: Any, batch: Any) -> Any:
        """A batch of images, (B, H, W, C) float32 from 0 to the augmentation's `white`, augmented.

        `batch`: (B,) int32, their indices among the training images.
        """
        import tensorflow as tf

        return self._compiled(x, *(tf.gather(drawn, batch) for drawn in self._drawn))

    def _augment(self, x: Any, matrices: Any, factors: Any, starts: Any) -> Any:
        import tensorflow as tf

        own, order = self._settings, pixel_order(*x.shape[1:3])
        if own.white != 1:
            x /= float(own.white)
        if own.shuffled_pixels:
            x = _reordered(x, np.argsort(order))
        if own.moves_pixels:
            x = _resampled(x, matrices)
        if own.contrast:
            x = _contrasted(x, factors)
        if own.noise:
            x = _noisy(x, starts, own.noise, self._table)
        x = tf.clip_by_value(x, 0.0, 1.0)
        if own.white != 1:
            x *= float(own.white)
        return _reordered(x, order) if own.shuffled_pixels else x


def _reordered(x: Any, order: np.ndarray) -> Any:
    """Images, (B, H, W, C), with their pixels in another order, (H·W,)."""
    import tensorflow as tf

    pixels = tf.reshape(x, [-1, len(order), x.shape[3]])
    return tf.reshape(tf.gather(pixels, order, axis=1), tf.shape(x))


def _resampled(x: Any, matrices: Any) -> Any:
    """`cnnlab.data.augmentation.resampled`; places are float32, exact here, as GPUs lack integer kernels."""
    import tensorflow as tf

    _, height, width, channels = x.shape
    row, column = np.divmod(np.arange(height * width, dtype=np.float32), np.float32(width))
    rows = matrices[:, 0, 0:1] * row + matrices[:, 0, 1:2] * column + matrices[:, 0, 2:3]
    columns = matrices[:, 1, 0:1] * row + matrices[:, 1, 1:2] * column + matrices[:, 1, 2:3]
    top, left = tf.floor(rows), tf.floor(columns)
    down, right = (rows - top)[..., None], (columns - left)[..., None]
    framed = tf.pad(x, [[0, 0], [1, 1], [1, 1], [0, 0]])
    framed = tf.reshape(framed, [-1, (height + 2) * (width + 2), channels])

    def pixels(rows: Any, columns: Any) -> Any:
        rows, columns = tf.clip_by_value(rows + 1, 0, height + 1), tf.clip_by_value(columns + 1, 0, width + 1)
        return tf.gather(framed, tf.cast(rows * (width + 2) + columns, tf.int32), batch_dims=1)

    upper = (1 - right) * pixels(top, left) + right * pixels(top, left + 1)
    lower = (1 - right) * pixels(top + 1, left) + right * pixels(top + 1, left + 1)
    return tf.reshape((1 - down) * upper + down * lower, tf.shape(x))


def _contrasted(x: Any, factors: Any) -> Any:
    import tensorflow as tf

    means = tf.reduce_mean(x, axis=[1, 2], keepdims=True)
    return means + factors[:, None, None, None] * (x - means)


def _noisy(x: Any, starts: Any, deviation: float, table: Any) -> Any:
    """`starts` are float32, exact below 2²⁴."""
    import tensorflow as tf

    places = starts[:, None] + np.arange(np.prod(x.shape[1:]), dtype=np.float32)
    return x + deviation * tf.reshape(tf.gather(table, tf.cast(places, tf.int32)), tf.shape(x))
