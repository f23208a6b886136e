"""The embedded trainer: starts `python -m cnnlab.trainer.cluster`, reads its address and its log, ends it."""

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import NamedTuple

STOP_SECONDS = 10


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

    def last_log_line(self) -> str:
        """The last line of its log."""
        lines = self._log_file.read_text(errors="replace").strip().splitlines()
        return lines[-1].strip() if lines else "Its log is empty."

    def stop(self) -> None:
        """Ends the process and waits for it; kills it after `STOP_SECONDS`."""
        if self.process.stdin:
            self.process.stdin.close()
        try:
            self.process.wait(timeout=STOP_SECONDS)
        except subprocess.TimeoutExpired:
            self.process.kill()


def _python_path() -> str:
    """PYTHONPATH with the folder of this package in front, whichever folder the dashboard was started in."""
    package_parent = str(Path(__file__).resolve().parents[2])
    return os.pathsep.join(filter(None, [package_parent, os.environ.get("PYTHONPATH")]))
