"""How training steps are computed: a compiled loop on TensorFlow, Keras's own `fit` on other backends.

Both engines train the same Keras model with the same Keras optimizer and give the weights that plain
`fit` gives; the tests hold them against it. The loop keeps the images on the device, runs many steps
in one call and updates Adam's variables by TensorFlow's fused kernel, so that hardly any time goes
into Python. A long training of a dense-only network on a CPU becomes one XLA program, which takes half
the time there; XLA's convolutions are slower than TensorFlow's own. An engine knows nothing of epochs,
reports or controls.
"""

from typing import NamedTuple, Protocol

import keras
import numpy as np

from cnnlab.models.build import logits

EVALUATION_BATCH = 500  # images a forward pass: large enough to be fast, small enough to be stopped
XLA_STEPS = 64  # the most in one call of an XLA program
WORTH_COMPILING = 6000  # steps of a dense-only network in which XLA wins back the time it compiles


class StepResults(NamedTuple):
    """What the steps of one call gave. The calls stop early at the first loss that is not finite."""

    losses: np.ndarray
    """(steps,) float32: mean loss of each batch, before its update."""
    correct: np.ndarray
    """(steps,) int: images of each batch whose class was predicted rightly, before its update."""


class Engine(Protocol):
    """Trains and evaluates one compiled model on one set of training images."""

    def train(self, order: np.ndarray) -> StepResults:
        """One step for each batch of `order`, (n,) int32: indices of training images."""

    def predict(self, x: np.ndarray) -> np.ndarray:
        """Class probabilities, (N, classes) float32, of x: (N, H, W, C) float32 in [0, 1]."""


def engine_for(model: keras.Model, x: np.ndarray, y: np.ndarray, batch_size: int, steps: int) -> Engine:
    """The engine of the Keras backend in use.

    Args:
        model: Compiled with one of Keras's optimizers and sparse categorical cross-entropy; its last
            layer is a dense one with softmax.
        x: (N, H, W, C) float32 in [0, 1], the training images.
        y: (N,) int64, their classes.
        batch_size: Images a step; the last batch of an order may be smaller.
        steps: How many steps are planned.
    """
    if keras.backend.backend() != "tensorflow":
        return KerasFit(model, x, y, batch_size)
    if steps >= WORTH_COMPILING and _suits_xla(model):
        return XlaLoop(model, x, y, batch_size)
    return TensorFlowLoop(model, x, y, batch_size)


def _suits_xla(model: keras.Model) -> bool:
    import tensorflow as tf

    convolves = any(isinstance(layer, keras.layers.Conv2D) for layer in model.layers)
    return not convolves and not tf.config.list_physical_devices("GPU")


class TensorFlowLoop:
    """Many training steps in one compiled call, over images that stay on the device."""

    def __init__(self, model: keras.Model, x: np.ndarray, y: np.ndarray, batch_size: int) -> None:
        import tensorflow as tf

        self.model = model
        self.optimizer = model.optimizer
        self.optimizer.build(model.trainable_variables)
        self.batch_size = batch_size
        self._x, self._y = tf.constant(x), tf.constant(y)
        self._steps = tf.function(self._run_steps, input_signature=[tf.TensorSpec([None], tf.int32)])
        image_batch = tf.TensorSpec([None, *x.shape[1:]], tf.float32)
        self._forward = tf.function(self._run_forward, input_signature=[image_batch])

    def train(self, order: np.ndarray) -> StepResults:
        """See `Engine.train`."""
        losses, correct = self._steps(order)
        return StepResults(losses.numpy(), correct.numpy())

    def predict(self, x: np.ndarray) -> np.ndarray:
        """See `Engine.predict`."""
        return self._forward(x).numpy()

    def _run_forward(self, x):
        return self.model(x, training=False)

    def _run_steps(self, order):
        import tensorflow as tf

        size = self.batch_size
        steps = (tf.size(order) + size - 1) // size
        losses = tf.TensorArray(tf.float32, steps)
        correct = tf.TensorArray(tf.int32, steps)
        step, finite = tf.constant(0), tf.constant(True)
        while step < steps and finite:  # traced by AutoGraph into one loop of the graph
            batch = order[step * size : (step + 1) * size]
            loss, right = self._one_step(tf.gather(self._x, batch), tf.gather(self._y, batch))
            losses, correct = losses.write(step, loss), correct.write(step, right)
            finite = tf.math.is_finite(loss)
            step += 1
        return losses.stack()[:step], correct.stack()[:step]

    def _one_step(self, x, y):
        import tensorflow as tf

        variables = self.model.trainable_variables
        with tf.GradientTape() as tape:
            # The softmax itself is needed for neither loss nor hits.
            scores = logits(self.model.layers, x, training=True)
            loss = tf.reduce_mean(tf.nn.sparse_softmax_cross_entropy_with_logits(y, scores))
        gradients = tape.gradient(loss, [variable.value for variable in variables])
        if type(self.optimizer) is keras.optimizers.Adam:
            _apply_fused_adam(self.optimizer, gradients, variables)
        else:
            self.optimizer.apply(gradients, variables)
        right = tf.equal(tf.argmax(scores, axis=-1), y)
        return loss, tf.reduce_sum(tf.cast(right, tf.int32))


class XlaLoop(TensorFlowLoop):
    """The loop as an XLA program, compiled at the first call with more than a few steps."""

    def __init__(self, model: keras.Model, x: np.ndarray, y: np.ndarray, batch_size: int) -> None:
        import tensorflow as tf

        super().__init__(model, x, y, batch_size)
        batches = [tf.TensorSpec([XLA_STEPS, batch_size], tf.int32), tf.TensorSpec([], tf.int32)]
        self._program = tf.function(self._run_program, input_signature=batches, jit_compile=True)

    def train(self, order: np.ndarray) -> StepResults:
        """See `Engine.train`."""
        full = len(order) // self.batch_size
        if full < XLA_STEPS:  # the short first calls, whose results are waited for
            return super().train(order)
        pieces: list[StepResults] = []
        batches = order[: full * self.batch_size].reshape(full, self.batch_size)
        for start in range(0, full, XLA_STEPS):
            pieces.append(self._train_compiled(batches[start : start + XLA_STEPS]))
            if not np.isfinite(pieces[-1].losses[-1]):
                return _joined(pieces)
        rest = order[full * self.batch_size :]
        if len(rest):
            pieces.append(super().train(rest))
        return _joined(pieces)

    def _train_compiled(self, batches: np.ndarray) -> StepResults:
        """`batches`: (steps, batch size) indices, at most `XLA_STEPS` steps."""
        padded = np.zeros((XLA_STEPS, self.batch_size), np.int32)
        padded[: len(batches)] = batches
        losses, correct, done = self._program(padded, len(batches))
        return StepResults(losses.numpy()[: int(done)], correct.numpy()[: int(done)])

    def _run_program(self, batches, steps):
        import tensorflow as tf

        def unfinished(step, losses, correct, finite):
            return (step < steps) & finite

        def train(step, losses, correct, finite):
            loss, right = self._one_step(tf.gather(self._x, batches[step]), tf.gather(self._y, batches[step]))
            place = [[step]]
            return (
                step + 1,
                tf.tensor_scatter_nd_update(losses, place, [loss]),
                tf.tensor_scatter_nd_update(correct, place, [right]),
                tf.math.is_finite(loss),
            )

        start = (0, tf.zeros([XLA_STEPS]), tf.zeros([XLA_STEPS], tf.int32), True)
        step, losses, correct, _ = tf.while_loop(unfinished, train, start)
        return losses, correct, step


def _joined(pieces: list[StepResults]) -> StepResults:
    return StepResults(*(np.concatenate(parts) for parts in zip(*pieces, strict=True)))


def _apply_fused_adam(optimizer: keras.optimizers.Adam, gradients: list, variables: list) -> None:
    """Adam's update by one TensorFlow kernel a variable, on the Keras optimizer's own variables.

    The same formula as Keras's `Adam.update_step` (Kingma and Ba 2015, the efficient order of
    computation at the end of their section 2), which takes about ten small operations a variable.
    """
    import tensorflow as tf

    optimizer.iterations.value.assign_add(1)
    step = tf.cast(optimizer.iterations.value, tf.float32)
    # Keras exposes the moments by no public name; the tests hold this against plain `fit`.
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

    def __init__(self, model: keras.Model, x: np.ndarray, y: np.ndarray, batch_size: int) -> None:
        self.model = model
        self.batch_size = batch_size
        self._x, self._y = x, y

    def train(self, order: np.ndarray) -> StepResults:
        """See `Engine.train`."""
        recorder = _BatchLosses(len(order), self.batch_size)
        self.model.fit(
            self._x[order],
            self._y[order],
            batch_size=self.batch_size,
            shuffle=False,
            verbose=0,
            callbacks=[recorder],
        )
        return recorder.results()

    def predict(self, x: np.ndarray) -> np.ndarray:
        """See `Engine.predict`."""
        return self.model.predict(x, batch_size=EVALUATION_BATCH, verbose=0)


class _BatchLosses(keras.callbacks.Callback):
    """Each batch's own loss and hits, taken back out of the running means that `fit` reports."""

    def __init__(self, images: int, batch_size: int) -> None:
        super().__init__()
        self._ends = np.minimum(np.arange(1, -(-images // batch_size) + 1) * batch_size, images)
        self._means: list[tuple[float, float]] = []

    def on_train_batch_end(self, batch: int, logs: dict[str, float] | None = None) -> None:
        loss, accuracy = float(logs["loss"]), float(logs["accuracy"])
        self._means.append((loss, accuracy))
        if not np.isfinite(loss):
            self.model.stop_training = True

    def results(self) -> StepResults:
        ends = self._ends[: len(self._means)]
        totals = np.array(self._means, dtype=np.float64) * ends[:, None]
        sums = np.diff(totals, axis=0, prepend=0.0)
        sizes = np.diff(ends, prepend=0)
        return StepResults((sums[:, 0] / sizes).astype("float32"), np.rint(sums[:, 1]).astype(int))
