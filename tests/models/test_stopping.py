"""The rules that end a training, held against Keras's callbacks with the same losses."""

import itertools

import keras
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cnnlab.models.stopping import METRIC_NAMES, Stopping, ending_in_words, has_rules
from cnnlab.spec import TrainingSpec

LOSSES = st.lists(st.integers(1, 6).map(lambda tenths: tenths / 10), min_size=1, max_size=12)


def metrics(val_loss: float = 1.0, **others: float) -> dict[str, float]:
    return {"loss": 1.0, "accuracy": 0.5, "val_accuracy": 0.5, "val_loss": val_loss} | others


def by_rules(losses: list[float], patience: int) -> tuple[int, Stopping]:
    """The last epoch, and what is known after it. The network's one weight is the epoch's number."""
    training = TrainingSpec(epochs=len(losses), patience=patience)
    stopping = Stopping()
    for epoch, loss in enumerate(losses, start=1):
        stopping = stopping.after(epoch, metrics(loss), training, lambda at=epoch: [np.array([at], float)])
        if stopping.reason:
            break
    return epoch, stopping


class Model:
    """As much of a Keras model as its callback for early stopping touches."""

    stop_training = False
    metrics = ()

    def __init__(self) -> None:
        self.weights = [np.zeros(1)]

    def get_weights(self) -> list[np.ndarray]:
        return [array.copy() for array in self.weights]

    def set_weights(self, weights: list[np.ndarray]) -> None:
        self.weights = weights


def by_keras(losses: list[float], patience: int) -> tuple[int, float]:
    """The last epoch, and the epoch whose weights the model has in the end."""
    callback = keras.callbacks.EarlyStopping(
        monitor="val_loss", mode="min", patience=patience, restore_best_weights=True
    )
    model = Model()
    callback.set_model(model)
    callback.on_train_begin()
    for epoch, loss in enumerate(losses):
        model.weights = [np.array([epoch + 1], float)]
        callback.on_epoch_end(epoch, {"val_loss": loss})
        if model.stop_training:
            break
    callback.on_train_end()
    return epoch + 1, model.weights[0][0]


@settings(max_examples=300)
@given(LOSSES, st.integers(1, 5))
def test_patience_ends_where_keras_early_stopping_ends_and_puts_the_same_weights_back(losses, patience):
    last, stopping = by_rules(losses, patience)
    assert stopping.best
    assert (last, stopping.best.weights[0][0]) == by_keras(losses, patience)
    assert stopping.best.epoch == stopping.best.weights[0][0]
    assert stopping.best.val_loss == losses[stopping.best.epoch - 1] == min(losses[:last])


@given(LOSSES)
def test_without_patience_all_epochs_are_trained_and_no_weights_are_kept(losses):
    last, stopping = by_rules(losses, patience=0)
    assert last == len(losses) and stopping == Stopping()


@given(LOSSES, st.integers(1, 5), st.data())
def test_what_was_stored_between_two_epochs_goes_on_as_if_it_had_not_been(losses, patience, data):
    cut = data.draw(st.integers(0, len(losses)))
    training = TrainingSpec(epochs=len(losses), patience=patience)
    whole, pieced = Stopping(), Stopping()
    for epoch, loss in enumerate(losses, start=1):
        weights = [np.full((2, 3), epoch, np.float32), np.array([loss])]
        whole = whole.after(epoch, metrics(loss), training, lambda: weights)  # noqa: B023 called at once
        pieced = pieced.after(epoch, metrics(loss), training, lambda: weights)  # noqa: B023 called at once
        if epoch == cut:
            pieced = Stopping.from_arrays(pieced.arrays() | {"step": np.array(epoch)})
    assert (pieced.waited, pieced.reason) == (whole.waited, whole.reason)
    assert (pieced.best is None) == (whole.best is None)
    if whole.best and pieced.best:
        assert pieced.best[:2] == whole.best[:2]
        for ours, theirs in itertools.zip_longest(pieced.best.weights, whole.best.weights):
            np.testing.assert_array_equal(ours, theirs)
            assert ours.dtype == theirs.dtype


@pytest.mark.parametrize("metric", METRIC_NAMES)
@pytest.mark.parametrize(("value", "met"), [(0.89, "loss"), (0.9, "both"), (0.91, "accuracy")])
def test_an_accuracy_stops_at_its_value_and_above_a_loss_at_its_value_and_below(metric, value, met):
    training = TrainingSpec(epochs=2, stop_when=metric, stop_at=0.9)
    stopping = Stopping().after(1, metrics() | {metric: value}, training, list)
    assert bool(stopping.reason) == (met == "both" or metric.endswith(met))


@pytest.mark.parametrize(
    ("changed", "now", "reason"),
    [
        (
            {"stop_when": "accuracy", "stop_at": 0.99},
            {"accuracy": 0.9917},
            "Stopped at epoch 4: the training accuracy, 99.2%, had reached 99.0%.",
        ),
        (
            {"stop_when": "val_loss", "stop_at": 0.25},
            {"val_loss": 0.2431},
            "Stopped at epoch 4: the validation loss, 0.243, had reached 0.25.",
        ),
        ({"stop_when": "val_loss", "stop_at": 0.25}, {"val_loss": 0.26}, ""),
    ],
)
def test_a_stop_rule_says_what_was_reached(changed, now, reason):
    assert Stopping().after(4, metrics(**now), TrainingSpec(epochs=9, **changed), list).reason == reason


def test_a_rule_that_is_met_in_the_last_epoch_ends_nothing_early():
    training = TrainingSpec(epochs=4, stop_when="accuracy", stop_at=0.5)
    assert Stopping().after(3, metrics(), training, list).reason
    assert not Stopping().after(4, metrics(), training, list).reason


@pytest.mark.parametrize(
    ("losses", "words"),
    [
        (
            [1.0, 2.0, 3.0, 4.0, 5.0],
            "Stopped at epoch 3: validation loss had not improved for 2 epochs; the weights of epoch 1 were "
            "put back.",
        ),
        ([2.0, 1.0, 3.0], "The weights of epoch 2, which had the lowest validation loss, were put back."),
        ([3.0, 2.0, 1.0], ""),
    ],
)
def test_the_ending_is_told_with_the_weights_that_were_put_back(losses, words):
    last, stopping = by_rules(losses, patience=2)
    assert ending_in_words(stopping, last) == words


def test_a_training_that_is_continued_waits_anew_for_less_than_its_best_loss():
    _, stopping = by_rules([1.0, 2.0, 3.0, 4.0], patience=2)
    assert stopping.waited == 2
    again = stopping.ended()
    assert (again.waited, again.best) == (0, stopping.best)


@pytest.mark.parametrize(
    ("changed", "some"), [({}, False), ({"patience": 1}, True), ({"stop_when": "loss"}, True)]
)
def test_which_settings_may_end_a_training_early(changed, some):
    assert has_rules(TrainingSpec(**changed)) == some
