"""The statistics against SciPy's and statsmodels' own, and by simulation."""

import numpy as np
import pytest
from scipy import stats
from statsmodels.stats.contingency_tables import mcnemar
from statsmodels.stats.proportion import proportion_confint

from cnnlab.evidence import paired as evidence
from cnnlab.evidence.classes import by_class, confusion, only_right
from cnnlab.evidence.intervals import Interval, wilson
from cnnlab.evidence.paired import Paired, paired, tells_apart, verdict
from tests.loading import loaded_by

CLASSES = ("ant", "bee", "cat", "dog")


def judged(both: int, only_first: int, only_second: int, neither: int) -> tuple[np.ndarray, np.ndarray]:
    """Whether two networks are right on each image, for so many images of each kind, mixed."""
    first = np.repeat([True, True, False, False], [both, only_first, only_second, neither])
    second = np.repeat([True, False, True, False], [both, only_first, only_second, neither])
    order = np.random.default_rng(5).permutation(len(first))
    return first[order], second[order]


@pytest.mark.parametrize("right, total", [(0, 7), (7, 7), (1, 1), (85, 100), (8941, 10_000)])
@pytest.mark.parametrize("level", [0.9, 0.95])
def test_wilsons_interval_is_that_of_statsmodels(right, total, level):
    expected = proportion_confint(right, total, alpha=1 - level, method="wilson")
    assert wilson(right, total, level) == pytest.approx(expected, abs=1e-12)


def test_without_images_nothing_is_known_of_an_accuracy():
    assert wilson(0, 0) == Interval(0.0, 1.0)


@pytest.mark.parametrize("right, total", [(3, 2), (-1, 2), (1, 0)])
def test_more_right_than_there_are_is_refused(right, total):
    with pytest.raises(ValueError):
        wilson(right, total)


TABLES = [(80, 10, 5, 5), (80, 5, 10, 5), (0, 1, 0, 0), (3, 4, 4, 2), (8500, 412, 142, 946), (900, 0, 12, 88)]


@pytest.mark.parametrize("table", TABLES)
def test_the_pairs_are_counted_and_tested_as_statsmodels_does_it(table):
    both, only_first, only_second, neither = table
    found = paired(*judged(*table))
    assert found[:4] == table and found.images == sum(table)
    assert found.difference == pytest.approx((only_first - only_second) / sum(table))
    expected = mcnemar([[both, only_first], [only_second, neither]], exact=True).pvalue
    assert found.p_value == pytest.approx(min(expected, 1.0))


def test_networks_that_never_disagree_are_not_told_apart_by_chance():
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


def test_of_equal_networks_few_are_told_apart(monkeypatch):
    monkeypatch.setattr(evidence, "RESAMPLES", 1000)
    generator = np.random.default_rng(0)
    pairs = generator.choice(4, (1000, 500), p=[0.8, 0.06, 0.06, 0.08])
    told = sum(tells_apart(paired(kinds < 2, kinds % 2 == 0)) for kinds in pairs)
    assert 10 <= told <= 60  # the exact test keeps below its 5%


@pytest.mark.parametrize("lengths", [(0, 0), (3, 4)])
def test_networks_must_be_judged_on_the_same_images(lengths):
    with pytest.raises(ValueError, match="on the same images, at least one"):
        paired(*(np.ones(length, bool) for length in lengths))


def told(table: tuple[int, ...]) -> str:
    """The verdict without its last sentence, which is always the same."""
    text = verdict("CNN", "Dense", paired(*judged(*table)))
    assert text.endswith(evidence.SCOPE)
    return text.removesuffix(" " + evidence.SCOPE)


def test_a_clear_difference_is_told_with_interval_and_chance():
    expected = (
        "**CNN is better than Dense by 2.7 points** (95% interval 2.2 to 3.1) on the same 10,000 test "
        "images; the chance of so uneven a split (412 images right only for CNN, 142 only for Dense) "
        "without a real difference is below 0.001."
    )
    assert told((8500, 412, 142, 946)) == expected
    mirrored = told((8500, 142, 412, 946))
    assert mirrored == expected.replace("CNN", "X").replace("Dense", "CNN").replace("X", "Dense")


def test_a_lead_that_chance_explains_is_not_told_as_a_difference():
    text = told((1700, 55, 50, 195))
    assert text.startswith(
        "**The 2,000 test images do not tell CNN and Dense apart.** CNN is ahead by 0.2 points"
    )
    assert "(95% interval −0.8 to 1.3)" in text and "is 0.696." in text


def test_an_interval_beside_zero_does_not_overrule_the_test():
    found = paired(*judged(95, 5, 0, 0))
    assert found.interval.low > 0 and found.p_value > 0.05
    assert "do not tell CNN and Dense apart" in told((95, 5, 0, 0))


def test_networks_that_are_right_equally_often_are_told_as_equal():
    assert told((1700, 50, 50, 200)) == (
        "**CNN and Dense are right on equally many of the 2,000 test images**, on 50 each without the other: "
        "these images do not tell them apart (95% interval −0.9 to 1.0 for the difference)."
    )


def test_networks_that_never_disagree_get_no_interval():
    assert told((1800, 0, 0, 200)) == (
        "**CNN and Dense are right on the same 1,800 of the 2,000 test images**: these images do not tell "
        "them apart."
    )


def test_a_difference_below_a_tenth_of_a_point_is_not_rounded_away():
    assert "by 0.03 points** (95% interval 0.02 to 0.05)" in told((60_000, 25, 5, 0))


def test_one_image_is_told_in_the_singular():
    assert "(1 image right only for CNN, 0 only for Dense)" in told((99, 1, 0, 0))


@pytest.mark.parametrize(
    "p_value, words",
    [
        (1.0, "1"),
        (0.58, "0.58"),
        (0.0496, "0.04960"),
        (0.0503, "0.05030"),
        (0.001, "0.001"),
        (9e-4, "below 0.001"),
    ],
)
def test_a_chance_is_not_rounded_across_what_counts(p_value, words):
    found = Paired(90, 6, 4, 0, 0.02, Interval(-0.04, 0.08), p_value)
    assert f"without a real difference is {words}." in verdict("CNN", "Dense", found)


def test_the_confusion_counts_each_pair_of_class_and_answer():
    labels, predicted = np.random.default_rng(0).integers(4, size=(2, 200))
    counts = confusion(labels, predicted, 4)
    for row, column in np.ndindex(4, 4):
        assert counts[row, column] == ((labels == row) & (predicted == column)).sum()


def test_each_class_gets_its_accuracy_with_an_interval():
    frame = by_class(np.array([0, 0, 0, 0, 1, 2]), np.array([0, 0, 0, 3, 0, 2]), CLASSES)
    assert frame["class"].tolist() == list(CLASSES)
    assert frame["images"].tolist() == [4, 1, 1, 0]
    assert frame["right"].tolist() == [3, 0, 1, 0]
    np.testing.assert_array_equal(frame["accuracy"], [0.75, 0, 1, np.nan])
    assert frame.loc[0, ["low", "high"]].tolist() == pytest.approx(wilson(3, 4))
    assert frame.loc[3, ["low", "high"]].tolist() == [0, 1], "a class without images"


FIRST = np.array([[0.9, 0.1], [0.8, 0.2], [0.4, 0.6], [0.3, 0.7], [0.6, 0.4]])
SECOND = np.array([[0.4, 0.6], [0.1, 0.9], [0.3, 0.7], [0.8, 0.2], [0.2, 0.8]])
LABELS = np.array([0, 0, 1, 1, 1])


def test_only_one_right_gives_the_surest_mistakes_first():
    assert only_right(FIRST, SECOND, LABELS).tolist() == [1, 3, 0]
    assert only_right(SECOND, FIRST, LABELS).tolist() == [4]
    assert only_right(FIRST, SECOND, LABELS, category=0).tolist() == [1, 0]
    assert only_right(FIRST, FIRST, LABELS).tolist() == []


def test_the_statistics_are_loaded_only_where_they_are_used():
    assert "scipy" not in loaded_by("import cnnlab.ui.compare.differences")
    assert "scipy" in loaded_by("from cnnlab.evidence.intervals import wilson; wilson(1, 2)")
