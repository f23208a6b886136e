"""A Dask scheduler in a process of its own that is killed, and one that takes its place."""

import logging
import socket
import subprocess
import sys
from collections.abc import Callable, Iterator

import pytest

from cnnlab.errors import TrainerUnavailable
from cnnlab.trainer.connection import Connection
from tests.waiting import wait_until


@pytest.fixture
def start_scheduler(monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[[], subprocess.Popen]]:
    """Starts a scheduler at one address, which CNNLAB_SCHEDULER names."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    monkeypatch.setenv("CNNLAB_SCHEDULER", f"tcp://127.0.0.1:{port}")
    program = ["-m", "distributed.cli.dask_scheduler", "--host", "127.0.0.1", "--no-dashboard"]
    started: list[subprocess.Popen] = []

    def start() -> subprocess.Popen:
        command = [sys.executable, *program, "--port", str(port)]
        started.append(subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL))
        return started[-1]

    yield start
    for process in started:
        process.kill()
        process.wait()


def test_a_scheduler_that_is_lost_is_a_sentence_and_is_found_again(start_scheduler, caplog):
    caplog.set_level(logging.ERROR)
    connection = Connection()
    assert connection.status().state == "failed"
    scheduler = start_scheduler()
    wait_until(lambda: connection.status().state == "warming up")  # there are no workers

    scheduler.kill()
    scheduler.wait()
    wait_until(lambda: connection.status().state == "failed")
    questions = {
        "submit": lambda: connection.submit(len, [1]),
        "run": lambda: connection.run(len),
        "task keys": connection.task_keys,
        "addresses": connection.worker_addresses,
        "offers": lambda: connection.offers("measuring"),
        "require ready": connection.require_ready,
    }
    for _ in range(3):
        for question in questions.values():
            with pytest.raises(TrainerUnavailable, match="No Dask scheduler answers at tcp://127"):
                question()
        assert connection.workers() == []

    start_scheduler()
    wait_until(lambda: connection.status().state == "warming up")
    assert connection.task_keys() == {}
    assert "Traceback" not in caplog.text
