"""Servers that tests start: MLflow's, and PostgreSQL behind it, which `tests/run.sh` installs."""

import contextlib
import os
import shutil
import signal
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
NO_JOBS = {"MLFLOW_SERVER_ENABLE_JOB_EXECUTION": "false"}  # of MLflow itself, which take long to start
SECONDS = 180


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
        self.database: PostgresqlServer | None = None

    def start(self) -> None:
        """Starts it, and waits until it answers."""
        environment = os.environ | {"MLFLOW_DISABLE_TELEMETRY": "true", **NO_JOBS}
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


def process_at(address: str) -> psutil.Process:
    """The process that this one has started and that listens there."""
    port = int(address.rpartition(":")[2])
    started = psutil.Process().children()
    [server] = [
        each for each in started if any(port == used.laddr.port for used in each.net_connections("inet"))
    ]
    return server


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


class PostgresqlServer:
    """A database server of its own, which can be stopped and started again."""

    def __init__(self, folder: Path) -> None:
        """Makes an empty database in `folder`."""
        # It refuses to run as root, and its own user cannot read pytest's folders.
        self._owner = {"user": "postgres", "group": "postgres"} if os.geteuid() == 0 else {}
        if self._owner:
            shutil.chown(folder, **self._owner)
        self._folder, self._data, self._port = folder, folder / "data", free_port()
        self._log = folder.with_suffix(".log")
        self._process: subprocess.Popen | None = None
        self.address = f"postgresql+psycopg2://cnnlab@127.0.0.1:{self._port}/postgres"
        initialize = [postgresql_program("initdb"), "--pgdata", str(self._data), "--auth", "trust"]
        subprocess.run(
            [*initialize, "--no-sync", "--username", "cnnlab"],
            check=True,
            cwd=folder,
            stdout=subprocess.DEVNULL,
            **self._owner,
        )

    def start(self) -> None:
        """Starts it, and waits until it answers."""
        place = ("-D", str(self._data), "-p", str(self._port), "-k", str(self._folder))
        options = ("-c", "listen_addresses=127.0.0.1", "-c", "fsync=off")
        with self._log.open("ab") as log:
            self._process = subprocess.Popen(
                [postgresql_program("postgres"), *place, *options],
                cwd=self._folder,
                stdout=log,
                stderr=log,
                **self._owner,
            )
        host = ("--host", "127.0.0.1", "--port", str(self._port))
        ready = [postgresql_program("pg_isready"), "--quiet", *host]
        wait_for(lambda: subprocess.run(ready, check=False).returncode == 0, self._process, self._log)

    def stop(self) -> None:
        """Ends it at once; whatever is connected is cut off, and what was committed is kept."""
        if self._process:
            self._process.send_signal(signal.SIGQUIT)  # 'immediate shutdown'
            self._process.wait(timeout=30)
            self._process = None

    def remove(self) -> None:
        """Ends it, and deletes all of it."""
        self.stop()
        shutil.rmtree(self._folder)
        self._log.unlink()


@contextlib.contextmanager
def postgresql() -> Generator[PostgresqlServer]:
    """A started server, which keeps nothing."""
    if not postgresql_program("initdb"):
        pytest.skip(f"PostgreSQL {INSTALLS}")
    server = PostgresqlServer(Path(tempfile.mkdtemp(prefix="cnnlab-postgresql-")))
    try:
        server.start()
        yield server
    finally:
        server.remove()


@contextlib.contextmanager
def mlflow_server(behind: str, folder: Path) -> Generator[MlflowServer]:
    """A started server over 'SQLite' or 'PostgreSQL'."""
    if not MLFLOW.exists():
        pytest.skip(f"The whole MLflow {INSTALLS}")
    with contextlib.ExitStack() as stack:
        database = stack.enter_context(postgresql()) if behind == "PostgreSQL" else None
        server = MlflowServer(database.address if database else f"sqlite:///{folder}/server.db", folder)
        server.database = database
        stack.callback(server.kill)
        server.start()
        yield server
