import numpy as np
import pytest

from cnnlab.evidence.rate_range import RateRange, rates, smoothed
from cnnlab.views.figures.rate_range import NO_LOSSES, rate_range_figure, rate_range_words

RATES = rates()
TRIED = RateRange(RATES, 2.3 - np.exp(-((np.log10(RATES) + 1.5) ** 2)))


def test_without_a_finite_loss_the_figure_says_so():
    tried = RateRange(RATES[:1], np.array([np.nan]))
    figure = rate_range_figure(tried)
    assert not figure.data and figure.layout.annotations[0].text == NO_LOSSES == rate_range_words(tried)


def test_the_figure_has_every_step_the_smoothed_curve_and_the_suggested_rate():
    figure = rate_range_figure(TRIED)
    raw, curve = figure.data
    np.testing.assert_array_equal(raw.y, TRIED.losses)
    np.testing.assert_allclose(curve.y, smoothed(TRIED.losses))
    assert figure.layout.xaxis.type == "log"
    [line], [note] = figure.layout.shapes, figure.layout.annotations
    assert (line.x0, note.text, note.x) == (0.003, " 0.003", pytest.approx(np.log10(0.003)))


def test_a_loss_that_explodes_does_not_flatten_the_rest():
    losses = TRIED.losses.copy()
    losses[-1] = 400.0
    assert rate_range_figure(RateRange(RATES, losses)).layout.yaxis.range[1] < 5


def test_a_figure_without_a_suggestion_has_no_mark():
    figure = rate_range_figure(RateRange(RATES, np.full(len(RATES), 2.3)))
    assert not figure.layout.shapes and not figure.layout.annotations


def test_the_words_tell_the_lowest_loss_and_what_is_suggested():
    assert rate_range_words(TRIED) == (
        "The loss at learning rates from 1e-06 to 1: it begins at 2.30 and is lowest, 1.32, at 0.031; 0.003 "
        "is suggested"
    )
