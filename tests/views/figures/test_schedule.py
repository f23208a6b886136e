import numpy as np
import pandas as pd
import pytest

from cnnlab.spec import TrainingSpec
from cnnlab.views.figures.schedule import rate_curve, rate_figure, rate_words, schedule_curve


@pytest.mark.parametrize("schedule", ["cosine", "one-cycle", "step", "constant"])
@pytest.mark.parametrize("epochs", [1, 5, 199, 500])
def test_a_curve_leads_through_all_epochs_at_few_places(schedule, epochs):
    curve = schedule_curve(TrainingSpec(schedule=schedule, epochs=epochs))
    assert 100 < len(curve.epochs) == len(curve.rates) <= 500
    assert curve.epochs[0] == 0 and epochs - 1 <= curve.epochs[-1] < epochs
    assert np.isclose(curve.rates.max(), 0.001)


def test_steps_fall_after_so_many_epochs():
    curve = schedule_curve(TrainingSpec(schedule="step", epochs=6, step_epochs=2, step_factor=0.1))
    np.testing.assert_allclose(curve.rates, 0.001 * 0.1 ** (curve.epochs // 2), rtol=1e-6)


def test_the_figure_has_the_curve_and_its_words_say_where_it_begins_and_ends():
    training = TrainingSpec(schedule="one-cycle", epochs=5, learning_rate=0.01)
    curve = schedule_curve(training)
    figure = rate_figure(curve, 5)
    np.testing.assert_array_equal(figure.data[0].y, curve.rates)
    assert rate_words(curve, 5) == (
        "Learning rate over 5 epochs: it begins at 0.0004, is 0.01 at most, and ends at "
        f"{curve.rates[-1]:.3g}"
    )


def reported(*rates: tuple[int, float]) -> pd.DataFrame:
    rows = [("learning_rate", step, rate, 10 * place) for place, (step, rate) in enumerate(rates)]
    return pd.DataFrame([*rows, ("loss", 3, 2.0, 5)], columns=["metric", "step", "value", "milliseconds"])


def test_a_training_that_has_reported_nothing_has_no_curve():
    curve = rate_curve(reported(), 10)
    assert not len(curve.rates)
    assert not len(rate_figure(curve, 5).data[0].x)
    assert rate_words(curve, 5) == "Learning rate: nothing was reported yet"


def test_the_rates_that_a_training_had_are_at_their_epochs_and_what_was_replaced_is_left_out():
    curve = rate_curve(reported((0, 0.1), (10, 0.2), (20, 0.4), (15, 0.3)), 10)
    np.testing.assert_allclose(curve.epochs, [0, 1, 1.5])
    np.testing.assert_allclose(curve.rates, [0.1, 0.2, 0.3])
