from types import SimpleNamespace

import numpy as np
import pytest

from cnnlab.models import pace
from cnnlab.models.step_results import StepResults


@pytest.fixture
def clock(monkeypatch) -> SimpleNamespace:
    """A clock that the test sets, in seconds."""
    clock = SimpleNamespace(now=0.0)
    monkeypatch.setattr(pace, "time", SimpleNamespace(perf_counter=lambda: clock.now))
    return clock


def test_control_is_asked_often_enough_for_a_stop_within_a_second():
    """However fast the steps are, one call takes about half the interval of the events."""
    steps = 1
    for _ in range(20):
        steps = pace.next_chunk(steps, steps * 1e-4)
    assert steps == round(pace.REPORT_SECONDS / 2 / 1e-4)
    assert pace.next_chunk(steps, 10.0) < 20


def test_a_call_has_at_least_one_step_and_at_most_four_times_as_many_as_the_last():
    assert pace.next_chunk(10, 1000.0) == 1
    assert pace.next_chunk(10, 1e-6) == 40


def test_the_seconds_of_a_training_leave_pauses_out_and_include_earlier_parts(clock):
    training = pace.Clock(before=100.0)
    clock.now = 2.0
    assert training.seconds() == 102.0
    with training.stopped():
        clock.now = 50.0
    clock.now = 53.0
    assert training.seconds() == 105.0


def test_a_window_averages_over_its_images_and_is_due_after_the_interval(clock):
    window = pace.Window(started=0.0)
    window.add(StepResults(np.array([1.0, 2.0], np.float32), np.array([3, 5])), pace.batch_sizes(16, 8))
    window.add(StepResults(np.array([6.0], np.float32), np.array([4])), np.array([4]))
    assert not window.due()
    clock.now = pace.REPORT_SECONDS
    assert window.due()
    assert (window.loss(), window.accuracy()) == ((8 * 1 + 8 * 2 + 4 * 6) / 20, 12 / 20)
    assert window.images_per_second() == 20 / pace.REPORT_SECONDS


@pytest.mark.parametrize(
    ("images", "size", "sizes"), [(16, 8, [8, 8]), (20, 8, [8, 8, 4]), (3, 8, [3]), (0, 8, [])]
)
def test_every_batch_is_full_but_the_last(images, size, sizes):
    assert pace.batch_sizes(images, size).tolist() == sizes
