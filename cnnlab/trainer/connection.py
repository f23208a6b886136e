"""The connection to the trainer: starts the embedded one, says how it is, and who its workers are.

With CNNLAB_SCHEDULER set nothing is started, and the same tasks go to that Dask cluster; its workers
need cnnlab installed and the same MLFLOW_TRACKING_URI.
"""

import contextlib
import functools
import json
import os
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from distributed import Client

from cnnlab.errors import TrainerUnavailable
from cnnlab.worker import device as devices
from cnnlab.worker import state as on_worker

RETRY_SECONDS = 15.0

_embedded: "EmbeddedTrainer | None" = None
_clients: dict[str, Client] = {}  # by the scheduler's address
_unreachable: dict[str, float] = {}  # scheduler's address → when it was last tried in vain
_connecting = threading.Lock()


@dataclass(frozen=True)
class TrainerStatus:
    """Whether trainings can start, and on what."""

    state: Literal["warming up", "ready", "failed"]
    devices: tuple[str, ...] = ()
    problem: str = ""

    def __str__(self) -> str:
        """'CPU, 2 workers', a GPU's name, or what stands in the way."""
        if self.state == "warming up":
            return "Trainer warming up"
        if self.state == "failed":
            return self.problem
        names = sorted(set(self.devices))
        workers = len(self.devices)
        if names == ["CPU"]:
            return f"CPU, {workers} worker{'s' if workers > 1 else ''}"
        return ", ".join(f"{self.devices.count(name)} × {name}" for name in names)


@dataclass(frozen=True)
class WorkerState:
    """One worker as it is now."""

    address: str
    name: str
    device: devices.Device
    trains: tuple[str, ...]
    """The ids of the runs that it trains."""


class EmbeddedTrainer:
    """The process `python -m cnnlab.trainer.cluster`, which ends when its standard input is closed."""

    def __init__(self, folder: Path) -> None:
        self.scheduler_file = folder / "scheduler.json"
        self.log = folder / "trainer.log"
        with self.log.open("wb") as log:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "cnnlab.trainer.cluster", str(self.scheduler_file)],
                stdin=subprocess.PIPE,
                stdout=log,
                stderr=subprocess.STDOUT,
                env=os.environ | {"PYTHONPATH": _python_path()},
            )

    def stop(self) -> None:
        """Closes the trainer's standard input and waits for its end."""
        self.process.stdin.close()
        try:
            self.process.wait(timeout=10)
        except subprocess.TimeoutExpired:
            self.process.kill()

    def last_words(self) -> str:
        """The last line of its log."""
        lines = self.log.read_text(errors="replace").strip().splitlines()
        return lines[-1].strip() if lines else "it said nothing"


def _python_path() -> str:
    """Where the trainer finds this package, whichever folder the dashboard was started in."""
    here = str(Path(__file__).resolve().parents[2])
    return os.pathsep.join(filter(None, [here, os.environ.get("PYTHONPATH")]))


@contextlib.contextmanager
def running() -> Iterator[None]:
    """The trainer for as long as the block lasts; nothing is started where CNNLAB_SCHEDULER is set."""
    global _embedded
    if os.environ.get("CNNLAB_SCHEDULER"):
        yield
        return
    with tempfile.TemporaryDirectory(prefix="cnnlab-") as folder:
        _embedded = EmbeddedTrainer(Path(folder))
        try:
            yield
        finally:
            while _clients:
                _clients.popitem()[1].close(timeout=2)
            _embedded.stop()
            _embedded = None


def status() -> TrainerStatus:
    """How the trainer is now; answers at once."""
    try:
        address, expected = _address()
    except TrainerUnavailable as error:
        return TrainerStatus("failed", problem=str(error))
    if not address:
        return TrainerStatus("warming up")
    try:
        addresses = warm_workers()
    except OSError:
        return TrainerStatus("failed", problem=f"No Dask scheduler answers at {address}.")
    if len(addresses) < expected:
        return TrainerStatus("warming up")
    try:
        return TrainerStatus("ready", devices=_devices(addresses))
    except OSError:  # a worker died in this moment
        return TrainerStatus("warming up")


def require_ready() -> None:
    """Raises `TrainerUnavailable` where no training could start."""
    now = status()
    if now.state != "ready":
        raise TrainerUnavailable(f"{str(now).rstrip('.')}.")


def workers() -> list[WorkerState]:
    """The warm workers by name; none where the trainer cannot be reached."""
    if status().state != "ready":
        return []
    joined = _joined_workers()
    seen = client().run(on_worker.describe, on_error="ignore")
    found = [
        WorkerState(address, str(joined[address]["name"]), *seen[address])
        for address in seen
        if address in joined
    ]
    return sorted(found, key=lambda state: state.name)


def warm_workers() -> tuple[str, ...]:
    """The addresses of the workers that have joined the scheduler."""
    return tuple(sorted(_joined_workers()))


def offers(resource: str) -> bool:
    """Whether any worker that has joined takes tasks of this kind, such as 'measuring'."""
    return any(worker["resources"].get(resource) for worker in _joined_workers().values())


def _joined_workers() -> dict[str, dict[str, Any]]:
    """What the scheduler knows of each worker, by its address. Raises `OSError` after 5 seconds.

    `Client.scheduler_info` gives the same, but now and then none: the client keeps the answer where its
    own regular question for totals alone (distributed 2026.8) overwrites it.
    """
    dask = client()
    identity = dask.sync(dask.scheduler.identity, n_workers=-1, callback_timeout=5)
    return identity["workers"]


def _address() -> tuple[str, int]:
    """The scheduler's address, empty while it starts, and how many workers it will have."""
    external = os.environ.get("CNNLAB_SCHEDULER")
    if external:
        return external, 1
    if _embedded is None:
        raise TrainerUnavailable("There is no trainer: start the dashboard by 'streamlit run app.py'.")
    if _embedded.process.poll() is not None:
        raise TrainerUnavailable(f"The trainer has ended; restart the dashboard. {_embedded.last_words()}")
    if not _embedded.scheduler_file.exists():
        return "", 0
    found: dict[str, Any] = json.loads(_embedded.scheduler_file.read_text())
    return found["address"], found["workers"]


def client() -> Client:
    """Dask's client of the trainer. Raises `TrainerUnavailable`, or `OSError` where nobody answers."""
    address, _ = _address()
    if not address:
        raise TrainerUnavailable("The trainer is still warming up: try again in a few seconds.")
    with _connecting:
        if address not in _clients:
            _clients[address] = _connect(address)
        return _clients[address]


def _connect(address: str) -> Client:
    """Raises `OSError` where nobody answers; for a while it does so at once, lest every page wait."""
    if time.monotonic() - _unreachable.get(address, -RETRY_SECONDS) < RETRY_SECONDS:
        raise OSError(f"nobody answered at {address}")
    try:
        return Client(address, timeout=5, set_as_default=False, name="cnnlab-dashboard")
    except OSError:
        _unreachable[address] = time.monotonic()
        raise


@functools.lru_cache(maxsize=4)
def _devices(addresses: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(client().run(devices.name, workers=list(addresses)).values())
