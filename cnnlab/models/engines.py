"""How training steps are computed: a compiled loop on TensorFlow, Keras's own `fit` on other backends.

Both engines train the same Keras model with the same Keras optimizer and give the weights that Keras's `fit`
gives, which the tests check. The loop keeps the images on the device, runs many steps in one call and updates
Adam's variables by TensorFlow's fused kernel, so that Python takes hardly any of the time. From step
`XLA_FROM` on, a dense-only network on a CPU is trained by one XLA program, which takes half the time there;
XLA's convolutions are slower than TensorFlow's own. The two round differently, so which one computes a step
depends on the step's number alone: neither on the clock nor on how long the training is.
"""

from collections.abc import Callable
from typing import Any, NamedTuple, Protocol

import keras
import numpy as np

from cnnlab.data.augmentation import Augmentation, random_numbers
from cnnlab.models.augmentation import BatchAugmentation
from cnnlab.models.batches import evaluation_batch
from cnnlab.models.build import logits

CROSS_ENTROPY = "sparse_categorical_crossentropy"
"""Keras's name of the loss, and of the metric by which a network with weight decay reports it."""
XLA_STEPS = 64  # at most, in one call of an XLA program
XLA_FROM = 2000  # the step, from 0, from which XLA computes: shorter trainings do without its compilation


class StepResults(NamedTuple):
    """The results of the steps of one call, which ends early at the first loss that is not finite."""

    losses: np.ndarray
    """(steps,) float32: mean cross-entropy of each batch, before its update. The penalty of a weight decay is
    not in it, so that it compares with that of the validation images, and between networks."""
    correct: np.ndarray
    """(steps,) int: images of each batch that were classified correctly, before its update."""


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
    """
    if keras.backend.backend() != "tensorflow":
        return KerasFit(model, x, y, batch_size, augmentation, values)
    if _suits_xla(model):
        return XlaLoop(model, x, y, batch_size, augmentation, values)
    return TensorFlowLoop(model, x, y, batch_size, augmentation, values)


def _suits_xla(model: keras.Model) -> bool:
    import tensorflow as tf

    convolves = any(isinstance(layer, keras.layers.Conv2D) for layer in model.layers)
    return not convolves and not tf.config.list_physical_devices("GPU")


class TensorFlowLoop:
    """Many training steps in one compiled call, over images that stay on the device."""

    def __init__(
        self,
        model: keras.Model,
        x: np.ndarray,
        y: np.ndarray,
        batch_size: int,
        augmentation: Augmentation | None = None,
        values: np.ndarray | None = None,
    ) -> None:
        import tensorflow as tf

        self.model = model
        self.optimizer = model.optimizer
        self.optimizer.build(model.trainable_variables)
        self.batch_size = batch_size
        self._x, self._y = tf.constant(x), tf.constant(y)
        self._values = None if values is None else tf.constant(values)
        self._augmentation = BatchAugmentation(augmentation, x, batch_size) if augmentation else None
        indices, rates = tf.TensorSpec([None], tf.int32), tf.TensorSpec([None], tf.float32)
        self._steps = tf.function(self._run_steps, input_signature=[indices])
        self._steps_with_rates = tf.function(self._run_steps, input_signature=[indices, rates])
        image_batch = tf.TensorSpec([None, *x.shape[1:]], tf.float32)
        self._forward = tf.function(self._run_forward, input_signature=[image_batch])

    def train(self, order: np.ndarray, rates: np.ndarray | None = None) -> StepResults:
        """See `Engine.train`."""
        if self._augmentation:
            self._augmentation.begin(int(self.optimizer.iterations))
        losses, correct = self._steps(order) if rates is None else self._steps_with_rates(order, rates)
        return StepResults(losses.numpy(), correct.numpy())

    def predict(self, x: np.ndarray) -> np.ndarray:
        """See `Engine.predict`."""
        return self._forward(x).numpy()

    def _run_forward(self, x: Any) -> Any:
        return self.model(x, training=False)

    def _run_steps(self, order: Any, rates: Any = None) -> Any:
        """Losses and hits of the steps; TensorFlow's AutoGraph turns it into one loop of its graph."""
        import tensorflow as tf

        size = self.batch_size
        steps = (tf.size(order) + size - 1) // size
        losses = tf.TensorArray(tf.float32, steps)
        correct = tf.TensorArray(tf.int32, steps)
        step: Any = tf.constant(0)
        finite = tf.constant(True)
        while step < steps and finite:
            if rates is not None:
                self.optimizer.learning_rate.assign(rates[step])
            batch = order[step * size : (step + 1) * size]
            loss, right = self._one_step(self._images(batch), tf.gather(self._y, batch))
            losses, correct = losses.write(step, loss), correct.write(step, right)
            finite = tf.math.is_finite(loss)
            step += 1
        return losses.stack()[:step], correct.stack()[:step]

    def _images(self, batch: Any) -> Any:
        """The training images of a batch of indices, augmented if the run asks for it."""
        import tensorflow as tf

        x = tf.gather(self._x, batch)
        if self._values is not None:
            x = tf.gather(self._values, tf.cast(x, tf.int32))
        return self._augmentation.augment(x, batch) if self._augmentation else x

    def _one_step(self, x: Any, y: Any) -> tuple[Any, Any]:
        """Updates the weights for one batch; returns its loss and hits from before the update."""
        import tensorflow as tf

        variables = self.model.trainable_variables
        with tf.GradientTape() as tape:
            # Neither the loss nor the hits need the softmax.
            scores = logits(self.model.layers, x, training=True)
            loss = tf.reduce_mean(tf.nn.sparse_softmax_cross_entropy_with_logits(y, scores))
            objective = sum(self.model.losses, start=loss)  # with the penalties of a weight decay
        gradients = tape.gradient(objective, [variable.value for variable in variables])
        if type(self.optimizer) is keras.optimizers.Adam:
            _apply_fused_adam(self.optimizer, gradients, variables)
        else:
            self.optimizer.apply(gradients, variables)
        right = tf.equal(tf.argmax(scores, axis=-1), y)
        return loss, tf.reduce_sum(tf.cast(right, tf.int32))


class XlaLoop(TensorFlowLoop):
    """The loop up to step `XLA_FROM`, then an XLA program, which is compiled when it is first needed.

    A batch that is not full is computed by the loop, since an XLA program has fixed shapes.
    """

    def __init__(
        self,
        model: keras.Model,
        x: np.ndarray,
        y: np.ndarray,
        batch_size: int,
        augmentation: Augmentation | None = None,
        values: np.ndarray | None = None,
    ) -> None:
        import tensorflow as tf

        super().__init__(model, x, y, batch_size, augmentation, values)
        batches = [tf.TensorSpec([XLA_STEPS, batch_size], tf.int32), tf.TensorSpec([], tf.int32)]
        rates = tf.TensorSpec([XLA_STEPS], tf.float32)
        self._program = tf.function(self._run_program, input_signature=batches, jit_compile=True)
        self._program_with_rates = tf.function(
            self._run_program, input_signature=[*batches, rates], jit_compile=True
        )
        self._step = int(self.optimizer.iterations)  # of the whole training, earlier parts included

    def train(self, order: np.ndarray, rates: np.ndarray | None = None) -> StepResults:
        """See `Engine.train`."""
        pieces: list[StepResults] = []
        for compute, first, end in self._parts(len(order)):
            steps = slice(first // self.batch_size, -(-end // self.batch_size))
            pieces.append(compute(order[first:end], None if rates is None else rates[steps]))
            self._step += len(pieces[-1].losses)
            if not np.isfinite(pieces[-1].losses[-1]):
                break
        return _joined(pieces)

    def _parts(self, images: int) -> list[tuple[Callable[..., StepResults], int, int]]:
        """So many images in pieces: what computes each, its first image and the one after its last."""
        size = self.batch_size
        full = images // size * size
        looped = min(max(0, XLA_FROM - self._step) * size, full)
        if not full or looped == full:
            return [(super().train, 0, images)]
        starts = range(looped, full, XLA_STEPS * size)
        compiled = [(self._train_compiled, start, min(start + XLA_STEPS * size, full)) for start in starts]
        parts = [(super().train, 0, looped), *compiled, (super().train, full, images)]
        return [(compute, first, end) for compute, first, end in parts if first < end]

    def _train_compiled(self, order: np.ndarray, rates: np.ndarray | None) -> StepResults:
        """`order`: the indices of at most `XLA_STEPS` full batches."""
        batches = order.reshape(-1, self.batch_size)
        padded = np.zeros((XLA_STEPS, self.batch_size), np.int32)
        padded[: len(batches)] = batches
        if self._augmentation:
            self._augmentation.begin(self._step)
        if rates is None:
            losses, correct, done = self._program(padded, len(batches))
        else:
            padding = (0, XLA_STEPS - len(rates))
            losses, correct, done = self._program_with_rates(padded, len(batches), np.pad(rates, padding))
        return StepResults(losses.numpy()[: int(done)], correct.numpy()[: int(done)])

    def _run_program(self, batches: Any, steps: Any, rates: Any = None) -> tuple[Any, Any, Any]:
        """Losses and hits, (XLA_STEPS,) each, and how many steps were made: all of `steps`, or fewer."""
        import tensorflow as tf

        def unfinished(step: Any, losses: Any, correct: Any, finite: Any) -> Any:
            return (step < steps) & finite

        def train(step: Any, losses: Any, correct: Any, finite: Any) -> tuple[Any, ...]:
            if rates is not None:
                self.optimizer.learning_rate.assign(rates[step])
            loss, right = self._one_step(self._images(batches[step]), tf.gather(self._y, batches[step]))
            index = [[step]]
            return (
                step + 1,
                tf.tensor_scatter_nd_update(losses, index, [loss]),
                tf.tensor_scatter_nd_update(correct, index, [right]),
                tf.math.is_finite(loss),
            )

        start = (0, tf.zeros([XLA_STEPS]), tf.zeros([XLA_STEPS], tf.int32), True)
        step, losses, correct, _ = tf.while_loop(unfinished, train, start)
        return losses, correct, step


def _joined(pieces: list[StepResults]) -> StepResults:
    return StepResults(*(np.concatenate(parts) for parts in zip(*pieces, strict=True)))


def _apply_fused_adam(optimizer: keras.optimizers.Adam, gradients: list[Any], variables: list[Any]) -> None:
    """Adam's update by one TensorFlow kernel a variable, on the Keras optimizer's own variables.

    The formula is that of Keras's `Adam.update_step` (Kingma and Ba 2015, the efficient order of computation
    at the end of their section 2), which takes about ten small operations a variable.
    """
    import tensorflow as tf

    optimizer.iterations.value.assign_add(1)
    step = tf.cast(optimizer.iterations.value, tf.float32)
    # Keras has no public name for the moments; the tests compare with plain `fit`.
    moments = zip(optimizer._momentums, optimizer._velocities, strict=True)
    for gradient, variable, (first, second) in zip(gradients, variables, moments, strict=True):
        tf.raw_ops.ResourceApplyAdam(
            var=variable.value.handle,
            m=first.value.handle,
            v=second.value.handle,
            beta1_power=tf.pow(optimizer.beta_1, step),
            beta2_power=tf.pow(optimizer.beta_2, step),
            lr=optimizer.learning_rate.value,
            beta1=optimizer.beta_1,
            beta2=optimizer.beta_2,
            epsilon=optimizer.epsilon,
            grad=gradient,
        )


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
    ) -> None:
        self.model = model
        self.batch_size = batch_size
        self._x, self._y = x, y
        self._values = values
        self._augmentation = augmentation

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
            callbacks=[recorder, *setter],
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
