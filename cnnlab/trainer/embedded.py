"""The embedded trainer: the process `python -m cnnlab.trainer.cluster`, which is started again if it dies."""

import contextlib
import json
import logging
import os
import re
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Generator
from pathlib import Path
from typing import NamedTuple

from cnnlab.errors import TrainerUnavailable

STOP_SECONDS = 10
MOST_RESTARTS = 3
PAUSES = (0.5, 5.0, 20.0)  # seconds before each restart
HEALTHY_SECONDS = 600.0  # after so long an earlier end no longer counts

_ERROR = re.compile(
    r"[\w.]*(Error|Exception|Interrupt|Killed)\b"
)  # how Python begins the last line of a traceback

log = logging.getLogger(__name__)


class Scheduler(NamedTuple):
    """Where a Dask scheduler listens."""

    address: str
    workers: int
    """How many workers it has once all have joined."""


class EmbeddedTrainer:
    """The process, which ends when its standard input is closed."""

    def __init__(self, folder: Path) -> None:
        """Starts the process; it writes its address and its log to this folder."""
        self._scheduler_file = folder / "scheduler.json"
        self._log_file = folder / "trainer.log"
        with self._log_file.open("wb") as log:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "cnnlab.trainer.cluster", str(self._scheduler_file)],
                stdin=subprocess.PIPE,
                stdout=log,
                stderr=subprocess.STDOUT,
                env=os.environ | {"PYTHONPATH": _python_path()},
            )

    def scheduler(self) -> Scheduler | None:
        """The scheduler; None until all workers have joined for the first time."""
        if not self._scheduler_file.exists():
            return None
        written = json.loads(self._scheduler_file.read_text())
        return Scheduler(written["address"], written["workers"])

    def has_ended(self) -> bool:
        """Whether the process has ended, by itself or from outside."""
        return self.process.poll() is not None

    def why_it_ended(self) -> str:
        """The reason that counts, as a sentence: the signal that ended it, or the last error in its log."""
        code = self.process.returncode
        if code is not None and code < 0:
            return f"It was ended from outside, by {_signal_name(-code)}."
        return last_error(self._log_file.read_text(errors="replace"))

    def stop(self) -> None:
        """Ends the process and waits for it; kills it after `STOP_SECONDS`."""
        if self.process.stdin:
            self.process.stdin.close()
        try:
            self.process.wait(timeout=STOP_SECONDS)
        except subprocess.TimeoutExpired:
            self.process.kill()


def _signal_name(number: int) -> str:
    try:
        return signal.Signals(number).name
    except ValueError:
        return f"signal {number}"


def last_error(log: str) -> str:
    """The last line of a log that names an error, else its last line that is no warning."""
    lines = [line.strip() for line in log.splitlines() if line.strip()]
    errors = [line for line in lines if _ERROR.match(line)]
    others = [line for line in lines if "Warning" not in line and "resource_tracker" not in line]
    said = errors or others
    return f"Its log ends with: {said[-1]}" if said else "Its log says nothing."


class KeptTrainer:
    """An embedded trainer that is started again when it dies, up to `MOST_RESTARTS` times in a row."""

    def __init__(self, folder: Path) -> None:
        """Starts it; every start has a folder of its own below `folder`."""
        self._folder = folder
        self._starts = 0
        self._ended_at: list[float] = []  # time.monotonic() of each unexpected end in the last while
        self._stopping, self._wanted = threading.Event(), threading.Event()
        self._problem = ""
        self._trainer = self._start()
        self._watcher = threading.Thread(target=self._watch, name="watch-trainer", daemon=True)
        self._watcher.start()

    @property
    def process_id(self) -> int:
        """Of the present process."""
        return self._trainer.process.pid

    def scheduler(self) -> Scheduler | None:
        """The scheduler; None while it starts. Raises `TrainerUnavailable` after too many ends."""
        if self._problem:
            raise TrainerUnavailable(self._problem)
        return None if self._trainer.has_ended() else self._trainer.scheduler()

    @property
    def given_up(self) -> bool:
        """Whether it is no longer started again by itself."""
        return bool(self._problem)

    def start_again(self) -> None:
        """Starts it after it was given up; does nothing while it runs."""
        if self._problem:
            self._wanted.set()

    def stop(self) -> None:
        """Ends the process and waits for it."""
        self._stopping.set()
        self._wanted.set()
        self._trainer.stop()
        self._watcher.join(timeout=STOP_SECONDS)

    def _start(self) -> EmbeddedTrainer:
        self._starts += 1
        folder = self._folder / str(self._starts)
        folder.mkdir()
        return EmbeddedTrainer(folder)

    def _watch(self) -> None:
        while True:
            self._trainer.process.wait()
            self._trainer.stop()  # closes the pipe to it
            if self._stopping.is_set():
                return
            reason = self._trainer.why_it_ended()
            log.warning("The trainer has ended and is started again. %s", reason)
            now = time.monotonic()
            self._ended_at = [at for at in self._ended_at if now - at < HEALTHY_SECONDS] + [now]
            if len(self._ended_at) > MOST_RESTARTS:
                self._wait_until_wanted(reason)
            elif self._stopping.wait(PAUSES[len(self._ended_at) - 1]):
                return
            if self._stopping.is_set():
                return
            self._trainer = self._start()

    def _wait_until_wanted(self, reason: str) -> None:
        self._problem = f"The trainer ended {len(self._ended_at)} times in a row. {reason}"
        self._wanted.clear()
        self._wanted.wait()
        self._problem, self._ended_at = "", []


def is_external() -> bool:
    """Whether CNNLAB_SCHEDULER names a scheduler, which outlives this process."""
    return bool(os.environ.get("CNNLAB_SCHEDULER", "").strip())


@contextlib.contextmanager
def kept_trainer() -> Generator[KeptTrainer | None]:
    """Runs an embedded trainer during the block; starts nothing, and gives None, with an external one."""
    if is_external():
        yield None
        return
    with tempfile.TemporaryDirectory(prefix="cnnlab-") as folder:
        trainer = KeptTrainer(Path(folder))
        try:
            yield trainer
        finally:
            trainer.stop()


def _python_path() -> str:
    """PYTHONPATH with the folder of this package in front, whichever folder the dashboard was started in."""
    package_parent = str(Path(__file__).resolve().parents[2])
    return os.pathsep.join(filter(None, [package_parent, os.environ.get("PYTHONPATH")]))
