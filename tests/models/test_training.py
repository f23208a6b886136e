import math
from typing import get_args

import keras
import numpy as np
import pytest

from cnnlab.data.split import Split
from cnnlab.models import pace, training
from cnnlab.models.events import EpochEnd, Outcome, Steps
from cnnlab.models.step_results import StepResults
from cnnlab.spec import ConvBlock, ConvNetSpec, Optimizer, TrainingSpec
from cnnlab.spec.orders import Orders
from tests.small_trainings import CNN, DENSE, STEPS, Events, images_of, losses, of_type, spec_of, train

NETWORKS = pytest.mark.parametrize("network", [CNN, DENSE], ids=["cnn", "dense"])


@pytest.fixture
def one_steps_event_an_epoch(monkeypatch) -> None:
    """Takes the clock out of it: the reported training loss is the mean of the whole epoch."""
    monkeypatch.setattr(pace, "REPORT_SECONDS", math.inf)


@pytest.fixture(scope="module")
def trained() -> tuple[Outcome, Events]:
    return train(CNN, epochs=3)


def weights(events: Events) -> list[np.ndarray]:
    """The initial kernels of all layers."""
    return list(of_type(EpochEnd, events)[0].kernels.values())


@NETWORKS
def test_the_same_seed_gives_the_same_start_and_the_same_losses(network, one_steps_event_an_epoch):
    (first, events), (again, events_again) = train(network, seed=1), train(network, seed=1)
    assert all(np.array_equal(a, b) for a, b in zip(weights(events), weights(events_again), strict=True))
    assert events[0] == events_again[0]
    assert len(losses(events)) == 2
    np.testing.assert_allclose(losses(events), losses(events_again), rtol=1e-6)
    np.testing.assert_allclose(first.test_probabilities, again.test_probabilities, rtol=1e-4, atol=1e-6)


@NETWORKS
def test_another_seed_gives_another_start_and_other_losses(network, one_steps_event_an_epoch):
    (_, events), (_, other_events) = train(network, seed=1, epochs=1), train(network, seed=2, epochs=1)
    assert not np.array_equal(weights(events)[0], weights(other_events)[0])
    assert losses(events)[0] != pytest.approx(losses(other_events)[0], rel=1e-4)


def test_a_training_gives_what_plain_keras_gives_on_the_same_images_in_the_same_order():
    spec = spec_of(CNN, epochs=1)
    data = images_of(spec)
    outcome = training.fit(spec, data, lambda event: None)
    model = training.compile_model(training.build(CNN, (28, 28, 1), 10, spec.training.seed), spec.training)
    order = training.epoch_order(len(data.y_train), spec.training.seed, 1)
    x, y = data.x_train[order], data.y_train[order]
    model.fit(x, y, batch_size=32, epochs=1, shuffle=False, verbose=0)
    for ours, keras_own in zip(outcome.model.get_weights(), model.get_weights(), strict=True):
        np.testing.assert_allclose(ours, keras_own, rtol=1e-4, atol=1e-5)


def test_a_training_learns():
    network = ConvNetSpec(blocks=(ConvBlock(filters=8),), dense_units=32)
    outcome, events = train(network, images=500, epochs=4)
    assert outcome.metrics["test_accuracy"] > 0.4
    assert losses(events)[-1] < events[0].loss - 0.5


@pytest.mark.parametrize("asked", [1, 2, 4])
def test_a_stop_order_ends_the_training_before_the_next_steps(asked):
    calls = []

    def control() -> Orders:
        calls.append(None)
        return Orders(stop=len(calls) >= asked)

    outcome, events = train(DENSE, control, epochs=50, batch_size=1)
    assert outcome.ending == "stopped"
    assert len(calls) == asked, "asked again after the order to stop"
    assert outcome.step < 180
    assert events[-1].step == outcome.step and isinstance(events[-1], EpochEnd)
    assert outcome.test_probabilities.shape == (300, 10)


def test_a_diverged_training_ends_at_once_and_says_which_control_to_change():
    network = ConvNetSpec(
        blocks=(ConvBlock(filters=4), ConvBlock(filters=4)), dense_units=8, activation="linear"
    )
    outcome, events = train(network, optimizer="sgd", learning_rate=10, epochs=3)
    assert outcome.ending == "diverged"
    assert outcome.step < 3 * STEPS
    assert outcome.reason == (
        f"The loss was no longer a finite number at step {outcome.step}, in epoch 1: lower "
        "'Learning rate' from 10. The network as it was at its start is "
        "stored: 'Continue' goes on from it with the learning rate of the sidebar."
    )
    assert not math.isfinite(losses(events)[-1])


def test_a_diverged_training_leaves_the_last_finite_network_and_is_not_tested():
    network = ConvNetSpec(
        blocks=(ConvBlock(filters=4), ConvBlock(filters=4)), dense_units=8, activation="linear"
    )
    spec, events = spec_of(network, optimizer="sgd", learning_rate=0.01, epochs=9), []

    def control() -> Orders:
        second = any(event.epoch == 2 for event in of_type(EpochEnd, events))
        return Orders(learning_rate=1e6 if second else 0.01)

    outcome = training.fit(spec, images_of(spec), events.append, control)
    assert outcome.ending == "diverged"
    assert outcome.test_probabilities is None and "test_accuracy" not in outcome.metrics
    last = of_type(EpochEnd, events)[-1]
    assert (last.epoch, np.isfinite(last.val_loss)) == (2, True)
    assert int(outcome.model.optimizer.iterations) == last.step
    assert all(np.isfinite(array).all() for array in outcome.model.get_weights())


def test_outputs_that_are_not_numbers_have_no_accuracy():
    outputs = np.full((4, 10), 0.1, np.float32)
    outputs[3] = np.nan
    assert np.isnan(training.score(outputs, np.array([0, 0, 0, 0]))).all()


def test_a_weight_that_is_infinite_is_a_divergence_even_if_the_outputs_are_numbers(monkeypatch):
    """A bias of minus infinity makes its unit dead, so that the loss stays finite; so may NaN before ReLU."""
    engine_for = training.engine_for

    def overflowing(model, *arguments):
        engine = engine_for(model, *arguments)
        train_steps = engine.train

        def train_and_overflow(order: np.ndarray, rates: None) -> StepResults:
            results = train_steps(order, rates)
            bias = next(layer for layer in model.layers if layer.weights).bias
            bias.assign(np.where(np.arange(bias.shape[0]), np.asarray(bias), -np.inf))
            return results

        monkeypatch.setattr(engine, "train", train_and_overflow)
        return engine

    monkeypatch.setattr(training, "engine_for", overflowing)
    outcome, events = train(DENSE)
    assert outcome.ending == "diverged" and outcome.test_probabilities is None
    assert all(math.isfinite(loss) for loss in losses(events))
    assert all(np.isfinite(array).all() for array in outcome.model.get_weights())


def test_outputs_that_are_not_numbers_on_the_test_images_alone_are_no_test(monkeypatch):
    spec = spec_of(DENSE, epochs=1)
    data = images_of(spec)
    score = training.score

    def without_test(probabilities: np.ndarray, y: np.ndarray) -> tuple[float, float]:
        return score(np.full_like(probabilities, np.nan) if y is data.y_test else probabilities, y)

    monkeypatch.setattr(training, "score", without_test)
    outcome = training.fit(spec, data, lambda event: None)
    assert outcome.ending == "diverged" and outcome.reason
    assert outcome.test_probabilities is None
    assert not {"test_loss", "test_accuracy"} & outcome.metrics.keys()


def test_the_accuracy_of_a_diverged_training_counts_only_the_images_it_came_to(
    monkeypatch, one_steps_event_an_epoch
):
    class TwoGoodStepsThenNone:
        losses = iter([[1.0], [1.0, math.nan]])

        def train(self, order: np.ndarray, rates: None) -> StepResults:
            losses = np.array(next(self.losses), np.float32)
            return StepResults(losses, np.where(np.isfinite(losses), 16, 0))

        def predict(self, x: np.ndarray) -> np.ndarray:
            return np.full((len(x), 10), 0.1, np.float32)

    monkeypatch.setattr(training, "engine_for", lambda *arguments: TwoGoodStepsThenNone())
    outcome, events = train(DENSE)
    assert outcome.ending == "diverged"
    [steps] = of_type(Steps, events)
    assert steps.accuracy == 32 / (3 * 32)


def test_the_outcome_holds_the_best_epoch_and_the_scores_on_the_test_images(trained):
    outcome, events = trained
    by_epoch = {event.epoch: event.val_accuracy for event in of_type(EpochEnd, events)}
    assert outcome.metrics["best_val_accuracy"] == max(by_epoch[epoch] for epoch in (1, 2, 3))
    assert by_epoch[outcome.metrics["best_epoch"]] == outcome.metrics["best_val_accuracy"]
    data = images_of(spec_of(CNN))
    loss, accuracy = training.score(outcome.test_probabilities, data.y_test)
    assert (outcome.metrics["test_loss"], outcome.metrics["test_accuracy"]) == (loss, accuracy)
    assert outcome.metrics["seconds"] > 0


def test_the_scores_are_those_of_keras_own_evaluation(trained):
    outcome, _ = trained
    data = images_of(spec_of(CNN))
    loss, accuracy = outcome.model.evaluate(data.x_test, data.y_test, verbose=0)
    assert outcome.metrics["test_loss"] == pytest.approx(loss, rel=1e-5)
    assert outcome.metrics["test_accuracy"] == pytest.approx(accuracy)


def test_a_probability_of_zero_costs_much_but_not_infinitely():
    loss, accuracy = training.score(np.array([[0.0, 1.0], [0.0, 1.0]], np.float32), np.array([0, 1]))
    assert (loss, accuracy) == (pytest.approx(87.34 / 2, abs=0.01), 0.5)


def test_the_test_images_are_touched_once_and_only_after_the_training():
    spec = spec_of(DENSE)
    data = images_of(spec)
    blank = Split(*list(vars(data).values())[:4], np.zeros_like(data.x_test), data.y_test)
    first, second = [training.fit(spec, images, lambda event: None).metrics for images in (data, blank)]
    assert first["best_val_accuracy"] == second["best_val_accuracy"]
    assert first["test_loss"] != second["test_loss"]


def test_classes_that_the_few_training_images_lack_still_have_their_output():
    outcome, _ = train(DENSE, images=10, epochs=1)
    assert outcome.test_probabilities.shape == (300, 10)


def test_an_impossible_network_is_refused_by_keras():
    with pytest.raises(ValueError):
        train(ConvNetSpec(blocks=(ConvBlock(pool_size=8),) * 3))


def test_every_optimizer_of_the_settings_is_there_and_has_its_learning_rate():
    for name in get_args(Optimizer):
        model = training.compile_model(
            keras.Sequential([keras.Input((1,)), keras.layers.Dense(2)]),
            TrainingSpec(optimizer=name, learning_rate=0.25),
        )
        assert float(model.optimizer.learning_rate) == 0.25
        if name == "momentum":
            assert model.optimizer.momentum == 0.9
