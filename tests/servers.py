"""Servers that tests start: MLflow's, and PostgreSQL behind it, which `tests/run.sh` installs."""

import contextlib
import os
import shutil
import socket
import subprocess
import tempfile
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Generator
from pathlib import Path

import psutil
import pytest

ROOT = Path(__file__).parents[1]
MLFLOW = ROOT / ".venv-mlflow/bin/mlflow"  # the whole MLflow, of which cnnlab needs a small part
INSTALLS = "is not installed: 'sh tests/run.sh' installs it"
SECONDS = 90


class MlflowServer:
    """A tracking server with its artifacts, which can be killed and started again."""

    def __init__(self, database: str, folder: Path) -> None:
        """`database`: the address of what it stores runs in; `folder`: where its files and its log are."""
        self.port = free_port()
        self.address = f"http://127.0.0.1:{self.port}"
        self._command = [str(MLFLOW), "server", "--host", "127.0.0.1", "--port", str(self.port)]
        self._command += ["--workers", "1", "--backend-store-uri", database]
        self._command += ["--artifacts-destination", str(folder / "artifacts")]
        self._log = folder / "server.log"
        self._process: subprocess.Popen | None = None

    def start(self) -> None:
        """Starts it, and waits until it answers."""
        environment = os.environ | {"MLFLOW_DISABLE_TELEMETRY": "true"}
        environment.pop("MLFLOW_TRACKING_URI", None)
        with self._log.open("ab") as log:
            self._process = subprocess.Popen(self._command, stdout=log, stderr=log, env=environment)
        wait_for(lambda: answers(f"{self.address}/health"), self._process, self._log)

    def kill(self) -> None:
        """Ends it and its own processes at once."""
        if self._process:
            with contextlib.suppress(psutil.NoSuchProcess):  # it may have ended by itself
                server = psutil.Process(self._process.pid)
                for process in (*server.children(recursive=True), server):
                    with contextlib.suppress(psutil.NoSuchProcess):
                        process.kill()
            self._process.wait()
            self._process = None


def free_port() -> int:
    """A port on which nothing listens."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return free.getsockname()[1]


def answers(address: str) -> bool:
    """Whether a server answers there; an error is an answer too, as of a dashboard that cannot train."""
    try:
        urllib.request.urlopen(address, timeout=5).close()
    except urllib.error.HTTPError:
        return True
    except OSError:
        return False
    return True


def wait_for(is_ready: Callable[[], bool], process: subprocess.Popen, log: Path) -> None:
    """Returns once the server is ready; fails with its log where it ends or does not get ready."""
    deadline = time.monotonic() + SECONDS
    while not is_ready():
        assert process.poll() is None and time.monotonic() < deadline, log.read_text()
        time.sleep(0.1)


def postgresql_program(name: str) -> str:
    """One of PostgreSQL's programs, which Debian keeps out of the way; empty where it is not installed."""
    found = sorted(Path("/usr/lib/postgresql").glob(f"*/bin/{name}"))
    return str(found[-1]) if found else shutil.which(name) or ""


@contextlib.contextmanager
def postgresql() -> Generator[str]:
    """The address of a database on a server of its own, which keeps nothing."""
    if not postgresql_program("initdb"):
        pytest.skip(f"PostgreSQL {INSTALLS}")
    folder = Path(tempfile.mkdtemp(prefix="cnnlab-postgresql-"))
    # It refuses to run as root, and its own user cannot read pytest's folders.
    owner = {"user": "postgres", "group": "postgres"} if os.geteuid() == 0 else {}
    if owner:
        shutil.chown(folder, **owner)
    data, port = folder / "data", free_port()
    initialize = [postgresql_program("initdb"), "--pgdata", str(data), "--auth", "trust", "--no-sync"]
    subprocess.run(
        [*initialize, "--username", "cnnlab"], check=True, cwd=folder, stdout=subprocess.DEVNULL, **owner
    )
    options = ("-c", "listen_addresses=127.0.0.1", "-c", "fsync=off", "-k", str(folder))
    with (folder.parent / f"{folder.name}.log").open("wb") as log:
        process = subprocess.Popen(
            [postgresql_program("postgres"), "-D", str(data), "-p", str(port), *options],
            cwd=folder,
            stdout=log,
            stderr=log,
            **owner,
        )
    log_file = Path(log.name)
    ready = [postgresql_program("pg_isready"), "--quiet", "--host", "127.0.0.1", "--port", str(port)]
    try:
        wait_for(lambda: subprocess.run(ready, check=False).returncode == 0, process, log_file)
        yield f"postgresql+psycopg2://cnnlab@127.0.0.1:{port}/postgres"
    finally:
        process.terminate()
        process.wait(timeout=30)
        shutil.rmtree(folder)
        log_file.unlink()


@contextlib.contextmanager
def mlflow_server(behind: str, folder: Path) -> Generator[MlflowServer]:
    """A started server over 'SQLite' or 'PostgreSQL'."""
    if not MLFLOW.exists():
        pytest.skip(f"The whole MLflow {INSTALLS}")
    with contextlib.ExitStack() as stack:
        sqlite = f"sqlite:///{folder}/server.db"
        server = MlflowServer(sqlite if behind == "SQLite" else stack.enter_context(postgresql()), folder)
        stack.callback(server.kill)
        server.start()
        yield server
