import math

import numpy as np
import pytest
import scipy.stats

from cnnlab.evidence.finding import SEED_STUDY, text
from cnnlab.evidence.paired import paired
from cnnlab.evidence.seed_noise import gap
from cnnlab.spec import PRESETS
from cnnlab.studies.findings import (
    images_finding,
    needed,
    order_finding,
    order_finding_of_one_seed,
    part_finding,
    precision_seconds,
    round_to_two,
)

SIZES = [100, 300, 1000, 3000, 10_000]
LAB = PRESETS["lab"].model


@pytest.mark.parametrize(
    ("accuracies", "target", "low", "high"),
    [
        ([0.1, 0.2, 0.3, 0.4, 0.5], 0.35, 1000, 3000),
        ([0.1, 0.2, 0.3, 0.4, 0.5], 0.2, 100, 300),
        ([0.1, 0.5, 0.3, 0.4, 0.5], 0.35, 1000, 3000),  # it falls below once more after 300
    ],
)
def test_the_number_is_interpolated_between_those_that_bracket_it(accuracies, target, low, high):
    found = needed(SIZES, accuracies, target)
    assert (found.low, found.high) == (low, high)
    assert low < found.images <= high
    line = np.interp(math.log(found.images), np.log(SIZES), accuracies)
    assert line == pytest.approx(target)


def test_what_is_reached_from_the_smallest_number_on_is_not_extrapolated():
    assert needed(SIZES, [0.5] * 5, 0.5) == (100, 0, 100)


def test_what_is_not_reached_with_all_images_is_not_extrapolated():
    found = needed(SIZES, [0.1, 0.6, 0.3, 0.4, 0.45], 0.5)
    assert (found.images, found.low) == (math.inf, 10_000)


NAMES = ("CNN 8", "Dense 32")
WEAK = [0.3, 0.5, 0.6, 0.7, 0.8]


def test_the_sentence_asks_of_the_better_network_how_many_images_it_needs():
    strong = [0.4, 0.6, 0.75, 0.85, 0.9]
    expected = "about 1,700 training images {} reaches what {} reaches with all 10,000 (80.0%)"
    first, second = (text([images_finding(NAMES, SIZES, each)]) for each in ((strong, WEAK), (WEAK, strong)))
    assert expected.format("CNN 8", "Dense 32") in first
    assert expected.format("Dense 32", "CNN 8") in second
    assert "between 1,000 and 3,000 images, which were tried" in first
    assert "one seed" in first


def test_a_network_that_needs_only_the_smallest_number_gets_no_estimate():
    sentences = text([images_finding(NAMES, SIZES, ([0.85] * 5, WEAK))])
    assert sentences.startswith(
        "CNN 8 reaches what Dense 32 reaches with all 10,000 (80.0%) with 100 training images already."
    )


def test_equal_networks_need_equally_many():
    assert "needs about as many images as" in images_finding(NAMES, SIZES, (WEAK, WEAK)).claim


@pytest.mark.parametrize(("number", "rounded"), [(1732.05, 1700), (1000.4, 1000), (347.0, 350), (99.6, 100)])
def test_an_interpolated_number_has_two_digits(number, rounded):
    assert round_to_two(number) == rounded


def right(*counts: int) -> tuple[np.ndarray, np.ndarray]:
    """Who is right: both, the first alone, the second alone, neither; so many images each."""
    answers = [(True, True), (True, False), (False, True), (False, False)]
    first, second = np.repeat(np.array(answers), counts, axis=0).T
    return first, second


def test_what_shuffling_costs_has_its_interval():
    found = paired(*right(700, 150, 50, 100))
    low, high = (100 * end for end in found.interval)
    assert text([order_finding_of_one_seed("CNN 8", found, convolves=True)]) == (
        f"Shuffling the pixels costs CNN 8 10.0 points (95% interval {low:.1f} to {high:.1f}, p < 0.001, "
        "McNemar's test). It was tested on 1,000 images both ways."
    )


def test_a_network_that_is_better_with_shuffled_pixels_gains():
    found = paired(*right(700, 50, 150, 100))
    low, high = (-100 * end for end in reversed(found.interval))
    assert text([order_finding_of_one_seed("Dense 32", found, convolves=True)]).startswith(
        f"Shuffling the pixels gains Dense 32 10.0 points (95% interval {low:.1f} to {high:.1f}, p < 0.001"
    )


def test_a_cost_that_chance_explains_is_no_clear_difference():
    sentences = text([order_finding_of_one_seed("CNN 8", paired(*right(700, 52, 50, 198)), convolves=True)])
    assert sentences.startswith(
        "Shuffling the pixels makes no clear difference to CNN 8 (it costs 0.2 points, 95% interval −"
    )


@pytest.mark.parametrize(
    ("rival", "part"),
    [
        ("params", "Convolutions and pooling, at equal parameters: "),
        ("macs", "Convolutions and pooling, at equal multiply-adds: "),
        ("none", "Pooling (max) or none: "),
        ("average", "Max or average pooling: "),
    ],
)
def test_the_sentence_names_the_part_and_says_what_it_is_worth(rival, part):
    finding = part_finding(rival, LAB, ("CNN 64-64", "the rival"), paired(*right(800, 100, 20, 80)))
    sentences = text([finding])
    assert sentences.startswith(f"{part}CNN 64-64 is better than the rival by 8.0 points")
    assert SEED_STUDY not in sentences and sentences.endswith(".")


def test_a_cnn_without_pooling_is_held_against_one_that_pools():
    bare = LAB.model_copy(
        update={"blocks": tuple(block.model_copy(update={"pooling": "none"}) for block in LAB.blocks)}
    )
    finding = part_finding("max", bare, ("CNN 64-64", "the rival"), paired(*right(800, 100, 20, 80)))
    assert text([finding]).startswith("No or max pooling: ")


def test_a_network_without_convolutions_is_told_that_the_order_means_nothing_to_it():
    first, second = np.arange(1000) >= 50, np.arange(1000) >= 150
    finding = order_finding_of_one_seed("Dense 16", paired(first, second), convolves=False)
    assert finding.claim.startswith("Shuffling the pixels means nothing to Dense 16")
    assert finding.numbers == "the difference of 10.0 points"
    assert "from the initial weights" in finding.grounds[0]


def test_over_several_seeds_the_cost_of_shuffling_is_tested_seed_by_seed():
    in_place, shuffled = (
        np.array([0.82, 0.80, 0.84, 0.81, 0.83, 0.82]),
        np.array([0.70, 0.69, 0.71, 0.7, 0.7, 0.72]),
    )
    found = order_finding("CNN 8", gap(in_place, shuffled), convolves=True)
    tested = scipy.stats.ttest_rel(in_place, shuffled)
    interval = tested.confidence_interval()
    assert text([found]) == (
        f"Over 6 seeds, shuffling the pixels costs CNN 8 11.7 points on average (95% interval "
        f"{100 * interval.low:.1f} to {100 * interval.high:.1f}, p < 0.001, paired t test)."
    )


def test_a_dense_network_over_several_seeds_shows_no_clear_difference_and_why():
    in_place, shuffled = np.array([0.61, 0.60, 0.62]), np.array([0.60, 0.61, 0.61])
    sentences = text([order_finding("Dense 16", gap(in_place, shuffled), convolves=False)])
    assert sentences.startswith(
        "Over 3 seeds, shuffling the pixels makes no clear difference to Dense 16 "
        "(on average it costs 0.3 points"
    )
    assert "It does not know which pixels are neighbours" in sentences and "With only 3 seeds" in sentences


def test_the_time_of_half_precision_is_a_median_of_ratios_with_their_spread():
    said = precision_seconds([(3.0, 4.0), (2.0, 4.0), (6.0, 5.0)])
    assert "took 0.75 times as long as in float32 (median of 3 seeds, 0.50 to 1.20)" in said
    assert "took 0.50 times as long as in float32 (median of 1 seed)" in precision_seconds([(2.0, 4.0)])
