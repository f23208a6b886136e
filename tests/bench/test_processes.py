"""A process of a competitor, really started."""

import os

import pytest

from cnnlab.bench.processes import process


def test_a_process_keeps_its_environment_to_itself_and_hands_back_what_is_raised():
    with process({"CNNLAB_BENCH_TEST": "there"}, os.getpid) as call:
        assert call(os.getenv, "CNNLAB_BENCH_TEST") == "there"
        assert call(os.getpid) == call(os.getpid) != os.getpid()
        with pytest.raises(ZeroDivisionError):
            call(divmod, 1, 0)
    assert "CNNLAB_BENCH_TEST" not in os.environ
