"""Wilson's interval against that of statsmodels."""

import pytest
from statsmodels.stats.proportion import proportion_confint

from cnnlab.evidence.intervals import Interval, wilson


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
