"""Two hundred histories with a known truth: what is sure is said, and noise is met with silence."""

import math

import numpy as np
import pandas as pd
import pytest
from scipy.stats import binomtest, linregress

from cnnlab.evidence import learning_curves
from cnnlab.evidence.learning_curves import Epochs, by_epoch, readings, trend

HISTORIES = 50  # of each kind
NOISE = 0.01  # standard deviation of a loss from epoch to epoch


def history(seed: int, kind: str, epochs: int = 24) -> Epochs:
    """A training that does what its kind says from its eighth epoch on, with noise."""
    random = np.random.default_rng([seed, sum(map(ord, kind))])
    epoch = np.arange(1, epochs + 1)
    falling = 0.3 + 1.2 * np.exp(-epoch / 2.5)
    loss, val_loss = falling.copy(), falling + 0.05
    late = np.maximum(0, epoch - 8)
    if kind == "overfitting":
        loss -= 0.012 * late
        val_loss += 0.02 * late
    elif kind == "diverging":
        loss += 0.05 * late
        val_loss += 0.05 * late
    elif kind == "noise":
        loss[:], val_loss[:] = 0.3, 0.35
    elif kind == "still falling":
        loss, val_loss = 1.5 - 0.04 * epoch, 1.55 - 0.04 * epoch
    loss = loss + random.normal(0, NOISE, epochs)
    val_loss = val_loss + random.normal(0, NOISE, epochs)
    accuracy, val_accuracy = np.exp(-loss), np.exp(-val_loss)
    return Epochs(loss, accuracy, val_loss, val_accuracy, 9000, 1000, 10)


def claims(kind: str) -> list[list[str]]:
    """What is said of each history of a kind."""
    return [
        [reading.finding.claim for reading in readings("CNN", history(seed, kind))]
        for seed in range(HISTORIES)
    ]


@pytest.mark.parametrize(
    ("kind", "words"),
    [
        ("overfitting", "CNN overfits since epoch"),
        ("diverging", "The learning rate is too high for CNN"),
        ("still falling", "CNN was still learning after epoch 24"),
    ],
)
def test_what_is_larger_than_the_noise_is_found(kind, words):
    found = sum(any(claim.startswith(words) for claim in said) for said in claims(kind))
    assert found >= 0.9 * HISTORIES


@pytest.mark.parametrize("kind", ["noise", "plateau"])
def test_noise_and_a_plateau_are_met_with_silence(kind):
    assert sum(bool(said) for said in claims(kind)) <= 0.02 * HISTORIES


def test_the_epoch_from_which_a_network_overfits_is_found():
    found = [learning_curves.overfitting("CNN", history(seed, "overfitting")) for seed in range(HISTORIES)]
    epochs = [reading.finding.figure.value for reading in found if reading]
    assert np.median(epochs) == pytest.approx(8, abs=2)


def test_overfitting_gives_its_figures():
    epochs = history(0, "overfitting")
    reading = learning_curves.overfitting("CNN", epochs)
    lowest = int(epochs.val_loss.argmin())
    rise = epochs.val_loss[-2:].mean() / epochs.val_loss[lowest] - 1
    assert f"validation loss is {rise:.0%} above that of epoch {lowest + 1}" in reading.finding.grounds[0]
    line = linregress(np.arange(len(epochs.val_loss) - lowest - 1), epochs.val_loss[lowest + 1 :])
    assert reading.finding.p_value == pytest.approx(line.pvalue / 2)
    assert "Prechelt" in reading.rule


def test_a_rising_validation_loss_alone_is_no_overfitting():
    epochs = history(0, "overfitting")
    assert learning_curves.overfitting("CNN", epochs._replace(loss=np.full(24, 0.4))) is None


def test_too_few_epochs_make_no_trend():
    assert trend(np.array([3.0, 2.0, 1.0])).is_clear is False
    assert trend(np.array([4.0, 3.0, 2.1, 1.0])).is_clear
    assert not trend(np.array([1.0, np.nan, 3.0, 4.0, 5.0])).is_clear


@pytest.mark.parametrize("last", [np.nan, np.inf])
def test_a_loss_that_is_no_number_names_its_epoch_and_the_control(last):
    epochs = history(0, "plateau", 3)
    [reading] = readings("CNN", epochs._replace(loss=np.array([0.5, last, last])))
    assert reading.finding.claim.endswith("its training loss is no number since epoch 2")
    assert reading.finding.grounds == ("Lower 'Learning rate'.",)


def test_a_loss_far_above_guessing_is_a_learning_rate_that_is_too_high():
    epochs = history(0, "plateau", 2)._replace(loss=np.array([5.0, 4.0]))
    [reading] = readings("CNN", epochs)
    assert f"far above that of equal shares, {math.log(10):.2f}" in reading.finding.grounds[0]


@pytest.mark.parametrize(("right", "said"), [(930, True), (990, False)])
def test_guessing_is_told_from_learning_by_the_exact_test(right, said):
    epochs = history(0, "plateau", 2)._replace(
        accuracy=np.array([0.1, right / 9000]), loss=np.array([2.31, 2.3])
    )
    p_value = binomtest(right, 9000, 0.1, "greater").pvalue
    assert bool(p_value >= 0.01) is said
    found = learning_curves.not_learning("CNN", epochs)
    assert (found is not None) is said and (found is None or found.finding.p_value == pytest.approx(p_value))


def test_a_loss_that_stands_still_names_dead_units():
    still = history(0, "plateau", 5)._replace(
        accuracy=np.full(5, 0.1), loss=np.array([2.4, 2.303, 2.303, 2.303, 2.303])
    )
    [reading] = readings("CNN", still)
    assert "no gradient arrives, as where all units of a layer are dead" in reading.finding.grounds[0]


def test_validation_above_training_is_explained_and_small_leads_are_not_mentioned():
    epochs = history(0, "plateau")
    ahead = epochs._replace(val_accuracy=epochs.accuracy + 0.06)
    reading = learning_curves.validation_above("CNN", ahead, dropout=True)
    assert reading.finding.claim == "CNN has a validation accuracy 6.0 points above its training accuracy"
    assert "dropout is off in validation" in reading.finding.grounds[0]
    assert "dropout" not in learning_curves.validation_above("CNN", ahead).finding.grounds[0]
    assert (
        learning_curves.validation_above("CNN", epochs._replace(val_accuracy=epochs.accuracy + 0.01)) is None
    )


def test_without_a_whole_epoch_nothing_is_said():
    nothing = np.array([])
    assert readings("CNN", Epochs(nothing, nothing, nothing, nothing, 9000, 1000, 10)) == []


def test_training_metrics_are_averaged_over_the_steps_of_each_whole_epoch():
    points = [("loss", 0, 9.0), ("loss", 4, 2.0), ("loss", 10, 1.0), ("loss", 20, 0.5), ("loss", 23, 0.1)]
    points += [("accuracy", step, value / 10) for _, step, value in points]
    points += [("val_loss", step, float(step)) for step in (0, 10, 20, 23)]
    points += [("val_accuracy", step, 0.5) for step in (0, 10, 20, 23)]
    found = by_epoch(pd.DataFrame(points, columns=["metric", "step", "value"]), 10)
    np.testing.assert_allclose(found["loss"], [(4 * 2.0 + 6 * 1.0) / 10, 0.5])
    np.testing.assert_allclose(found["accuracy"], found["loss"] / 10)
    np.testing.assert_allclose(found["val_loss"], [10, 20])


def test_an_epoch_in_which_the_loss_was_no_number_has_none():
    points = [("loss", 4, 2.0), ("loss", 10, np.nan), ("loss", 20, 0.5)]
    points += [
        (metric, step, 0.5) for metric in ("accuracy", "val_loss", "val_accuracy") for step in (10, 20)
    ]
    found = by_epoch(pd.DataFrame(points, columns=["metric", "step", "value"]), 10)
    np.testing.assert_array_equal(found["loss"], [np.nan, 0.5])
