"""How training steps are computed: a compiled loop on TensorFlow, Keras's own `fit` on other backends.

All engines train the same Keras model with the same Keras optimizer and give the weights that Keras's `fit`
gives, which the tests check. They are in `tensorflow_loop`, `xla_loop` and `keras_fit`; this file chooses.
"""

from typing import Protocol

import keras
import numpy as np

from cnnlab.data.augmentation import Augmentation
from cnnlab.models.keras_fit import KerasFit
from cnnlab.models.step_results import StepResults
from cnnlab.models.tensorflow_loop import TensorFlowLoop
from cnnlab.models.xla_loop import XlaLoop
from cnnlab.spec import Precision


class Engine(Protocol):
    """Trains and evaluates one compiled model on one set of training images."""

    def train(self, order: np.ndarray, rates: np.ndarray | None = None) -> StepResults:
        """One step for each batch of `order`, (n,) int32: indices of training images, all of one epoch.

        `rates`, (steps,) float32, are the learning rates of the steps, the last of which the optimizer keeps;
        None for its own in all of them.
        """

    def predict(self, x: np.ndarray) -> np.ndarray:
        """Class probabilities, (N, classes) float32, of x: (N, H, W, C) float32."""


def engine_for(
    model: keras.Model,
    x: np.ndarray,
    y: np.ndarray,
    batch_size: int,
    augmentation: Augmentation | None = None,
    values: np.ndarray | None = None,
    precision: Precision = "float32",
) -> Engine:
    """The engine of the Keras backend in use.

    Args:
        model: Compiled with one of Keras's optimizers and sparse categorical cross-entropy; its last
            layer is a dense one with softmax.
        x: (N, H, W, C) float32, the training images; or uint8, where `values` tell what each byte stands for.
        y: (N,) int64, their classes.
        batch_size: Images a step; the last batch of an order may be smaller.
        augmentation: What is done to the training images, anew in each epoch.
        values: (256,) float32, for images of uint8: a quarter of the memory, and the same steps.
        precision: What the training steps compute in; predictions are float32.
    """
    engine: type[KerasFit | TensorFlowLoop] = KerasFit
    if keras.backend.backend() == "tensorflow":
        # XLA's products in bfloat16 are slower on a CPU than TensorFlow's.
        engine = XlaLoop if _suits_xla(model) and precision == "float32" else TensorFlowLoop
    return engine(model, x, y, batch_size, augmentation, values, precision)


def _suits_xla(model: keras.Model) -> bool:
    import tensorflow as tf

    convolves = any(isinstance(layer, keras.layers.Conv2D) for layer in model.layers)
    return not convolves and not tf.config.list_physical_devices("GPU")
