"""Trains one network from its settings.

`fit` reports typed events to one function and asks another for orders, before every few steps. How the steps
are computed is in `cnnlab.models.engines`.
"""

import time
from collections.abc import Callable
from typing import TypeAlias

import keras
import numpy as np

from cnnlab.data.augmentation import Augmentation
from cnnlab.data.registry import DATASETS
from cnnlab.data.sampling import epoch_order
from cnnlab.data.split import Split
from cnnlab.models.batches import EVALUATION_BATCH, evaluation_batch
from cnnlab.models.build import build
from cnnlab.models.engines import Engine, engine_for
from cnnlab.models.events import (
    Checkpoint,
    Ending,
    EpochEnd,
    Event,
    Outcome,
    Paused,
    RateChanged,
    Resumed,
    ResumeMetrics,
    Started,
    Steps,
)
from cnnlab.models.pace import Clock, Window, batch_sizes, next_chunk
from cnnlab.models.rates import Rates
from cnnlab.models.snapshot import Snapshot
from cnnlab.models.step_results import CROSS_ENTROPY
from cnnlab.models.stopping import Stopping, ending_in_words, has_rules
from cnnlab.spec import OPTIMIZERS, RunSpec, TrainingSpec
from cnnlab.spec.orders import Orders

PAUSE_POLL_SECONDS = 0.05
DRAWN_UNITS = 64  # of a dense-only network's first layer

Report: TypeAlias = Callable[[Event], None]
Control: TypeAlias = Callable[[], Orders]


def fit(
    spec: RunSpec,
    data: Split,
    report: Report,
    control: Control = Orders,
    checkpoint: Checkpoint | None = None,
) -> Outcome:
    """Builds the network and trains it; the test images are used once, at the end.

    Args:
        spec: The settings of the run; the same settings give the same weights on a CPU.
        data: Images with the values that the settings say, as `cnnlab.data.split.split` gives them.
        report: Called with every event: about four times a second, at the start, and after each epoch.
        control: Called before every few steps; returns the orders in force.
        checkpoint: The training to continue, up to `spec.training.epochs` in all. With the same images in
            the same order, the weights become what they would have become without the interruption.

    Raises `ValueError` (Keras's own) if the network is impossible.
    """
    return _Training(spec, data, report, control, checkpoint).run()


def compile_model(model: keras.Model, training: TrainingSpec) -> keras.Model:
    """The model with its optimizer and loss, ready for Keras's `fit` too."""
    # With weight decay Keras's own loss is the sum of both: the cross-entropy is then a metric beside it.
    metrics = ["accuracy", CROSS_ENTROPY] if training.l2 else ["accuracy"]
    model.compile(
        optimizer=_optimizer(training),
        loss=CROSS_ENTROPY,
        metrics=metrics,
        jit_compile="auto" if keras.backend.backend() != "tensorflow" else False,
    )
    return model


def _optimizer(training: TrainingSpec) -> keras.optimizers.Optimizer:
    choice = OPTIMIZERS[training.optimizer]
    return getattr(keras.optimizers, choice.keras_class)(training.learning_rate, **choice.arguments)


def score(probabilities: np.ndarray, y: np.ndarray) -> tuple[float, float]:
    """Mean cross-entropy in nats, and accuracy in [0, 1], as Keras's `evaluate` gives them.

    A probability that float32 rounds to 0 counts as the smallest float32 (a loss of 87), not as infinite.
    Where one is not a number, neither loss nor accuracy is: both are NaN.

    Args:
        probabilities: (N, classes) float32, rows sum to 1.
        y: (N,) int, the true classes.
    """
    if not np.isfinite(probabilities).all():
        return float("nan"), float("nan")
    of_true_class = probabilities[np.arange(len(y)), y].astype(np.float64)
    loss = -np.log(np.maximum(of_true_class, np.finfo(np.float32).tiny)).mean()
    return float(loss), float((probabilities.argmax(axis=1) == y).mean())


def _restore_dropout(model: keras.Model, step: int) -> None:
    """Continues dropout's random numbers: its generator counts the steps, which Keras does not store."""
    for layer in model.layers:
        if isinstance(layer, keras.layers.Dropout):
            seed, _ = np.asarray(layer.seed_generator.state)
            layer.seed_generator.state.assign([seed, step])


def kernels(model: keras.Model) -> dict[str, np.ndarray]:
    """The weights that can be drawn: layer name → float32 array.

    Every convolution's kernels, (k, k, C_in, filters). Of a dense-only network, the weights of the first
    `DRAWN_UNITS` units of its first layer, (inputs, units).
    """
    convolutions = [layer for layer in model.layers if isinstance(layer, keras.layers.Conv2D)]
    if convolutions:
        return {layer.name: np.asarray(layer.kernel) for layer in convolutions}
    first = next(layer for layer in model.layers if isinstance(layer, keras.layers.Dense))
    return {first.name: np.asarray(first.kernel)[:, :DRAWN_UNITS]}


def checkpoint_of(
    spec: RunSpec, data: Split, weights: list[np.ndarray], epoch: int, resume: ResumeMetrics
) -> Checkpoint:
    """A training to continue of which the weights at the end of an epoch are left, but no optimizer.

    The optimizer starts anew, such as Adam's means at 0, so that this is not the training it would have been.
    `weights`: as `keras.Model.get_weights` gives them. Raises `ValueError` (Keras's own) if they do not fit.
    """
    model = untrained(spec, data)
    model.optimizer.build(model.trainable_variables)
    model.set_weights(weights)
    model.optimizer.iterations.assign(epoch * -(-len(data.y_train) // spec.training.batch_size))
    return Checkpoint(model, resume, exact=False)


class _Training:
    """One training, from its beginning or a checkpoint to its end."""

    def __init__(
        self, spec: RunSpec, data: Split, report: Report, control: Control, checkpoint: Checkpoint | None
    ) -> None:
        self.settings = spec.training
        self.data = data
        self.report = report
        self.control = control
        self.continued = checkpoint is not None
        self.model = checkpoint.model if checkpoint else untrained(spec, data)
        self.steps_per_epoch = -(-len(data.y_train) // self.settings.batch_size)
        self.total_steps = self.settings.epochs * self.steps_per_epoch
        self.step = int(self.model.optimizer.iterations)
        self.engine: Engine = engine_for(
            self.model,
            data.x_train,
            data.y_train,
            self.settings.batch_size,
            Augmentation.of(spec),
            data.values,
            self.settings.precision,
        )
        self.evaluation_batch = evaluation_batch(layer.output.shape[1:] for layer in self.model.layers)
        if self.continued:
            _restore_dropout(self.model, self.step)
        self.steps_per_call = 1  # grows until a call takes about half the interval of the reports
        self.window, self.epoch_window = Window(), Window()
        self.rates = Rates(self.model.optimizer, self.settings, self.steps_per_epoch)
        self.stopping = checkpoint.stopping if checkpoint else Stopping()
        resume = checkpoint.resume if checkpoint else ResumeMetrics(0.0, 0, 0.0)
        self.best_val_accuracy = resume.best_val_accuracy
        self.best_epoch = resume.best_epoch
        self.clock = Clock(resume.seconds)
        self.last_finite = Snapshot.of(self.model, self.step // self.steps_per_epoch)

    def run(self) -> Outcome:
        """Trains until all epochs are done, a rule or an order ends it, or the loss is no longer finite."""
        if not self.continued:
            self.report_start()
        ending: Ending = "finished"
        while ending == "finished" and self.step < self.total_steps and not self.stopping.reason:
            epoch = self.step // self.steps_per_epoch + 1
            ending = self.train_epoch(epoch)
            if ending in ("finished", "stopped") and not self.end_epoch(epoch, whole=ending == "finished"):
                ending = "diverged"
        return self.outcome(ending)

    def report_start(self) -> None:
        """Reports the untrained network: its training loss at once, then its validation."""
        first = epoch_order(len(self.data.y_train), self.settings.seed, 1)[:EVALUATION_BATCH]
        loss, accuracy = score(self.predict(self.data.x_train[first]), self.data.y_train[first])
        peak = self.rates.peak_of_schedule
        self.report(Started(loss, accuracy, self.rates.at(0), peak_learning_rate=peak))
        val_loss, val_accuracy = self.validate()
        self.report(EpochEnd(0, 0, val_loss, val_accuracy, None, kernels(self.model), self.model))

    def train_epoch(self, epoch: int) -> Ending:
        """Trains on the images of this epoch that are left; "finished" if it came to the epoch's end."""
        order = epoch_order(len(self.data.y_train), self.settings.seed, epoch)
        position = self.step % self.steps_per_epoch * self.settings.batch_size
        ending: Ending = "finished"
        self.window, self.epoch_window = Window(), Window()
        while ending == "finished" and position < len(order):
            orders = self.apply_orders(epoch)
            if orders.ending:
                ending = "superseded" if orders.superseded else "stopped"
                break
            images = order[position : position + self.steps_per_call * self.settings.batch_size]
            position += len(images)
            if not self.train_steps(images):
                ending = "diverged"
            elif self.window.due():
                self.report_steps(epoch)
        self.report_steps(epoch)
        return ending

    def train_steps(self, images: np.ndarray) -> bool:
        """Trains on some images, (n,) int32 indices; returns whether the loss is still a finite number."""
        sizes = batch_sizes(len(images), self.settings.batch_size)
        rates = self.rates.of_steps(self.step, len(sizes))
        began = time.perf_counter()
        results = self.engine.train(images, rates)
        seconds = time.perf_counter() - began
        if rates is not None:
            self.rates.restore_peak()
        steps = len(results.losses)
        self.step += steps
        for window in (self.window, self.epoch_window):
            window.add(results, sizes[:steps])
        self.steps_per_call = next_chunk(steps, seconds)
        return bool(np.isfinite(results.losses[-1]))

    def apply_orders(self, epoch: int) -> Orders:
        """Waits while paused and sets an ordered learning rate; returns the orders then in force."""
        orders, epochs_done = self.control(), self.step // self.steps_per_epoch
        if orders.waiting(epochs_done):
            self.report_steps(epoch)
            self.report(Paused(self.step, epoch))
            with self.clock.stopped():
                while (orders := self.control()).waiting(epochs_done):
                    time.sleep(PAUSE_POLL_SECONDS)
            self.report(Resumed(self.step, epoch))
            self.window = Window()
        if orders.learning_rate is not None and not np.isclose(orders.learning_rate, self.rates.peak):
            self.report_steps(epoch)
            self.rates.change(orders.learning_rate)
            rate = self.rates.at(self.step)
            self.report(RateChanged(self.step, epoch, rate, self.rates.peak_of_schedule))
        return orders

    def report_steps(self, epoch: int) -> None:
        """Reports the steps since the last report, if there are any."""
        if self.window.images:
            self.report(
                Steps(
                    self.step,
                    epoch,
                    loss=self.window.loss(),
                    accuracy=self.window.accuracy(),
                    images_per_second=self.window.images_per_second(),
                    learning_rate=self.rates.at(self.step - 1),
                    model=self.model,
                    peak_learning_rate=self.rates.peak_of_schedule,
                )
            )
        self.window = Window()

    def end_epoch(self, epoch: int, whole: bool) -> bool:
        """Validates and reports the network; returns False, without a report, if it has diverged.

        The rules that may end the training take no account of an epoch that is not `whole`.
        """
        val_loss, val_accuracy = self.validate()
        snapshot = Snapshot.of(self.model, epoch)
        if not (np.isfinite(val_loss) and snapshot.finite()):
            return False
        self.last_finite = snapshot
        if val_accuracy > self.best_val_accuracy:
            self.best_val_accuracy, self.best_epoch = val_accuracy, epoch
        if whole:
            self.apply_rules(epoch, val_loss, val_accuracy)
        resume, drawn = self.resume_metrics(), kernels(self.model)
        self.report(
            EpochEnd(self.step, epoch, val_loss, val_accuracy, resume, drawn, self.model, self.rules_known())
        )
        return True

    def apply_rules(self, epoch: int, val_loss: float, val_accuracy: float) -> None:
        """Notes what the epoch means to the rules that may end the training."""
        metrics = {
            "loss": self.epoch_window.loss(),
            "accuracy": self.epoch_window.accuracy(),
            "val_loss": val_loss,
            "val_accuracy": val_accuracy,
        }
        self.stopping = self.stopping.after(epoch, metrics, self.settings, self.model.get_weights)

    def rules_known(self) -> Stopping | None:
        """What the rules know; None without any."""
        return self.stopping if has_rules(self.settings) else None

    def validate(self) -> tuple[float, float]:
        """Loss and accuracy on the validation images."""
        return score(self.predict(self.data.x_validation), self.data.y_validation)

    def outcome(self, ending: Ending) -> Outcome:
        """Tests the network, unless another training takes its place or it has diverged.

        A network that has diverged gets back what it was at the end of the last epoch before that; with
        patience, any other gets back the weights of its best epoch.
        """
        if ending == "superseded":
            return self.untested(ending, "")
        if ending == "diverged":
            reason = self.advice()
            self.last_finite.restore(self.model)
            return self.untested(ending, reason)
        last_epoch = self.last_finite.epoch
        best = self.stopping.best
        if best:
            self.model.set_weights(best.weights)
        probabilities = self.predict(self.data.x_test)
        loss, accuracy = score(probabilities, self.data.y_test)
        if not np.isfinite(loss):  # of a network whose outputs on the validation images were finite
            return self.untested("diverged", self.advice())
        tested_epoch = float(best.epoch if best else last_epoch)
        tested = {"test_loss": loss, "test_accuracy": accuracy, "tested_epoch": tested_epoch}
        metrics = self.resume_metrics().metrics | tested
        reason = ending_in_words(self.stopping, last_epoch)
        return Outcome(self.model, ending, reason, self.step, probabilities, metrics, self.rules_known())

    def untested(self, ending: Ending, reason: str) -> Outcome:
        """How a training ended whose network is not tested."""
        metrics = self.resume_metrics().metrics
        return Outcome(self.model, ending, reason, self.step, None, metrics, self.rules_known())

    def resume_metrics(self) -> ResumeMetrics:
        """What a continuation of this training needs to know beside the model."""
        return ResumeMetrics(self.best_val_accuracy, self.best_epoch, self.clock.seconds())

    def predict(self, x: np.ndarray) -> np.ndarray:
        """Class probabilities, (N, classes) float32, of some of the images."""
        size = self.evaluation_batch
        batches = (self.data.inputs(x[start : start + size]) for start in range(0, len(x), size))
        return np.concatenate([self.engine.predict(batch) for batch in batches])

    def advice(self) -> str:
        """What to change after the loss has diverged."""
        kept = f"the end of epoch {self.last_finite.epoch}" if self.last_finite.epoch else "its start"
        epoch = (self.step - 1) // self.steps_per_epoch + 1
        return (
            f"The loss was no longer a finite number at step {self.step:,}, in epoch {epoch}: lower "
            f"'Learning rate' from {self.rates.peak:g}. The network as it was at {kept} is "
            "stored: 'Continue' goes on from it with the learning rate of the sidebar."
        )


def untrained(spec: RunSpec, data: Split) -> keras.Model:
    """The compiled network of a run with the weights that its training begins with."""
    classes = len(DATASETS[spec.data.dataset].classes)
    model = build(spec.model, data.x_train.shape[1:], classes, spec.training.seed, spec.training.l2)
    return compile_model(model, spec.training)
