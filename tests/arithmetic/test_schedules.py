"""Every schedule is held against Keras's own."""

import keras
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cnnlab.arithmetic.schedules import learning_rates
from cnnlab.spec import TrainingSpec

SCHEDULES = keras.optimizers.schedules
EPOCHS, STEPS_PER_EPOCH = 6, 7
STEPS = np.arange(EPOCHS * STEPS_PER_EPOCH)


def training(schedule: str, **changed) -> TrainingSpec:
    return TrainingSpec(**{"epochs": EPOCHS, "learning_rate": 0.01, "schedule": schedule, **changed})


def by_keras(schedule) -> np.ndarray:
    return np.array([float(schedule(step)) for step in STEPS])


def assert_same(ours: np.ndarray, schedule) -> None:
    assert ours.dtype == np.float32
    np.testing.assert_allclose(ours, by_keras(schedule), rtol=1e-6, atol=1e-8)


def test_a_constant_rate_is_that_of_the_settings():
    assert set(learning_rates(training("constant"), STEPS, STEPS_PER_EPOCH)) == {np.float32(0.01)}


def test_the_cosine_is_keras_own():
    assert_same(
        learning_rates(training("cosine"), STEPS, STEPS_PER_EPOCH), SCHEDULES.CosineDecay(0.01, len(STEPS))
    )


@pytest.mark.parametrize(("share", "warmup"), [(0.0, 0), (0.3, 13), (0.5, 21), (0.9, 38)])
def test_one_cycle_is_keras_cosine_with_a_warm_up(share, warmup):
    ours = learning_rates(training("one-cycle", warmup_share=share), STEPS, STEPS_PER_EPOCH)
    assert_same(
        ours,
        SCHEDULES.CosineDecay(0.01 / 25, len(STEPS) - warmup, warmup_target=0.01, warmup_steps=warmup)
        if warmup
        else SCHEDULES.CosineDecay(0.01, len(STEPS)),
    )
    assert ours.argmax() == warmup


@pytest.mark.parametrize(("epochs", "factor"), [(1, 0.5), (2, 0.1), (4, 0.9), (9, 0.5), (2, 1.0)])
def test_steps_are_keras_staircase_and_its_piecewise_constants(epochs, factor):
    ours = learning_rates(training("step", step_epochs=epochs, step_factor=factor), STEPS, STEPS_PER_EPOCH)
    every = epochs * STEPS_PER_EPOCH
    assert_same(ours, SCHEDULES.ExponentialDecay(0.01, every, factor, staircase=True))
    ends = [end - 1 for end in range(every, len(STEPS), every)] or [len(STEPS)]
    values = [0.01 * factor**number for number in range(len(ends) + 1)]
    assert_same(ours, SCHEDULES.PiecewiseConstantDecay(ends, values))


SCHEDULED = st.builds(
    TrainingSpec,
    epochs=st.integers(1, 20),
    learning_rate=st.floats(1e-6, 10),
    schedule=st.sampled_from(["constant", "cosine", "one-cycle", "step"]),
    warmup_share=st.floats(0, 0.9),
    step_factor=st.floats(0.01, 1),
    step_epochs=st.integers(1, 30),
)


@settings(max_examples=200)
@given(SCHEDULED, st.integers(1, 50))
def test_no_rate_is_above_the_peak_or_below_zero_and_the_first_steps_learn(spec, steps_per_epoch):
    steps = np.arange(spec.epochs * steps_per_epoch)
    rates = learning_rates(spec, steps, steps_per_epoch)
    assert (rates >= 0).all() and (rates <= np.float32(spec.learning_rate) * (1 + 1e-6)).all()
    assert rates[0] > 0
    assert rates.max() == pytest.approx(spec.learning_rate, rel=1e-6)


@given(SCHEDULED, st.integers(1, 50), st.data())
def test_a_rate_depends_on_its_step_alone_and_grows_with_the_peak(spec, steps_per_epoch, data):
    steps = np.arange(spec.epochs * steps_per_epoch)
    cut = data.draw(st.integers(0, len(steps)))
    whole = learning_rates(spec, steps, steps_per_epoch)
    parts = [learning_rates(spec, part, steps_per_epoch) for part in (steps[:cut], steps[cut:])]
    np.testing.assert_array_equal(np.concatenate(parts), whole)
    doubled = learning_rates(spec, steps, steps_per_epoch, 2 * spec.learning_rate)
    np.testing.assert_allclose(doubled, 2 * whole, rtol=1e-6)


def test_a_training_of_one_step_has_the_peak():
    for schedule in ("cosine", "one-cycle", "step"):
        assert learning_rates(training(schedule, epochs=1), np.array([0]), 1) == [np.float32(0.01)]
