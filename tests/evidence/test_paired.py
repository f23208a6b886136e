"""Paired tests against those of SciPy and statsmodels, and by simulation."""

import numpy as np
import pytest
from scipy import stats
from statsmodels.stats.contingency_tables import mcnemar

from cnnlab.evidence import paired as evidence
from cnnlab.evidence.finding import SEED_STUDY, Finding, text
from cnnlab.evidence.intervals import Interval
from cnnlab.evidence.paired import Paired, is_significant, paired, paired_predictions, verdict
from tests.loading import loaded_by


def judged(both: int, only_first: int, only_second: int, neither: int) -> tuple[np.ndarray, np.ndarray]:
    """Whether two networks are right on each image, for so many images of each kind, mixed."""
    first = np.repeat([True, True, False, False], [both, only_first, only_second, neither])
    second = np.repeat([True, False, True, False], [both, only_first, only_second, neither])
    order = np.random.default_rng(5).permutation(len(first))
    return first[order], second[order]


TABLES = [(80, 10, 5, 5), (80, 5, 10, 5), (0, 1, 0, 0), (3, 4, 4, 2), (8500, 412, 142, 946), (900, 0, 12, 88)]


@pytest.mark.parametrize("table", TABLES)
def test_the_pairs_are_counted_and_tested_as_statsmodels_does_it(table):
    both, only_first, only_second, neither = table
    found = paired(*judged(*table))
    assert found[:4] == table and found.images == sum(table)
    assert found.difference == pytest.approx((only_first - only_second) / sum(table))
    expected = mcnemar([[both, only_first], [only_second, neither]], exact=True).pvalue
    assert found.p_value == pytest.approx(min(expected, 1.0))


def test_networks_that_never_disagree_do_not_differ():
    found = paired(*judged(90, 0, 0, 10))
    assert (found.difference, found.interval, found.p_value) == (0.0, Interval(0.0, 0.0), 1.0)


@pytest.mark.parametrize("table", [(8500, 412, 142, 946), (1500, 130, 110, 260), (150, 20, 8, 22)])
def test_the_interval_is_the_bootstrap_of_scipy(table):
    first, second = judged(*table)
    differences = first.astype(float) - second
    result = stats.bootstrap(
        (differences,),
        np.mean,
        vectorized=True,
        batch=200,
        n_resamples=3000,
        method="percentile",
        random_state=np.random.default_rng(1),
    )
    one_image = 1 / len(first)
    noise = 0.1 * differences.std() / np.sqrt(len(first))  # of the ends, by so many resamples
    expected = result.confidence_interval
    assert paired(first, second).interval == pytest.approx(
        (expected.low, expected.high), abs=one_image + noise
    )


def test_the_same_answers_get_the_same_interval_and_another_seed_nearly_the_same():
    answers = judged(1500, 130, 110, 260)
    assert paired(*answers) == paired(*answers)
    assert paired(*answers, seed=1).interval == pytest.approx(paired(*answers).interval, abs=0.002)


def test_exchanged_networks_get_the_mirrored_interval():
    first, second = judged(1500, 130, 110, 260)
    low, high = paired(first, second).interval
    assert paired(second, first).interval == (-high, -low)


@pytest.mark.parametrize("shares", [(0.80, 0.08, 0.05, 0.07), (0.85, 0.05, 0.05, 0.05)])
def test_the_interval_covers_the_true_difference_as_often_as_it_says(shares, monkeypatch):
    monkeypatch.setattr(evidence, "RESAMPLES", 2000)  # enough for a thousand intervals
    generator = np.random.default_rng(0)
    truth = shares[1] - shares[2]
    covered = 0
    for number, kinds in enumerate(generator.choice(4, (1000, 2000), p=shares)):
        low, high = paired(kinds < 2, kinds % 2 == 0, seed=number).interval
        covered += low <= truth <= high
    assert 930 <= covered <= 970


def test_of_equal_networks_few_differ_significantly(monkeypatch):
    monkeypatch.setattr(evidence, "RESAMPLES", 1000)
    generator = np.random.default_rng(0)
    pairs = generator.choice(4, (1000, 500), p=[0.8, 0.06, 0.06, 0.08])
    significant = sum(is_significant(paired(kinds < 2, kinds % 2 == 0)) for kinds in pairs)
    assert 10 <= significant <= 60  # the exact test keeps below its 5%


@pytest.mark.parametrize("lengths", [(0, 0), (3, 4)])
def test_networks_must_be_judged_on_the_same_images(lengths):
    with pytest.raises(ValueError, match="on the same images, at least one"):
        paired(*(np.ones(length, bool) for length in lengths))


def found(table: tuple[int, ...]) -> Finding:
    return verdict("CNN", "Dense", paired(*judged(*table)))


def said(table: tuple[int, ...]) -> str:
    """The verdict without its last sentence, which is always the same."""
    sentence = text([found(table)])
    assert sentence.endswith(f" {SEED_STUDY}")
    return sentence.removesuffix(f" {SEED_STUDY}")


def test_a_clear_difference_has_its_interval_and_its_p_value():
    expected = (
        "CNN is better than Dense by 2.7 points (95% interval 2.2 to 3.1, p < 0.001, McNemar's test). "
        "Of the same 10,000 test images, only CNN gets 412 right, only Dense 142."
    )
    assert said((8500, 412, 142, 946)) == expected
    mirrored = said((8500, 142, 412, 946))
    assert mirrored == expected.replace("CNN", "X").replace("Dense", "CNN").replace("X", "Dense")


def test_the_numbers_of_a_verdict_are_those_of_the_test():
    counts = paired(*judged(8500, 142, 412, 946))
    finding = verdict("CNN", "Dense", counts)
    assert finding.subject == ("CNN", "Dense")
    assert finding.figure.value == pytest.approx(-100 * counts.difference)
    assert finding.interval == pytest.approx((-100 * counts.interval.high, -100 * counts.interval.low))
    assert finding.p_value == counts.p_value


def test_a_lead_that_chance_explains_is_no_clear_winner():
    assert said((1700, 55, 50, 195)) == (
        "No clear winner: a gap this large would arise by chance 70% of the time (CNN is ahead of Dense by "
        "0.2 points, 95% interval −0.8 to 1.3, p = 0.696, McNemar's test). "
        "Of the same 2,000 test images, only CNN gets 55 right, only Dense 50."
    )


def test_an_interval_beside_zero_does_not_overrule_the_test():
    counts = paired(*judged(95, 5, 0, 0))
    assert counts.interval.low > 0 and counts.p_value > 0.05
    assert said((95, 5, 0, 0)).startswith("No clear winner: a gap this large")


def test_a_test_below_its_level_does_not_overrule_an_interval_that_holds_zero():
    counts = Paired(90, 6, 4, 0, 0.02, Interval(0.0, 0.04), 0.04)
    assert not is_significant(counts)
    assert "is better" not in text([verdict("CNN", "Dense", counts)])


def test_networks_that_are_right_equally_often_have_no_clear_winner():
    assert said((1700, 50, 50, 200)) == (
        "No clear winner: CNN and Dense are right on equally many of the 2,000 test images "
        "(95% interval −0.9 to 1.0, p = 1.000, McNemar's test). "
        "Of the same 2,000 test images, only CNN gets 50 right, only Dense 50."
    )


def test_networks_that_never_disagree_get_no_interval():
    assert said((1800, 0, 0, 200)) == "CNN and Dense are right on the same 1,800 of the 2,000 test images."
    assert found((1800, 0, 0, 200)).interval is None


def test_a_difference_below_a_tenth_of_a_point_is_not_rounded_away():
    assert "by 0.03 points (95% interval 0.02 to 0.05" in said((60_000, 25, 5, 0))


def test_a_single_image_is_counted_as_one():
    assert "only CNN gets 1 right, only Dense 0." in said((99, 1, 0, 0))


@pytest.mark.parametrize(
    "p_value, number, share",
    [
        (1.0, "p = 1.000", "100%"),
        (0.58, "p = 0.580", "58%"),
        (0.0496, "p = 0.0496", "4.96%"),
        (0.0503, "p = 0.0503", "5.03%"),
        (0.001, "p = 0.001", "less than 1%"),
        (9e-4, "p < 0.001", "less than 1%"),
    ],
)
def test_a_p_value_is_not_rounded_across_what_is_significant(p_value, number, share):
    counts = Paired(90, 6, 4, 0, 0.02, Interval(-0.04, 0.08), p_value)
    sentence = text([verdict("CNN", "Dense", counts)])
    assert f", {number}, McNemar's test)" in sentence and f"by chance {share} of the time" in sentence


def stored(answers: list[int], labels: list[int]) -> dict[str, np.ndarray]:
    return {"probabilities": np.eye(3, dtype=np.float32)[answers], "labels": np.array(labels)}


def test_stored_predictions_are_counted_on_the_images_that_they_share():
    first, second = stored([0, 1, 2, 0], [0, 1, 2, 1]), stored([0, 2, 2, 1], [0, 1, 2, 1])
    assert paired_predictions(first, second) == paired(
        np.array([True, True, True, False]), np.array([True, False, True, True])
    )


@pytest.mark.parametrize("labels", [[0, 1, 1], [0, 1], []])
def test_predictions_of_other_images_are_not_compared(labels):
    other = {"probabilities": np.ones((len(labels), 3)), "labels": np.array(labels)}
    assert paired_predictions(stored([0, 1, 2], [0, 1, 2]), other) is None
    assert paired_predictions(other, stored([0, 1, 2], [0, 1, 2])) is None


def test_the_statistics_are_loaded_only_where_they_are_used():
    assert "scipy" not in loaded_by("import cnnlab.ui.compare.differences")
    assert "scipy" in loaded_by("from cnnlab.evidence.intervals import wilson; wilson(1, 2)")
