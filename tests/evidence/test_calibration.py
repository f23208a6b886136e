import numpy as np
import pytest
from scipy.stats import binned_statistic

from cnnlab.evidence.calibration import calibration, calibration_finding
from cnnlab.evidence.finding import text
from cnnlab.evidence.intervals import wilson

EDGES = np.linspace(0, 1, 11)


def answers(images: int = 4000, classes: int = 5, seed: int = 0) -> np.ndarray:
    """(images, classes) probabilities of all degrees of certainty."""
    generator = np.random.default_rng(seed)
    logits = generator.normal(size=(images, classes)) * generator.uniform(0.1, 5, (images, 1))
    powers = np.exp(logits)
    return powers / powers.sum(axis=1, keepdims=True)


def drawn_from(probabilities: np.ndarray, seed: int = 1) -> np.ndarray:
    """True classes as likely as the probabilities say."""
    uniform = np.random.default_rng(seed).random((len(probabilities), 1))
    return (probabilities.cumsum(axis=1) < uniform).sum(axis=1)


def test_the_bins_are_those_of_scipy_and_the_error_their_weighted_distance():
    probabilities = answers()
    labels = np.random.default_rng(2).integers(5, size=len(probabilities))
    found = calibration(probabilities, labels)
    sure, right = probabilities.max(axis=1), probabilities.argmax(axis=1) == labels
    images = binned_statistic(sure, sure, "count", EDGES).statistic
    filled = images > 0
    confidence = binned_statistic(sure, sure, "mean", EDGES).statistic
    accuracy = binned_statistic(sure, right, "mean", EDGES).statistic
    np.testing.assert_allclose(found.bins["images"], images[filled])
    np.testing.assert_allclose(found.bins["confidence"], confidence[filled])
    np.testing.assert_allclose(found.bins["accuracy"], accuracy[filled])
    np.testing.assert_allclose(found.bins["from"], EDGES[:-1][filled])
    np.testing.assert_allclose(found.bins["to"], EDGES[1:][filled])
    assert found.error == pytest.approx(np.nansum(images * np.abs(accuracy - confidence)) / images.sum())
    assert (found.confidence, found.accuracy) == (pytest.approx(sure.mean()), right.mean())


def test_the_accuracy_of_a_bin_has_wilsons_interval():
    sure = np.array([0.95] * 8 + [0.65] * 2)
    found = calibration(np.stack([sure, 1 - sure], axis=1), np.array([0] * 6 + [1] * 2 + [0] * 2))
    assert found.bins["accuracy"].tolist() == [1.0, 0.75]
    assert found.bins.loc[1, ["low", "high"]].tolist() == pytest.approx(wilson(6, 8))
    assert found.error == pytest.approx((8 * 0.2 + 2 * 0.35) / 10)


def test_a_network_that_is_right_as_often_as_it_is_sure_has_a_small_error():
    honest = answers(20_000)
    labels = drawn_from(honest)
    found = calibration(honest, labels)
    assert found.error < 0.02
    within = found.bins["confidence"].between(found.bins["low"], found.bins["high"])
    assert within.mean() >= 0.75
    boastful = honest**3 / (honest**3).sum(axis=1, keepdims=True)
    boasts = calibration(boastful, labels)
    assert boasts.error > 0.05 and boasts.confidence > boasts.accuracy


def test_an_edge_belongs_to_the_bin_below():
    found = calibration(np.array([[1.0, 0.0], [0.5, 0.5], [1 + 1e-7, 0]]), np.zeros(3, int))
    assert found.bins["to"].tolist() == [0.5, 1.0]
    assert found.bins["images"].tolist() == [1, 2]


@pytest.mark.parametrize("bad", [np.nan, -0.1, 1.5])
def test_a_network_whose_training_diverged_has_no_calibration(bad):
    assert calibration(np.full((3, 2), bad), np.zeros(3, int)) is None
    assert text([calibration_finding("A", None)]) == (
        "A has no calibration curve. Its probabilities are not numbers from 0 to 1: its training diverged."
    )


@pytest.mark.parametrize(
    "right, claim, rest",
    [
        (15, "A is overconfident by 15.0 points", ("75.0%", "15.0 points")),
        (20, "A is underconfident by 10.0 points", ("100.0%", "10.0 points")),
        (18, "A is on average as confident as it is accurate", ("90.0%", "0.0 points")),
    ],
)
def test_the_finding_says_in_which_direction_a_network_errs(right, claim, rest):
    probabilities = np.tile([0.9, 0.1], (20, 1))
    judged = calibration(probabilities, np.array([0] * right + [1] * (20 - right)))
    assert text([calibration_finding("A", judged)]) == (
        f"{claim}. Its mean confidence is 90.0%, its accuracy {rest[0]}. "
        f"Expected calibration error: {rest[1]}."
    )


def test_without_images_there_is_no_calibration():
    with pytest.raises(ValueError, match="Without images"):
        calibration(np.zeros((0, 2)), np.zeros(0, int))
