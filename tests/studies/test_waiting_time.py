"""When a waiting training begins, held against a plain simulation."""

from hypothesis import given
from hypothesis import strategies as st

from cnnlab.studies.waiting_time import seconds_until_begun

seconds = st.floats(0, 1000)


def test_an_idle_worker_begins_at_once():
    assert seconds_until_begun([], [], 2) == seconds_until_begun([7.0], [], 2) == 0


def test_what_is_unknown_makes_the_whole_unknown():
    assert seconds_until_begun([None], [], 1) is None
    assert seconds_until_begun([1.0], [2.0, None], 1) is None
    assert seconds_until_begun([], [], 0) is None


def test_on_two_workers_the_shorter_training_ends_first():
    assert seconds_until_begun([10.0, 4.0], [], 2) == 4
    assert seconds_until_begun([10.0, 4.0], [3.0, 8.0], 2) == 10


@given(st.lists(seconds, max_size=5), st.lists(seconds, max_size=20), st.integers(1, 5))
def test_it_is_when_the_first_worker_is_free_after_all_before_have_begun(
    under_way: list[float], ahead: list[float], workers: int
):
    free = [*under_way, *[0.0] * (workers - len(under_way))]
    for each in ahead:
        free.sort()
        free[0] += each
    assert seconds_until_begun(under_way, ahead, workers) == min(free)
