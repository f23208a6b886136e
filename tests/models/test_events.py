"""The events of a real, small training: which there are, when, and what they hold."""

import itertools
import math

import numpy as np
import pytest

from cnnlab.models.events import EpochEnd, Outcome, Paused, RateChanged, Resumed, Started, Steps
from cnnlab.spec import DenseSpec
from cnnlab.spec.orders import Orders
from tests.small_trainings import CNN, DENSE, STEPS, Events, of_type, train


@pytest.fixture(scope="module")
def trained() -> tuple[Outcome, Events]:
    return train(CNN, epochs=3)


def test_the_first_events_are_of_the_untrained_network_at_step_0(trained):
    started, validated = trained[1][:2]
    assert (started.step, started.epoch) == (validated.step, validated.epoch) == (0, 0)
    assert isinstance(started, Started) and isinstance(validated, EpochEnd)
    assert list(started.metrics) == ["loss", "accuracy", "learning_rate"]
    assert list(validated.metrics) == ["val_loss", "val_accuracy"]
    assert started.loss == pytest.approx(math.log(10), abs=0.5)
    assert validated.val_loss == pytest.approx(math.log(10), abs=0.5)
    assert of_type(Started, trained[1]) == [started]


def test_steps_and_epochs_never_go_back_and_end_where_the_settings_say(trained):
    outcome, events = trained
    steps, epochs = [event.step for event in events], [event.epoch for event in events]
    assert steps == sorted(steps) and epochs == sorted(epochs)
    assert outcome.step == steps[-1] == 3 * STEPS
    assert (outcome.ending, outcome.reason) == ("finished", "")


def test_each_epoch_ends_with_validation_and_kernels(trained):
    ends = of_type(EpochEnd, trained[1])
    assert [(event.step, event.epoch) for event in ends] == [(STEPS * epoch, epoch) for epoch in range(4)]
    names = ["val_loss", "val_accuracy", "best_val_accuracy", "best_epoch", "seconds"]
    assert all(list(event.metrics) == names for event in ends[1:])
    assert all(event.kernels and event.model is trained[0].model for event in ends)


def test_training_steps_have_rate_and_speed(trained):
    between = of_type(Steps, trained[1])
    assert len(between) >= 3
    names = ["loss", "accuracy", "images_per_second", "learning_rate"]
    assert all(list(event.metrics) == names for event in between)
    assert all(event.step > 0 for event in between)
    assert all(event.learning_rate == pytest.approx(0.001) for event in between)
    assert all(0 <= event.accuracy <= 1 for event in between)
    assert all(event.images_per_second > 0 for event in between)


def test_an_untouched_training_reports_nothing_else(trained):
    assert {type(event) for event in trained[1]} == {Started, Steps, EpochEnd}


def test_kernels_are_copies_that_show_the_progress(trained):
    ends = [event.kernels for event in of_type(EpochEnd, trained[1])]
    assert {name: array.shape for name, array in ends[0].items()} == {
        "conv_1": (3, 3, 1, 4),
        "conv_2": (3, 3, 4, 4),
    }
    assert all(not np.array_equal(a["conv_1"], b["conv_1"]) for a, b in itertools.pairwise(ends))
    np.testing.assert_array_equal(ends[-1]["conv_1"], trained[0].model.get_layer("conv_1").kernel)


def test_a_dense_network_shows_the_weights_of_its_first_units():
    _, events = train(DenseSpec(units=100), epochs=1)
    assert {name: array.shape for name, array in events[1].kernels.items()} == {"dense": (784, 64)}


def test_a_pause_and_a_new_learning_rate_are_reported_after_the_steps_before_them():
    orders = iter([Orders(), Orders(paused=True), Orders(paused=True), Orders(learning_rate=0.25)])
    _, events = train(DENSE, lambda: next(orders, Orders()), epochs=2, images=2000)
    kinds = [type(event) for event in events]
    at = kinds.index(Paused)
    assert kinds[at - 1 : at + 3] == [Steps, Paused, Resumed, RateChanged]
    before, paused, resumed, changed = events[at - 1 : at + 3]
    assert before.step == paused.step == resumed.step == changed.step > 0
    assert changed.metrics == {"learning_rate": 0.25}
    assert before.learning_rate == 0.001 and of_type(Steps, events)[-1].learning_rate == 0.25
    assert kinds.count(Paused) == kinds.count(Resumed) == kinds.count(RateChanged) == 1
