"""Trains one network from its settings: reports through a plain callable, obeys a plain control.

Nothing in this file knows where the reports go or who gives the orders: neither MLflow nor Dask nor
Streamlit. What a single step is, is the business of `cnnlab.models.engines`.
"""

import time
from collections.abc import Callable

import keras
import numpy as np

from cnnlab.data.registry import DATASETS
from cnnlab.data.sampling import epoch_order
from cnnlab.data.split import Split
from cnnlab.models.build import build
from cnnlab.models.engines import EVALUATION_BATCH, Engine, engine_for
from cnnlab.models.pace import Clock, Window, next_chunk
from cnnlab.models.reports import Checkpoint, Ending, Outcome, Report
from cnnlab.spec import OPTIMIZERS, RunSpec, TrainingSpec
from cnnlab.spec.orders import Orders

PAUSE_POLL_SECONDS = 0.05
BASELINE_PICTURES = 64  # dense units whose weights are kept as pictures


def fit(
    spec: RunSpec,
    data: Split,
    report: Callable[[Report], None],
    control: Callable[[], Orders] = Orders,
    checkpoint: Checkpoint | None = None,
) -> Outcome:
    """Builds the network and trains it; the test images are used once, at the end.

    Args:
        spec: The settings of the run; the same settings give the same weights on a CPU.
        data: Images scaled to [0, 1], as `cnnlab.data.split.split` gives them.
        report: Called about four times a second, and at step 0 and the end of each epoch.
        control: Asked before every few steps; answers with the present orders.
        checkpoint: Where to go on, up to `spec.training.epochs` in all: with the same images in the
            same order, the weights become what they would have become without the interruption.

    Raises `ValueError` (Keras's own) where the network is impossible.
    """
    classes = len(DATASETS[spec.data.dataset].classes)
    return _Training(spec, data, classes, report, control, checkpoint).run()


def compiled(model: keras.Model, training: TrainingSpec) -> keras.Model:
    """The model with its optimizer and loss, ready for Keras's `fit` too."""
    model.compile(
        optimizer=_optimizer(training),
        loss="sparse_categorical_crossentropy",
        metrics=["accuracy"],
        jit_compile="auto" if keras.backend.backend() != "tensorflow" else False,
    )
    return model


def _optimizer(training: TrainingSpec) -> keras.optimizers.Optimizer:
    choice = OPTIMIZERS[training.optimizer]
    return getattr(keras.optimizers, choice.keras_class)(training.learning_rate, **choice.arguments)


def score(probabilities: np.ndarray, y: np.ndarray) -> tuple[float, float]:
    """Mean cross-entropy in nats, and accuracy in [0, 1], as Keras's `evaluate` gives them.

    A probability that float32 rounds to 0 counts as the smallest float32 (a loss of 87), not as infinite.

    Args:
        probabilities: (N, classes) float32, rows sum to 1.
        y: (N,) int, the true classes.
    """
    chosen = probabilities[np.arange(len(y)), y].astype(np.float64)
    loss = -np.log(np.maximum(chosen, np.finfo(np.float32).tiny)).mean()
    return float(loss), float((probabilities.argmax(axis=1) == y).mean())


def _restore_dropout(model: keras.Model, step: int) -> None:
    """Lets dropout go on where it was: its generator counts one draw a step, which Keras does not store."""
    for layer in model.layers:
        if isinstance(layer, keras.layers.Dropout):
            seed, _ = np.asarray(layer.seed_generator.state)
            layer.seed_generator.state.assign([seed, step])


def kernels(model: keras.Model) -> dict[str, np.ndarray]:
    """The weights that can be seen: layer name → float32 array.

    Every convolution's kernels, (k, k, C_in, filters). A dense-only network has none: there it is
    its first dense layer's weights, (inputs, units), of the first `BASELINE_PICTURES` units.
    """
    convolutions = [layer for layer in model.layers if isinstance(layer, keras.layers.Conv2D)]
    if convolutions:
        return {layer.name: np.asarray(layer.kernel) for layer in convolutions}
    first = next(layer for layer in model.layers if isinstance(layer, keras.layers.Dense))
    return {first.name: np.asarray(first.kernel)[:, :BASELINE_PICTURES]}


class _Training:
    def __init__(self, spec, data, classes, report, control, checkpoint) -> None:
        self.training: TrainingSpec = spec.training
        self.data: Split = data
        self.report: Callable[[Report], None] = report
        self.control: Callable[[], Orders] = control
        self.checkpoint: Checkpoint | None = checkpoint
        if checkpoint:
            self.model = checkpoint.model
            self.best = (checkpoint.best_val_accuracy, checkpoint.best_epoch)
        else:
            untrained = build(spec.model, data.x_train.shape[1:], classes, spec.training.seed)
            self.model = compiled(untrained, spec.training)
            self.best = (0.0, 0)  # validation accuracy, epoch
        self.steps_per_epoch = -(-len(data.y_train) // spec.training.batch_size)
        self.step = int(self.model.optimizer.iterations)
        self.engine: Engine = engine_for(
            self.model, data.x_train, data.y_train, spec.training.batch_size, self._steps() - self.step
        )
        if checkpoint:
            _restore_dropout(self.model, self.step)
        self.chunk = 1  # steps a call: grown until a call takes about half a report's interval
        self.window = Window()
        self.clock = Clock(checkpoint.seconds if checkpoint else 0.0)

    def run(self) -> Outcome:
        if self.checkpoint is None:
            self._report_untrained()
        ending, reason = "finished", ""
        while ending == "finished" and self.step < self._steps():
            epoch = self.step // self.steps_per_epoch + 1
            ending, reason = self._run_epoch(epoch)
            if ending != "superseded":
                self._validate(epoch)
        return self._outcome(ending, reason)

    def _steps(self) -> int:
        """How many there will have been at the end."""
        return self.training.epochs * self.steps_per_epoch

    def _report_untrained(self) -> None:
        first = epoch_order(len(self.data.y_train), self.training.seed, 1)[:EVALUATION_BATCH]
        loss, accuracy = score(self.engine.predict(self.data.x_train[first]), self.data.y_train[first])
        metrics = {"loss": loss, "accuracy": accuracy, "learning_rate": self._rate()}
        self.report(Report(0, 0, metrics))  # at once, before the validation
        self._validate(0)

    def _run_epoch(self, epoch: int) -> tuple[Ending, str]:
        """The rest of one pass over the training images; how it ended, and why."""
        order = epoch_order(len(self.data.y_train), self.training.seed, epoch)
        position = self.step % self.steps_per_epoch * self.training.batch_size
        self.window = Window()
        while position < len(order):
            orders = self._obey(epoch)
            if orders.ending:
                self._report_window(epoch)
                return ("superseded" if orders.superseded else "stopped"), ""
            batch = order[position : position + self.chunk * self.training.batch_size]
            position += len(batch)
            if not self._train(batch):
                self._report_window(epoch)
                return "diverged", self._advice()
            if self.window.due():
                self._report_window(epoch)
        self._report_window(epoch)
        return "finished", ""

    def _train(self, batch: np.ndarray) -> bool:
        """Some steps; whether the loss is still a finite number."""
        began = time.perf_counter()
        results = self.engine.train(batch)
        seconds = time.perf_counter() - began
        self.step += len(results.losses)
        self.window.add(results, min(len(batch), len(results.losses) * self.training.batch_size))
        self.chunk = next_chunk(len(results.losses), seconds)
        return bool(np.isfinite(results.losses[-1]))

    def _obey(self, epoch: int) -> Orders:
        """The present orders, once the training may go on; a new learning rate is already in force."""
        orders, done = self.control(), self.step // self.steps_per_epoch
        if orders.waiting(done):
            self._report_window(epoch)
            self.report(Report(self.step, epoch, {}, paused=True))
            with self.clock.stopped():
                while (orders := self.control()).waiting(done):
                    time.sleep(PAUSE_POLL_SECONDS)
            self.report(Report(self.step, epoch, {}, paused=False))
            self.window = Window()
        if orders.learning_rate is not None and not np.isclose(orders.learning_rate, self._rate()):
            self._report_window(epoch)
            self.model.optimizer.learning_rate = orders.learning_rate
            self.report(Report(self.step, epoch, {"learning_rate": orders.learning_rate}))
        return orders

    def _report_window(self, epoch: int) -> None:
        if self.window.images:
            metrics = self.window.metrics() | {"learning_rate": self._rate()}
            self.report(Report(self.step, epoch, metrics))
        self.window = Window()

    def _rate(self) -> float:
        return float(f"{float(self.model.optimizer.learning_rate):.6g}")  # as typed, not as float32

    def _advice(self) -> str:
        return (
            f"The loss was no longer a finite number at step {self.step}: "
            f"lower 'Learning rate' from {self._rate():g}."
        )

    def _validate(self, epoch: int) -> None:
        loss, accuracy = score(self._predict(self.data.x_validation), self.data.y_validation)
        if epoch and accuracy > self.best[0]:
            self.best = (accuracy, epoch)
        metrics = {"val_loss": loss, "val_accuracy": accuracy}
        if epoch:
            metrics |= self._standing()
        self.report(Report(self.step, epoch, metrics, kernels(self.model), self.model))

    def _standing(self) -> dict[str, float]:
        """What a continuation must know, and the model does not."""
        best_accuracy, best_epoch = self.best
        return {
            "best_val_accuracy": best_accuracy,
            "best_epoch": float(best_epoch),
            "seconds": self.clock.seconds(),
        }

    def _predict(self, x: np.ndarray) -> np.ndarray:
        pieces = range(0, len(x), EVALUATION_BATCH)
        return np.concatenate([self.engine.predict(x[i : i + EVALUATION_BATCH]) for i in pieces])

    def _outcome(self, ending: Ending, reason: str) -> Outcome:
        metrics = self._standing()
        if ending == "superseded":
            return Outcome(self.model, ending, reason, self.step, None, metrics)
        probabilities = self._predict(self.data.x_test)
        loss, accuracy = score(probabilities, self.data.y_test)
        tested = {"test_loss": loss, "test_accuracy": accuracy}
        return Outcome(self.model, ending, reason, self.step, probabilities, metrics | tested)
