import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.ndimage import uniform_filter1d

from cnnlab.evidence.rate_range import (
    EXPLODED,
    STEPS,
    WIDTH,
    RateRange,
    exploded,
    finite_part,
    rates,
    smoothed,
    suggestion,
)

TRIED = rates()
LOSSES = st.lists(st.floats(0.01, 10), min_size=1, max_size=STEPS).map(np.array)


def valley(lowest: float, depth: float = 1.0) -> RateRange:
    """A loss that falls to its lowest value at a rate and rises beyond it."""
    return RateRange(TRIED, 2.3 - depth * np.exp(-((np.log10(TRIED) - np.log10(lowest)) ** 2)))


def test_the_rates_rise_from_a_millionth_to_1_by_one_factor():
    assert (len(TRIED), TRIED[0], TRIED[-1]) == (STEPS, pytest.approx(1e-6), pytest.approx(1.0))
    assert np.ptp(np.diff(np.log(TRIED))) < 1e-9


@given(LOSSES)
def test_smoothing_is_scipys_moving_average_and_leaves_the_length(losses):
    curve, half = smoothed(losses), WIDTH // 2
    assert len(curve) == len(losses)
    expected = uniform_filter1d(losses, WIDTH)
    np.testing.assert_allclose(curve[half:-half], expected[half:-half], rtol=1e-9)
    assert curve.min() >= losses.min() - 1e-9 and curve.max() <= losses.max() + 1e-9


def test_smoothing_leaves_a_straight_line_where_it_is():
    line = np.linspace(1, 2, 40)
    np.testing.assert_allclose(smoothed(line)[WIDTH:-WIDTH], line[WIDTH:-WIDTH])


@pytest.mark.parametrize(("lowest", "expected"), [(0.03, 0.003), (0.1, 0.01), (0.004, 0.0004), (1.0, 0.1)])
def test_the_suggestion_is_a_tenth_of_the_rate_at_which_the_loss_is_lowest(lowest, expected):
    assert suggestion(valley(lowest)) == pytest.approx(expected)


def test_it_is_so_with_noise_too():
    noise = np.random.default_rng(0).normal(0, 0.05, STEPS)
    tried = valley(0.03)
    assert suggestion(RateRange(TRIED, tried.losses + noise)) in (0.002, 0.003, 0.004)


@pytest.mark.parametrize("end", [np.nan, np.inf])
def test_losses_that_are_no_numbers_do_not_count(end):
    tried = valley(0.03)
    losses = tried.losses.copy()
    losses[110:] = end
    assert len(finite_part(RateRange(TRIED, losses)).losses) == 110
    assert suggestion(RateRange(TRIED, losses)) == suggestion(tried)


@pytest.mark.parametrize(
    "losses", [np.full(STEPS, 2.3), np.linspace(2.3, 9, STEPS), np.array([np.nan]), np.zeros(0)]
)
def test_without_a_fall_there_is_no_suggestion(losses):
    assert suggestion(RateRange(TRIED[: len(losses)], losses)) is None


@pytest.mark.parametrize(
    ("losses", "over"),
    [
        ([2.0], False),
        ([2.0, 1.0, 1.0 * EXPLODED], False),
        ([2.0, 1.0, 1.01 * EXPLODED], True),
        ([2.0, np.nan], True),
        ([np.inf], True),
    ],
)
def test_a_loss_has_exploded_above_some_times_the_lowest_or_as_no_number(losses, over):
    assert exploded(np.array(losses)) == over
