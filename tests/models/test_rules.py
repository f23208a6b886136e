"""Whole trainings with schedules, stop rules and patience, held against Keras's own `fit`."""

import itertools
from collections.abc import Iterator
from typing import Any

import keras
import numpy as np
import pytest

from cnnlab.arithmetic.schedules import learning_rates
from cnnlab.data.split import Split
from cnnlab.models import training
from cnnlab.models.build import build
from cnnlab.models.events import EpochEnd, Outcome, RateChanged, Started, Steps
from cnnlab.spec import OPTIMIZERS, ConvBlock, ConvNetSpec, DenseSpec, RunSpec
from cnnlab.spec.orders import Orders
from tests.small_trainings import STEPS, images_of, of_type, spec_of, train

SMALL = ConvNetSpec(blocks=(ConvBlock(filters=4, batch_norm=True),), dense_units=8)
DENSE = DenseSpec(units=8)
WILD = {"optimizer": "sgd", "learning_rate": 0.7, "epochs": 9}  # its validation loss goes up and down
SCHEDULES = {
    "cosine": keras.optimizers.schedules.CosineDecay(0.01, 3 * STEPS),
    "one-cycle": keras.optimizers.schedules.CosineDecay(
        0.01 / 25, 3 * STEPS - 5, warmup_target=0.01, warmup_steps=5
    ),
    "step": keras.optimizers.schedules.ExponentialDecay(0.01, 2 * STEPS, 0.5, staircase=True),
}


class StopAt(keras.callbacks.Callback):
    """The callback of many courses: ends the training once the accuracy is high enough."""

    def __init__(self, metric: str, value: float) -> None:
        super().__init__()
        self.metric, self.value = metric, value

    def on_epoch_end(self, epoch: int, logs: dict[str, float] | None = None) -> None:
        reached = (logs or {})[self.metric]
        accuracy = self.metric.endswith("accuracy")
        self.model.stop_training = reached >= self.value if accuracy else reached <= self.value


def batches(data: Split, spec: RunSpec) -> Iterator[tuple[np.ndarray, np.ndarray]]:
    """Those of all epochs in cnnlab's order, for one call of `fit`."""
    for epoch in range(1, spec.training.epochs + 1):
        order = training.epoch_order(len(data.y_train), spec.training.seed, epoch)
        for start in range(0, len(order), spec.training.batch_size):
            batch = order[start : start + spec.training.batch_size]
            yield data.x_train[batch], data.y_train[batch]


def fitted(spec: RunSpec, rate: Any, *callbacks: keras.callbacks.Callback) -> tuple[keras.Model, dict]:
    """The model that Keras's `fit` gives, in one call, and its history."""
    data = images_of(spec)
    model = build(spec.model, (28, 28, 1), 10, spec.training.seed)
    choice = OPTIMIZERS[spec.training.optimizer]
    optimizer = getattr(keras.optimizers, choice.keras_class)(rate, **choice.arguments)
    model.compile(optimizer, "sparse_categorical_crossentropy", metrics=["accuracy"], jit_compile=False)
    history = model.fit(
        batches(data, spec),
        steps_per_epoch=STEPS,
        epochs=spec.training.epochs,
        shuffle=False,
        verbose=0,
        validation_data=(data.x_validation, data.y_validation),
        validation_batch_size=500,
        callbacks=list(callbacks),
    )
    return model, history.history


def assert_same_weights(outcome: Outcome, model: keras.Model, rtol: float = 1e-3, atol: float = 2e-5) -> None:
    for ours, theirs in zip(outcome.model.get_weights(), model.get_weights(), strict=True):
        np.testing.assert_allclose(ours, theirs, rtol=rtol, atol=atol)


@pytest.mark.parametrize("schedule", SCHEDULES)
@pytest.mark.parametrize("network", [SMALL, DENSE], ids=["cnn", "dense"])
def test_a_scheduled_training_is_keras_own_with_its_schedule(network, schedule):
    spec = spec_of(network, epochs=3, learning_rate=0.01, schedule=schedule)
    outcome, events = train(network, epochs=3, learning_rate=0.01, schedule=schedule)
    model, history = fitted(spec, SCHEDULES[schedule])
    assert_same_weights(outcome, model)
    ours = [event.val_loss for event in of_type(EpochEnd, events)[1:]]
    np.testing.assert_allclose(ours, history["val_loss"], rtol=1e-3)


def test_the_reported_rate_is_that_of_the_last_step_and_the_stored_one_the_peak():
    outcome, events = train(DENSE, epochs=3, learning_rate=0.01, schedule="cosine")
    rates = learning_rates(spec_of(DENSE, epochs=3, schedule="cosine").training, np.arange(18), STEPS, 0.01)
    [started] = of_type(Started, events)
    assert (started.learning_rate, started.peak_learning_rate) == (0.01, 0.01)
    steps = of_type(Steps, events)
    assert [each.learning_rate for each in steps] == pytest.approx(
        [rates[each.step - 1] for each in steps], rel=1e-5
    )
    assert {each.metrics["peak_learning_rate"] for each in steps} == {0.01}
    assert float(outcome.model.optimizer.learning_rate) == np.float32(0.01)


def test_a_rate_that_is_changed_by_hand_scales_the_rest_of_the_curve():
    spec, events = spec_of(DENSE, epochs=3, learning_rate=0.01, schedule="cosine"), []

    def control() -> Orders:
        second = any(event.epoch == 1 for event in of_type(EpochEnd, events))
        return Orders(learning_rate=0.02 if second else None)

    training.fit(spec, images_of(spec), events.append, control)
    [changed] = of_type(RateChanged, events)
    whole = learning_rates(spec.training, np.arange(18), STEPS)
    assert (changed.step, changed.peak_learning_rate) == (STEPS, 0.02)
    assert changed.learning_rate == pytest.approx(2 * whole[STEPS], rel=1e-5)
    last = of_type(Steps, events)[-1]
    assert (last.step, last.learning_rate) == (18, pytest.approx(2 * whole[17], rel=1e-5))


@pytest.mark.parametrize("patience", [1, 2, 3, 9])
def test_patience_is_keras_early_stopping_with_the_best_weights_put_back(patience):
    spec = spec_of(SMALL, patience=patience, **WILD)
    outcome, events = train(SMALL, patience=patience, **WILD)
    model, history = fitted(
        spec, 0.7, keras.callbacks.EarlyStopping(patience=patience, restore_best_weights=True)
    )
    ends = of_type(EpochEnd, events)[1:]
    losses = [event.val_loss for event in ends]
    best = int(np.argmin(losses)) + 1
    assert len(ends) == len(history["val_loss"]), "the same last epoch"
    assert outcome.metrics["tested_epoch"] == best == int(np.argmin(history["val_loss"])) + 1
    assert outcome.ending == "finished"
    data = images_of(spec)
    loss, _ = training.score(outcome.model.predict(data.x_validation, verbose=0), data.y_validation)
    assert loss == pytest.approx(min(losses), rel=1e-5), "the weights of the best epoch"
    assert outcome.metrics["test_loss"] == pytest.approx(
        outcome.model.evaluate(data.x_test, data.y_test, verbose=0)[0], rel=1e-5
    )
    assert_same_weights(outcome, model, rtol=0.05, atol=5e-3)  # nine wild epochs magnify rounding


def test_patience_ends_this_training_early():
    outcome, events = train(SMALL, patience=1, **WILD)
    last = of_type(EpochEnd, events)[-1].epoch
    assert last < 9
    assert outcome.reason == (
        f"Stopped at epoch {last}: validation loss had not improved for 1 epoch; the weights of epoch "
        f"{last - 1} were put back."
    )


@pytest.mark.parametrize(
    ("metric", "value"), [("accuracy", 0.5), ("val_accuracy", 0.4), ("loss", 1.8), ("val_loss", 1.9)]
)
def test_a_stop_rule_ends_where_keras_ends_with_the_callback_of_the_course(metric, value):
    settings = {"epochs": 12, "learning_rate": 0.003}
    outcome, events = train(SMALL, stop_when=metric, stop_at=value, **settings)
    model, history = fitted(spec_of(SMALL, **settings), 0.003, StopAt(metric, value))
    last = of_type(EpochEnd, events)[-1].epoch
    assert 1 < last == len(history["loss"]) < 12
    assert (outcome.ending, outcome.metrics["tested_epoch"]) == ("finished", last)
    assert outcome.reason.startswith(f"Stopped at epoch {last}: the ")
    assert_same_weights(outcome, model)


def test_an_order_to_stop_puts_the_best_weights_back_too_as_keras_does():
    """The part of an epoch that was trained counts for nothing: Keras has no such epochs."""
    spec, events = spec_of(SMALL, images=2000, patience=5, **WILD | {"batch_size": 1}), []

    def control() -> Orders:
        ends = [event for event in of_type(EpochEnd, events) if event.epoch]
        return Orders(stop=bool(ends) and events[-1].step > ends[-1].step)

    outcome = training.fit(spec, images_of(spec), events.append, control)
    last = of_type(EpochEnd, events)[-1]
    assert (outcome.ending, last.epoch, outcome.metrics["tested_epoch"]) == ("stopped", 2, 1)
    assert outcome.reason == "The weights of epoch 1, which had the lowest validation loss, were put back."


def test_a_training_without_rules_reports_nothing_of_them():
    outcome, events = train(DENSE, epochs=1)
    assert outcome.stopping is None and all(event.stopping is None for event in of_type(EpochEnd, events))
    names = list(itertools.chain.from_iterable(getattr(event, "metrics", {}) for event in events))
    assert "peak_learning_rate" not in names
