"""The one layer that Keras lacks: pooling that keeps the smallest value of each window."""

import keras


@keras.saving.register_keras_serializable(package="cnnlab")
class MinPooling2D(keras.layers.MaxPooling2D):
    """Pooling that keeps the smallest value of each window: min(x) = -max(-x).

    Arguments are those of `keras.layers.MaxPooling2D`. With padding "same" the border is padded with
    values that never win, as in Keras's max pooling.

    Input shape: (N, H, W, C) float. Output shape: (N, H', W', C), with H' as in `MaxPooling2D`.
    """

    def call(self, inputs):  # noqa: D102
        return -super().call(-inputs)
