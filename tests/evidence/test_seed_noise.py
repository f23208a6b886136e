import math

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats
from statsmodels.stats.power import TTestPower
from statsmodels.stats.weightstats import DescrStatsW

from cnnlab.evidence.finding import text
from cnnlab.evidence.seed_noise import MOST_SEEDS, POWER, Gap, band, gap, more_seeds, power, verdict

ACCURACIES = st.floats(0.05, 1.0)
PAIRS = st.lists(st.tuples(ACCURACIES, ACCURACIES), min_size=3, max_size=20)


def said(first: str, second: str, found: Gap) -> str:
    return text([verdict(first, second, found)])


def observed(mean: float, sd: float, seeds: int = 5) -> Gap:
    """A gap with this mean and standard deviation of the differences, judged by SciPy."""
    pattern = np.linspace(-1, 1, seeds)
    differences = mean + sd * (pattern - pattern.mean()) / pattern.std(ddof=1)
    return gap(0.5 + differences, np.full(seeds, 0.5))


@settings(deadline=None)
@given(PAIRS)
def test_the_gap_is_scipys_paired_test_and_statsmodels_interval(pairs):
    first, second = np.array(pairs).T
    found = gap(first, second)
    if found.sd == 0:
        return
    expected = stats.ttest_rel(first, second)
    assert found.p_value == pytest.approx(expected.pvalue, rel=1e-6)
    low, high = DescrStatsW(first - second).tconfint_mean(0.05)
    assert (found.low, found.high) == pytest.approx((low, high), rel=1e-6, abs=1e-12)
    assert (found.seeds, found.mean) == (len(pairs), pytest.approx((first - second).mean()))
    assert found.sd == pytest.approx((first - second).std(ddof=1))


def test_the_interval_covers_the_true_gap_in_19_of_20_studies():
    generator = np.random.default_rng(0)
    first = generator.normal(0.89, 0.004, (1000, 5))
    second = first - 0.01 + generator.normal(0, 0.003, (1000, 5))
    found = [gap(*pair) for pair in zip(first, second, strict=True)]
    covered = np.mean([each.low <= 0.01 <= each.high for each in found])
    assert 0.93 <= covered <= 0.97


def test_without_a_real_gap_one_study_in_20_sees_one():
    generator = np.random.default_rng(1)
    first, second = generator.normal(0.89, 0.004, (2, 1000, 5))
    significant = np.mean([gap(*pair).is_significant for pair in zip(first, second, strict=True)])
    assert 0.03 <= significant <= 0.07


@pytest.mark.parametrize("seeds", [3, 5, 20])
@pytest.mark.parametrize("effect", [0.0, 0.1, 0.5, 1.0])
def test_the_power_is_that_of_statsmodels(seeds, effect):
    expected = TTestPower().power(effect, seeds, 0.05, alternative="two-sided")
    assert power(seeds, effect) == pytest.approx(expected, rel=1e-6)


def test_the_power_of_a_huge_effect_is_1_though_its_lower_tail_is_beyond_scipy():
    assert power(20, 3.0) == power(1000, 6.0) == 1.0


@pytest.mark.parametrize("effect", [0.1, 0.25, 0.4, 0.7, 0.9])
def test_the_seeds_that_it_takes_are_those_of_statsmodels(effect):
    found = observed(mean=0.01 * effect, sd=0.01)
    needed = TTestPower().solve_power(effect, power=0.8, alpha=0.05, alternative="two-sided")
    assert more_seeds(found) == math.ceil(needed) - found.seeds


def test_so_many_seeds_find_it_and_one_fewer_does_not():
    found = observed(mean=0.004, sd=0.01)
    total = found.seeds + more_seeds(found)
    assert power(total - 1, 0.4) < POWER <= power(total, 0.4)


def test_no_more_seeds_are_asked_for_if_the_gap_is_significant():
    found = observed(mean=0.03, sd=0.002)
    assert found.is_significant and more_seeds(found) == 0
    assert "more seed" not in said("CNN 8", "Dense 32", found)


@pytest.mark.parametrize(("mean", "expected"), [(0.0, None), (0.00001, None), (0.001, 782)])
def test_a_hopeless_number_of_seeds_is_not_counted(mean, expected):
    found = observed(mean, sd=0.01)
    if mean:
        needed = math.ceil(TTestPower().solve_power(mean / 0.01, power=0.8, alpha=0.05)) - 5
        assert needed == expected or (expected is None and needed > MOST_SEEDS)
    assert more_seeds(found) == expected


def test_a_significant_gap_has_its_interval_and_asks_for_no_more_seeds():
    found = Gap(seeds=8, mean=0.031, sd=0.002, low=0.0293, high=0.0327, p_value=1e-8)
    assert said("CNN 64-64", "Dense 128", found) == (
        "Over 8 seeds, CNN 64-64 is better than Dense 128 by 3.10 points on average: the gap exceeds the "
        "seed noise (95% interval 2.93 to 3.27, p < 0.001, paired t test)."
    )


def test_a_gap_within_the_seed_noise_says_what_finding_it_would_take_and_that_seeds_are_few():
    found = observed(mean=-0.005, sd=0.01)
    sentences = said("CNN 64-64", "Dense 128", found)
    assert sentences.startswith(
        "Over 5 seeds, no clear winner: a gap this large would arise by chance "
        f"{found.p_value:.0%} of the time (Dense 128 is ahead of CNN 64-64 "
        "on average by 0.50 points, 95% interval −0.74 to 1.74, "
        f"p = {found.p_value:.3f}, paired t test)."
    )
    needed = f"finding the gap would take about {more_seeds(found)} more seeds (power 0.8 at the 5% level)."
    assert needed in sentences
    assert "With only 5 seeds" in sentences


def test_equal_means_ask_for_no_more_seeds():
    sentences = said("A", "B", gap(np.array([0.8, 0.9, 0.85]), np.array([0.9, 0.8, 0.85])))
    assert sentences.startswith("Over 3 seeds, A and B are equally good on average (95% interval")
    assert "more seed" not in sentences


@pytest.mark.parametrize(("ahead", "p_value"), [(0.0, 1.0), (0.02, 0.0), (-0.02, 0.0)])
def test_differences_that_are_all_alike_have_no_noise(ahead, p_value):
    second = np.array([0.81, 0.82, 0.83], np.float32)
    found = gap((second + np.float32(ahead)).astype(np.float32), second)
    assert (found.sd, found.p_value) == (0.0, p_value)
    assert found.low == found.high == pytest.approx(ahead, abs=1e-6)
    assert "The difference is the same with every seed." in said("A", "B", found)


@pytest.mark.parametrize(("first", "second"), [([0.5], [0.5]), ([0.5, 0.6], [0.5]), ([], [])])
def test_seeds_that_are_too_few_or_unlike_are_refused(first, second):
    with pytest.raises(ValueError, match="at least two"):
        gap(np.array(first), np.array(second))


def curves(*rows: tuple[int, float, float]) -> pd.DataFrame:
    return pd.DataFrame(rows, columns=["seed", "epoch", "value"])


def test_a_band_without_curves_is_empty():
    assert band(curves()).empty
    assert list(band(curves())) == ["epoch", "seeds", "mean", "sd", "low", "high"]


def test_a_band_is_mean_and_spread_at_each_epoch():
    values = np.random.default_rng(0).normal(size=(4, 3))
    rows = [(seed, epoch, values[seed, epoch]) for seed in range(4) for epoch in (2, 0, 1)]
    found = band(curves(*rows))
    assert found["epoch"].tolist() == [0, 1, 2] and found["seeds"].tolist() == [4, 4, 4]
    np.testing.assert_allclose(found["mean"], values.mean(axis=0))
    np.testing.assert_allclose(found["sd"], values.std(axis=0, ddof=1))
    np.testing.assert_allclose(found["low"], values.min(axis=0))
    np.testing.assert_allclose(found["high"], values.max(axis=0))


def test_a_band_counts_the_seeds_that_have_come_so_far_and_leaves_out_what_is_no_number():
    found = band(curves((0, 0, 2.0), (1, 0, 4.0), (2, 0, np.nan), (0, 1, 1.0)))
    assert found["seeds"].tolist() == [2, 1]
    assert found["mean"].tolist() == [3.0, 1.0]
    assert found["sd"].tolist() == [pytest.approx(math.sqrt(2)), 0.0]
