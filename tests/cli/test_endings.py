"""How a command ends that is interrupted, or whose output can no longer be written: as real processes."""

import contextlib
import fcntl
import os
import pty
import signal
import subprocess
import sys
import termios
import threading
import time
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path

import psutil
import pytest

from cnnlab import runs
from tests.waiting import wait_until

LONG = ("train", "--preset", "small", "--images", "5000", "--epochs", "500")  # minutes
QUICK = ("train", "--preset", "small", "--images", "100", "--epochs", "1", "--no-baseline")
STATUS = {signal.SIGINT: 130, signal.SIGTERM: 143, signal.SIGHUP: 129}


@contextmanager
def started(*arguments: str, **options) -> Generator[subprocess.Popen]:
    streams = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE} | options
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}
    program = subprocess.Popen(
        [sys.executable, "-m", "cnnlab", *arguments], text=True, env=environment, **streams
    )
    try:
        yield program
    finally:
        program.kill()
        program.communicate()


def newer_than(before: set[str]) -> list[runs.Run]:
    return [run for run in runs.recent() if run.run_id not in before]


@contextmanager
def training() -> Generator[tuple[subprocess.Popen, set[str]]]:
    """A program that has stored its first network after an epoch, and the ids of the runs before it."""
    before = {run.run_id for run in runs.recent()}
    with started(*LONG) as program:
        wait_until(lambda: any(runs.has_model(run.run_id) for run in newer_than(before)))
        yield program, before


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGHUP])
def test_a_shutdown_or_a_closed_terminal_stops_a_training_as_ctrl_c_does(number):
    with training() as (program, before):
        program.send_signal(number)
        printed, messages = program.communicate(timeout=60)
    assert program.returncode == STATUS[number]
    assert "Traceback" not in messages
    ended = newer_than(before)
    assert [run.status for run in ended] == ["stopped", "stopped"]
    tested = next(run for run in ended if "test_accuracy" in run.metrics)
    assert f"{tested.metrics['test_accuracy']:.1%}" in printed


def test_a_second_ctrl_c_ends_a_training_without_its_test_as_stopped():
    with training() as (program, before):
        [trained] = [run for run in newer_than(before) if run.status == "training"]
        os.kill(program.pid, signal.SIGSTOP)  # so that it gets both at once
        program.send_signal(signal.SIGINT)
        program.send_signal(signal.SIGTERM)
        os.kill(program.pid, signal.SIGCONT)
        _, messages = program.communicate(timeout=60)
    assert program.returncode in (STATUS[signal.SIGINT], STATUS[signal.SIGTERM])
    assert "Traceback" not in messages and "Stopped at once" in messages
    assert [run.status for run in newer_than(before)] == ["stopped", "stopped"]
    assert "test_accuracy" not in runs.get(trained.run_id).metrics
    assert runs.has_model(trained.run_id)


def test_ctrl_c_while_keras_loads_ends_the_program_at_once_and_stores_nothing():
    before = {run.run_id for run in runs.recent()}
    with started(*LONG) as program:
        assert program.stderr.readline().startswith("Loading Keras")
        program.send_signal(signal.SIGINT)
        printed, messages = program.communicate(timeout=60)
    assert (program.returncode, printed, messages) == (130, "", "")
    assert newer_than(before) == []


def test_a_hang_up_that_nohup_ignores_stays_ignored():
    def ignore_hang_up() -> None:
        signal.signal(signal.SIGHUP, signal.SIG_IGN)

    with started(*QUICK, preexec_fn=ignore_hang_up) as program:
        assert program.stderr.readline().startswith("Loading Keras")
        program.send_signal(signal.SIGHUP)
        printed, _ = program.communicate(timeout=120)
    assert program.returncode == 0 and "of the 2,000 test images" in printed


def test_what_cannot_be_written_to_a_full_disk_is_a_sentence_and_the_run_is_stored():
    before = {run.run_id for run in runs.recent()}
    with Path("/dev/full").open("w") as full, started(*QUICK, stdout=full) as program:
        _, messages = program.communicate(timeout=120)
    assert program.returncode == 1
    last = messages.splitlines()[-1]
    assert last == "Error: The result could not be written to stdout: No space left on device."
    assert "Traceback" not in messages
    assert [run.status for run in newer_than(before)] == ["finished"]


def test_a_reader_that_goes_away_costs_the_messages_and_not_the_training():
    before = {run.run_id for run in runs.recent()}
    with started(*QUICK, stderr=subprocess.STDOUT) as program:
        program.stdout.readline()
        program.stdout.close()  # as 'head -1' does
        program.wait(timeout=120)
        program.stdout = None
    assert program.returncode == 1
    assert [run.status for run in newer_than(before)] == ["finished"]


def test_a_closed_stdout_is_a_sentence():
    with started(*QUICK, preexec_fn=lambda: os.close(1), stdout=None) as program:
        _, messages = program.communicate(timeout=120)
    assert program.returncode == 1
    assert messages.splitlines()[-1] == "Error: The result could not be written to stdout: it is closed."


@pytest.mark.parametrize("arguments", [["--help"], ["train", "--help"]])
def test_a_help_that_cannot_be_written_is_a_sentence(arguments):
    with Path("/dev/full").open("w") as full, started(*arguments, stdout=full) as program:
        _, messages = program.communicate(timeout=60)
    assert program.returncode == 1
    assert messages == "Error: The result could not be written to stdout: No space left on device.\n"


def test_a_terminal_that_is_closed_ends_with_the_status_of_its_signal():
    before = {run.run_id for run in runs.recent()}
    controller, terminal = pty.openpty()

    def take_terminal() -> None:
        os.setsid()
        fcntl.ioctl(terminal, termios.TIOCSCTTY, 0)

    with started(
        *LONG, stdin=terminal, stdout=terminal, stderr=terminal, preexec_fn=take_terminal
    ) as program:
        os.close(terminal)
        drain = threading.Thread(target=read_all, args=(controller,), daemon=True)
        drain.start()
        wait_until(lambda: any("best_epoch" in run.metrics for run in newer_than(before)))
        null = os.open(os.devnull, os.O_RDWR)
        os.dup2(null, controller)  # which closes the terminal; the thread's next reading finds the end
        drain.join(timeout=60)  # before the number of the file may become another one's
        assert not drain.is_alive()
        os.close(null)
        os.close(controller)
        program.wait(timeout=60)
    assert program.returncode == STATUS[signal.SIGHUP]
    assert [run.status for run in newer_than(before)] == ["stopped", "stopped"]


def read_all(terminal: int) -> None:
    with contextlib.suppress(OSError):
        while os.read(terminal, 4096):
            pass


def test_ctrl_c_in_the_terminal_of_a_benchmark_ends_all_of_its_processes_without_a_word():
    with started("bench", "--part", "speed", start_new_session=True) as program:
        wait_until(lambda: psutil.Process(program.pid).children(recursive=True) != [], seconds=60)
        time.sleep(3)
        processes = psutil.Process(program.pid).children(recursive=True)
        os.killpg(program.pid, signal.SIGINT)  # as a terminal does
        printed, messages = program.communicate(timeout=60)
    assert (program.returncode, printed) == (130, "")
    assert "Traceback" not in messages and "rror" not in messages, messages
    assert psutil.wait_procs(processes, timeout=10)[1] == []


def test_ctrl_c_while_the_workers_of_a_cluster_get_warm_has_its_status():
    with started("cluster", "--port", "0") as program:
        assert program.stderr.readline().startswith("Trainer warming up")
        time.sleep(2)  # so that the workers are started; they take about ten seconds
        program.send_signal(signal.SIGINT)
        printed, messages = program.communicate(timeout=60)
    assert (program.returncode, printed) == (130, "")
    assert "Traceback" not in messages
