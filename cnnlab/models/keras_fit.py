"""Training steps by `keras.Model.fit`, for the backends other than TensorFlow."""

import keras
import numpy as np

from cnnlab.data.augmentation import Augmentation, random_numbers
from cnnlab.models.batches import evaluation_batch
from cnnlab.models.precision import MixedPrecision
from cnnlab.models.step_results import CROSS_ENTROPY, StepResults
from cnnlab.spec import Precision


class KerasFit:
    """Training by `keras.Model.fit`, for the backends other than TensorFlow."""

    def __init__(
        self,
        model: keras.Model,
        x: np.ndarray,
        y: np.ndarray,
        batch_size: int,
        augmentation: Augmentation | None = None,
        values: np.ndarray | None = None,
        precision: Precision = "float32",
    ) -> None:
        self.model = model
        self.batch_size = batch_size
        self._x, self._y = x, y
        self._values = values
        self._augmentation = augmentation
        self._precision = [MixedPrecision()] if precision == "mixed_bfloat16" else []

    def train(self, order: np.ndarray, rates: np.ndarray | None = None) -> StepResults:
        """See `Engine.train`."""
        recorder = _BatchLosses(len(order), self.batch_size)
        setter = [] if rates is None else [_BatchRates(rates)]
        self.model.fit(
            self._images(order),
            self._y[order],
            batch_size=self.batch_size,
            shuffle=False,
            verbose=0,
            callbacks=[recorder, *self._precision, *setter],
        )
        return recorder.results()

    def _images(self, order: np.ndarray) -> np.ndarray:
        """The training images of these indices, augmented if the run asks for it."""
        x = self._x[order] if self._values is None else self._values[self._x[order]]
        if not self._augmentation:
            return x
        epoch = int(self.model.optimizer.iterations) // -(-len(self._x) // self.batch_size) + 1
        return self._augmentation.apply(
            x, random_numbers(len(self._x), self._augmentation.seed, epoch)[order]
        )

    def predict(self, x: np.ndarray) -> np.ndarray:
        """See `Engine.predict`."""
        batch_size = evaluation_batch(layer.output.shape[1:] for layer in self.model.layers)
        return self.model.predict(x, batch_size=batch_size, verbose=0)


class _BatchRates(keras.callbacks.Callback):
    """Sets the learning rate of each batch, `rates`: (batches,) float32."""

    def __init__(self, rates: np.ndarray) -> None:
        super().__init__()
        self._rates = rates

    def on_train_batch_begin(self, batch: int, logs: dict[str, float] | None = None) -> None:
        self.model.optimizer.learning_rate = self._rates[batch]


class _BatchLosses(keras.callbacks.Callback):
    """The loss and hits of each batch, computed from the running means that `fit` reports."""

    def __init__(self, images: int, batch_size: int) -> None:
        super().__init__()
        self._ends = np.minimum(np.arange(1, -(-images // batch_size) + 1) * batch_size, images)
        self._means: list[tuple[float, float]] = []

    def on_train_batch_end(self, batch: int, logs: dict[str, float] | None = None) -> None:
        if logs is None:
            raise ValueError("Keras's fit reports the loss and the accuracy of each batch. Received: None")
        loss, accuracy = float(logs.get(CROSS_ENTROPY, logs["loss"])), float(logs["accuracy"])
        self._means.append((loss, accuracy))
        if not np.isfinite(loss):
            self.model.stop_training = True

    def results(self) -> StepResults:
        """Of the batches so far. The sum over a batch is the difference of two means times their counts."""
        ends = self._ends[: len(self._means)]
        totals = np.array(self._means, dtype=np.float64) * ends[:, None]
        sums = np.diff(totals, axis=0, prepend=0.0)
        sizes = np.diff(ends, prepend=0)
        return StepResults((sums[:, 0] / sizes).astype("float32"), np.rint(sums[:, 1]).astype(int))
