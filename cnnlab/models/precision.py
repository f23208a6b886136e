"""Mixed precision: training steps that compute in bfloat16 while weights and optimizer stay float32.

It is Keras's policy `mixed_bfloat16` on every layer but the output, whose softmax Keras advises to leave in
float32. The policy is in force only while training steps are traced or run: the same network is validated,
tested, looked into and stored in float32. An exported script contains `compute_in` and `MixedPrecision`.
"""

import contextlib
from collections.abc import Generator

import keras

from cnnlab.spec import Precision


@contextlib.contextmanager
def computing_in(precision: Precision, layers: list[keras.Layer]) -> Generator[None]:
    """The hidden layers of a float32 network compute in this precision while the block lasts.

    What a backend traces or compiles keeps the precision of that moment. `layers`: all of the network, the
    output layer last.
    """
    compute_in(precision, layers)
    try:
        yield
    finally:
        compute_in("float32", layers)


def compute_in(policy, layers):
    """All layers but the last, the output, compute with this policy of Keras; their weights stay float32."""
    for layer in layers[:-1]:
        layer.dtype_policy = policy


class MixedPrecision(keras.callbacks.Callback):
    """Lets the training steps of `fit` compute in bfloat16, and its validation in float32."""

    def on_train_begin(self, logs=None):  # noqa: D102
        compute_in("mixed_bfloat16", self.model.layers)

    def on_test_begin(self, logs=None):  # noqa: D102
        compute_in("float32", self.model.layers)

    def on_test_end(self, logs=None):  # noqa: D102
        compute_in("mixed_bfloat16", self.model.layers)

    def on_train_end(self, logs=None):  # noqa: D102
        compute_in("float32", self.model.layers)
