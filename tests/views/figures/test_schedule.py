import numpy as np
import pytest

from cnnlab.spec import TrainingSpec
from cnnlab.views.figures.schedule import schedule_curve, schedule_figure, schedule_words


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
    figure, curve = schedule_figure(training), schedule_curve(training)
    np.testing.assert_array_equal(figure.data[0].y, curve.rates)
    assert schedule_words(training) == (
        "Learning rate over 5 epochs: it begins at 0.0004, is 0.01 at most, and ends at "
        f"{curve.rates[-1]:.3g}"
    )
