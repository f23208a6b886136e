import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.optimize import minimize_scalar
from scipy.special import log_softmax
from scipy.stats import norm, sem

from cnnlab.evidence.finding import text
from cnnlab.evidence.overfitting import Part, decompose, rise_finding, turning_epoch
from cnnlab.evidence.temperature import (
    COLDEST,
    HOTTEST,
    LEAST_PROBABILITY,
    Recovered,
    recovered,
    temperature,
    temperature_finding,
)


def drawn(images: int = 300, classes: int = 10, sharpness: float = 3.0, seed: int = 0) -> np.ndarray:
    """(images, classes) probabilities, float64; the larger the sharpness, the more confident."""
    logits = np.random.default_rng(seed).normal(size=(images, classes)) * sharpness
    return np.exp(log_softmax(logits, axis=1))


def classes_of(probabilities: np.ndarray, seed: int = 1) -> np.ndarray:
    """True classes as likely as the probabilities say."""
    uniform = np.random.default_rng(seed).random((len(probabilities), 1))
    return (probabilities.cumsum(axis=1)[:, :-1] < uniform).sum(axis=1)


def two_classes(*of_first: float) -> np.ndarray:
    """A row for each probability of the first of two classes."""
    return np.array([[each, 1 - each] for each in of_first])


@given(
    st.integers(1, 60),
    st.integers(2, 6),
    st.floats(0.1, 200),
    st.integers(0, 2**31),
    st.sampled_from([np.float32, np.float64]),
)
def test_the_parts_add_up_to_the_rise_of_the_mean_cross_entropy(images, classes, sharpness, seed, dtype):
    before, after = (drawn(images, classes, sharpness, seed + step).astype(dtype) for step in (0, 1))
    labels = np.random.default_rng(seed).integers(classes, size=images)
    rise = decompose(before, after, labels)
    parts = [rise.newly_wrong, rise.newly_right, rise.still_wrong, rise.still_right]
    rows = np.arange(images)
    means = [
        -np.log(np.maximum(each.astype(np.float64)[rows, labels], LEAST_PROBABILITY)).mean()
        for each in (before, after)
    ]
    assert rise.total == pytest.approx(means[1] - means[0], abs=1e-9)
    assert sum(part.rise for part in parts) == pytest.approx(rise.total, abs=1e-9)
    assert rise.of_images.mean() == pytest.approx(rise.total, abs=1e-9)
    assert sum(part.images for part in parts) == images == len(rise.of_images)
    accuracies = [(each.argmax(axis=1) == labels).mean() for each in (before, after)]
    assert rise.accuracies == pytest.approx(accuracies)


def test_each_image_belongs_to_the_part_of_its_two_answers():
    before = two_classes(0.8, 0.3, 0.4, 0.9)
    after = two_classes(0.2, 0.6, 0.1, 0.95)
    rise = decompose(before, after, np.zeros(4, int))
    assert rise.newly_wrong == Part(1, pytest.approx(np.log(0.8 / 0.2) / 4))
    assert rise.newly_right == Part(1, pytest.approx(np.log(0.3 / 0.6) / 4))
    assert rise.still_wrong == Part(1, pytest.approx(np.log(0.4 / 0.1) / 4))
    assert rise.still_right == Part(1, pytest.approx(np.log(0.9 / 0.95) / 4))
    assert rise.more_wrong == pytest.approx(np.log(2) / 4)
    assert rise.accuracies == (0.5, 0.5)


def test_a_wrong_answer_that_becomes_another_wrong_one_is_wrong_both_times():
    before, after = np.array([[0.3, 0.6, 0.1]]), np.array([[0.1, 0.2, 0.7]])
    rise = decompose(before, after, np.array([0]))
    assert rise.still_wrong == Part(1, pytest.approx(np.log(3)))
    assert rise.newly_wrong == rise.newly_right == rise.still_right == Part(0, 0.0)


def test_the_images_that_carry_the_rise_come_largest_first_and_only_if_their_loss_rose():
    rise = decompose(two_classes(0.8, 0.5, 0.9, 0.5), two_classes(0.7, 0.9, 0.1, 0.5), np.zeros(4, int))
    assert rise.largest(8).tolist() == [2, 0]
    assert rise.largest(1).tolist() == [2]


def test_a_probability_of_zero_costs_as_much_as_in_the_curves():
    from cnnlab.models.training import score

    before, after = (two_classes(*each).astype(np.float32) for each in ([1.0, 0.5], [0.0, 1e-12]))
    labels = np.zeros(2, int)
    rise = decompose(before, after, labels)
    assert rise.before == pytest.approx(score(before, labels)[0], abs=1e-12)
    assert rise.after == pytest.approx(score(after, labels)[0], abs=1e-12)


@pytest.mark.parametrize("bad", [np.nan, np.inf, -0.1, 1.5])
def test_what_is_no_probability_is_not_taken_apart(bad):
    good, labels = two_classes(0.8, 0.3), np.zeros(2, int)
    broken = good.copy()
    broken[1, 1] = bad
    assert decompose(good, broken, labels) is None and decompose(broken, good, labels) is None
    assert temperature(broken, labels) is None and recovered(broken, labels) is None
    assert text([rise_finding("A", (1, 2), None)]) == (
        "The loss of A cannot be taken apart. "
        "Its probabilities are not numbers from 0 to 1: its training diverged."
    )


@pytest.mark.parametrize(
    "before, after, labels, says",
    [
        (np.ones((3, 2)), np.ones((2, 2)), np.zeros(3, int), "the same images"),
        (np.ones((3, 2)), np.ones((3, 2)), np.zeros(2, int), "one row and one label"),
        (np.ones(3), np.ones(3), np.zeros(3, int), "one row and one label"),
        (np.ones((0, 2)), np.ones((0, 2)), np.zeros(0, int), "Without images"),
    ],
)
def test_shapes_that_do_not_belong_together_are_refused(before, after, labels, says):
    with pytest.raises(ValueError, match=says):
        decompose(before, after, labels)


@pytest.mark.parametrize(
    "losses, turn",
    [
        ({}, None),
        ({0: 2.3}, None),
        ({0: 0.1, 1: 0.5}, None),  # before training does not count
        ({1: 0.9, 2: 0.7, 3: 0.6}, None),
        ({1: 0.9, 2: 0.7, 3: 0.8}, 2),
        ({3: 0.8, 2: 0.7, 1: 0.9}, 2),
        ({1: 0.5, 2: 0.6, 3: 0.55}, 1),
        ({1: 0.5, 4: 0.5}, None),
        ({1: 0.5, 4: 0.5, 6: 0.7}, 1),
        ({1: 0.5, 2: float("nan")}, None),
        ({1: float("nan"), 2: 0.5, 3: float("inf"), 4: 0.7}, 2),
    ],
)
def test_the_loss_turns_at_its_lowest_epoch_if_it_is_higher_later(losses, turn):
    assert turning_epoch(losses) == turn


def by_search(probabilities: np.ndarray, labels: np.ndarray) -> tuple[float, float]:
    """The temperature by a bounded search on log T, with SciPy's softmax; and the loss there."""
    scores = np.log(np.maximum(probabilities, LEAST_PROBABILITY))
    rows = np.arange(len(labels))

    def loss(log_t: float) -> float:
        return -log_softmax(scores / np.exp(log_t), axis=1)[rows, labels].mean()

    bounds = tuple(np.log([COLDEST, HOTTEST]))
    found = minimize_scalar(loss, bounds=bounds, method="bounded", options={"xatol": 1e-10})
    return float(np.exp(found.x)), float(found.fun)


@pytest.mark.parametrize("sharpness", [0.3, 1.0, 3.0, 30.0, 300.0])
@pytest.mark.parametrize("classes", [2, 10])
def test_the_temperature_is_that_of_a_search_on_its_logarithm(sharpness, classes):
    probabilities = drawn(500, classes, sharpness, seed=4)
    labels = classes_of(drawn(500, classes, min(sharpness, 2.0), seed=4), seed=5)
    found = temperature(probabilities, labels)
    value, loss = by_search(probabilities, labels)
    assert found.value == pytest.approx(value, rel=1e-4)
    assert found.after == pytest.approx(loss, abs=1e-6) and found.after <= loss + 1e-9
    rows = np.arange(500)
    own = -np.log(np.maximum(probabilities[rows, labels], LEAST_PROBABILITY)).mean()
    assert found.before == pytest.approx(own, abs=1e-9) and found.after <= found.before + 1e-12


def test_a_calibrated_network_has_a_temperature_of_about_one():
    honest = drawn(20_000, 5, 2.0)
    labels = classes_of(honest)
    assert temperature(honest, labels).value == pytest.approx(1, abs=0.05)
    boastful = np.exp(log_softmax(3 * np.log(honest), axis=1))
    assert temperature(boastful, labels).value == pytest.approx(3, abs=0.15)


@pytest.mark.parametrize(
    "labels, value",
    [
        (np.array([0, 0, 0]), COLDEST),  # every answer is right: ever more confidence would suit them
        (np.array([1, 1, 1]), HOTTEST),  # every answer is wrong
    ],
)
def test_where_the_loss_still_falls_at_a_limit_the_temperature_is_the_limit(labels, value):
    assert temperature(two_classes(0.9, 0.8, 0.7), labels).value == value


def test_where_no_temperature_changes_the_loss_it_is_one():
    found = temperature(np.full((6, 10), 0.1, np.float32), np.arange(6))
    assert found.value == 1.0 and found.after == found.before == pytest.approx(np.log(10))


def test_each_half_is_scaled_by_the_temperature_of_the_other():
    probabilities = drawn(401, 3, 8.0)
    labels = classes_of(drawn(401, 3, 1.0))
    order = np.argsort(labels, kind="stable")
    first, second = order[::2], order[1::2]
    values = [temperature(probabilities[half], labels[half]).value for half in (first, second)]
    held_out = np.empty(401)
    for half, value in ((first, values[1]), (second, values[0])):
        scaled = log_softmax(np.log(probabilities[half]) / value, axis=1)
        held_out[half] = -scaled[np.arange(len(half)), labels[half]]
    found = recovered(probabilities, labels)
    assert found.temperatures == tuple(values)
    assert found.after == pytest.approx(held_out.mean(), abs=1e-9)
    assert found.before == pytest.approx(temperature(probabilities, labels).before)
    assert found.gain > 0.1 and found.after >= temperature(probabilities, labels).after


def test_both_halves_have_each_class_though_the_classes_take_turns():
    """Every other image of an even number of classes in turn would be of half of them."""
    labels = np.arange(200) % 2
    honest = np.array([[0.7, 0.3], [0.3, 0.7]])[labels]
    honest[labels == 1] = [0.9, 0.1]  # wrong on every image of the second class
    first, second = recovered(honest, labels).temperatures
    assert first == pytest.approx(second, rel=1e-6)


def test_one_image_has_no_halves():
    assert recovered(two_classes(0.8), np.zeros(1, int)) is None
    assert text([temperature_finding("A", None, 0.2)]) == (
        "Temperature scaling cannot be tried on A. "
        "That takes at least two images, and probabilities that are numbers from 0 to 1."
    )


def test_the_finding_names_the_parts_and_the_counts():
    before = two_classes(0.8, 0.4, *[0.45] * 4, *[0.9] * 14)
    after = two_classes(0.2, 0.6, *[0.1] * 4, *[0.85] * 14)
    rise = decompose(before, after, np.zeros(20, int))
    assert text([rise_finding("CNN 64-64", (4, 15), rise)]) == (
        "From epoch 4 to epoch 15 the validation loss of CNN 64-64 rose by 0.39: +0.05 by answers that "
        "turned wrong (net of those that turned right), +0.30 by wrong answers given with more confidence "
        "(less left for the true class) and +0.04 by right answers given with less confidence "
        "(95% interval 0.10 to 0.68). Of 20 validation images, 1 turned wrong and 1 turned right; 4 were "
        "wrong and 14 right at both epochs. The accuracy stayed at 75.0%."
    )


def test_the_interval_is_that_of_a_mean_and_says_where_the_rise_may_be_chance():
    generator = np.random.default_rng(4)
    before, after = (generator.dirichlet(np.ones(10), 60) for _ in range(2))
    rise = decompose(before, after, generator.integers(0, 10, 60))
    low, high = norm.interval(0.95, rise.of_images.mean(), sem(rise.of_images))
    assert rise.interval == pytest.approx((low, high))
    assert rise.is_clear == (low > 0 or high < 0)
    same = decompose(before, np.roll(before, 1, axis=0), np.zeros(60, int))
    assert not same.is_clear
    assert "The interval holds 0" in text([rise_finding("A", (1, 2), same)])


def test_parts_that_fell_have_a_true_minus_and_fitting_words():
    before = two_classes(0.4, *[0.45] * 8, *[0.9] * 11)
    after = two_classes(0.6, *[0.2] * 8, *[0.95] * 11)
    rise = decompose(before, after, np.zeros(20, int))
    claim = rise_finding("A", (1, 2), rise).claim
    assert "−0.02 by answers that turned right (net of those that turned wrong)" in claim
    assert "−0.03 by right answers given with more confidence" in claim
    assert "The accuracy went from 55.0% to 60.0%." in text([rise_finding("A", (1, 2), rise)])
    back = decompose(after, before, np.zeros(20, int))
    assert "the validation loss of A fell by 0.27: " in rise_finding("A", (1, 2), back).claim
    softer = "−0.32 by wrong answers given with less confidence (more left for the true class)"
    assert softer in rise_finding("A", (1, 2), back).claim


@pytest.mark.parametrize(
    "found, rise, claim",
    [
        (Recovered(0.52, 0.37, (1.84, 1.76)), 0.21, "(T = 1.8) would take back 0.15 of it"),
        (Recovered(0.52, 0.37, (1.7, 1.9)), 0.21, "(T = 1.7 and 1.9) would take back 0.15 of it"),
        (Recovered(0.52, 0.27, (3.0, 3.0)), 0.21, "(T = 3.0) would take back all of it, and 0.04 more"),
        (Recovered(0.52, 0.52, (1.0, 1.0)), 0.21, "(T = 1.0) would take back nothing of it"),
        (Recovered(0.52, 0.54, (0.9, 1.1)), 0.21, "(T = 0.9 and 1.1) would add 0.02 to it"),
        (Recovered(0.52, 0.48, (1.2, 1.2)), 0.05, "(T = 1.2) would take back 0.040 of it"),
    ],
)
def test_the_finding_says_what_temperature_scaling_takes_back(found, rise, claim):
    assert temperature_finding("A", found, rise).claim == f"Temperature scaling {claim}"


def test_a_temperature_at_a_limit_is_said_to_be_there():
    at_limit = text([temperature_finding("A", Recovered(0.5, 0.4, (2.0, HOTTEST)), 0.2)])
    assert at_limit.endswith("A temperature stands at the limit of what is tried, 0.05 to 20.")
    within = text([temperature_finding("A", Recovered(0.5, 0.4, (2.0, 3.0)), 0.2)])
    assert "the loss of the other half goes from 0.50 to 0.40 (mean of both ways)" in within
    assert "limit" not in within
