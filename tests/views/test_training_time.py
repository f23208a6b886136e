"""The seconds of a training and those that are left, from reports whose truth is known."""

import itertools

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cnnlab.models.pace import REPORT_SECONDS
from cnnlab.views.training_time import FEWEST, WARM_UP, seconds_at, seconds_left

IMAGES = 32.0  # a step


def reports(
    steps_each: list[int], seconds_each: list[float], waits: list[float] | None = None
) -> pd.DataFrame:
    """What a training reports that took so many seconds for so many steps; before some reports it waited."""
    steps = np.cumsum(steps_each)
    rates = IMAGES * np.array(steps_each) / np.array(seconds_each)
    passed = np.cumsum(np.array(seconds_each) + np.array(waits or [0.0] * len(steps_each)))
    rows = [("images_per_second", *row) for row in zip(steps, rates, 1000 * passed, strict=True)]
    rows += [("loss", *row) for row in zip(steps, rates, 1000 * passed, strict=True)]
    return pd.DataFrame(rows, columns=["metric", "step", "value", "milliseconds"])


def test_pauses_and_the_time_before_a_continuation_do_not_count():
    frame = reports([10, 10, 20, 10], [2.0, 1.0, 1.0, 0.5], waits=[0, 0, 600.0, 86_400.0])
    np.testing.assert_allclose(seconds_at(frame, np.array([0, 10, 20, 40, 50]), IMAGES), [0, 2, 3, 4, 4.5])


def test_between_two_reports_the_time_is_interpolated():
    frame = reports([10, 10], [2.0, 1.0])
    np.testing.assert_allclose(seconds_at(frame, np.array([5, 15, 20]), IMAGES), [1.0, 2.5, 3.0])


def test_what_is_reported_twice_counts_once():
    frame = reports([10, 10], [2.0, 1.0])
    again = pd.concat([frame, frame.tail(1)])
    assert seconds_at(again, np.array([20]), IMAGES) == seconds_at(frame, np.array([20]), IMAGES)


def test_a_run_without_rates_has_the_time_since_its_first_report():
    frame = reports([10, 10], [2.0, 1.0])
    frame = frame[frame["metric"] == "loss"]
    np.testing.assert_allclose(seconds_at(frame, np.array([10, 20]), IMAGES), [0.0, 1.0])
    assert seconds_at(frame[:0], np.array([0]), IMAGES).tolist() == [0.0]


def test_nothing_is_left_to_say_before_the_rate_is_steady():
    compiling = reports([1, 3], [6.0, 0.25])
    assert seconds_left(compiling, 1000, IMAGES) is None
    getting_faster = reports([1, 2, 4, 8, 16, 32, 64, 64, 64, 64], [0.25] * 10)
    assert seconds_left(getting_faster, 1000, IMAGES) is None


@settings(deadline=None, max_examples=60, derandomize=True)
@given(
    steps=st.integers(1, 200),
    noise=st.lists(st.floats(0.85, 1.18), min_size=FEWEST + WARM_UP, max_size=120),
    compiling=st.floats(0.25, 30),
    pause=st.floats(0, 3600),
)
def test_at_a_steady_rate_the_time_left_is_right_and_never_jumps(steps, noise, compiling, pause):
    total, count = 100_000, len(noise)
    seconds = [compiling] + [REPORT_SECONDS * each for each in noise[1:]]
    frame = reports([steps] * count, seconds, waits=[0.0] * (count - 1) + [pause])
    true_rate = steps / REPORT_SECONDS
    shown = []
    for number in range(FEWEST + WARM_UP, count + 1):
        so_far = frame[frame["step"] <= steps * number]
        left = seconds_left(so_far, total - steps * number, IMAGES)
        assert left is not None
        assert left == pytest.approx((total - steps * number) / true_rate, rel=0.2)
        shown.append(left)
    assert all(max(pair) < 1.5 * min(pair) for pair in itertools.pairwise(shown))
