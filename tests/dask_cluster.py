"""A Dask cluster by the commands of the README: a scheduler and workers, each a process of its own.

The workers know cnnlab as a package in another folder, not this checkout.
"""

import contextlib
import os
import re
import shlex
import shutil
import subprocess
import sys
from collections.abc import Generator, Mapping
from pathlib import Path

import psutil

from tests.servers import ROOT, free_port

WRITTEN = "tcp://127.0.0.1:8786"  # the address that the README's commands have


def written_command(beginning: str) -> list[str]:
    """The one line of the README's blocks of commands that begins so, split into its words."""
    blocks = re.findall(r"```sh\n(.*?)```", (ROOT / "README.md").read_text("utf-8"), re.DOTALL)
    [line] = [line for block in blocks for line in block.splitlines() if line.startswith(beginning)]
    return shlex.split(line)


class DaskCluster:
    """One scheduler, at an address that stays the same, and any number of workers."""

    def __init__(self, folder: Path, environment: Mapping[str, str], protocol: str = "tcp") -> None:
        """`folder`: where the package and the logs are; `environment`: of all the processes besides ours."""
        self.address = f"{protocol}://127.0.0.1:{free_port()}"
        self._folder = folder
        shutil.copytree(
            ROOT / "cnnlab", folder / "package/cnnlab", ignore=shutil.ignore_patterns("__pycache__")
        )
        places = [str(folder / "package"), os.environ.get("PYTHONPATH", "")]
        self._environment = os.environ | environment | {"PYTHONPATH": os.pathsep.join(filter(None, places))}
        self._processes: list[subprocess.Popen] = []
        self._workers: list[subprocess.Popen] = []
        self._scheduler: subprocess.Popen | None = None

    def start_scheduler(self) -> None:
        """Starts it at the address, and does not wait for it."""
        protocol, _, port = self.address.partition("://127.0.0.1:")
        words = written_command("dask scheduler")
        words[words.index("--port") + 1] = port
        self._scheduler = self._start(*words[1:], "--protocol", protocol)

    def start_worker(self) -> subprocess.Popen:
        """Starts a worker below its nanny, and does not wait until it is warm."""
        words = [self.address if word == WRITTEN else word for word in written_command("dask worker")]
        worker = self._start(*words[1:], "--local-directory", str(self._folder))
        self._workers.append(worker)
        return worker

    def workers(self) -> list[subprocess.Popen]:
        """Those that have been started and not ended."""
        return [process for process in self._workers if process.poll() is None]

    def switch_off_machine_of(self, worker: psutil.Process) -> None:
        """Ends a worker's process and the nanny that would start it again, at once."""
        [nanny] = [process for process in self.workers() if worker.pid in _below(process)]
        kill(nanny)

    def run_python(self, program: str, *arguments: str) -> str:
        """What a program prints that uses the cluster, in a process with the package and the settings."""
        return subprocess.run(
            [sys.executable, "-c", program, *arguments],
            cwd=self._folder,
            env=self._environment | {"CNNLAB_SCHEDULER": self.address},
            check=True,
            capture_output=True,
            text=True,
            timeout=240,
        ).stdout

    def kill_scheduler(self) -> None:
        """Ends it at once, as `kill -9` does."""
        assert self._scheduler
        kill(self._scheduler)

    def log(self) -> str:
        """What all processes have said."""
        return "".join(path.read_text(errors="replace") for path in sorted(self._folder.glob("*.log")))

    def end(self) -> None:
        """Ends all processes at once."""
        for process in self._processes:
            kill(process)

    def _start(self, *command: str) -> subprocess.Popen:
        with (self._folder / f"{len(self._processes)}-{command[0]}.log").open("wb") as log:
            process = subprocess.Popen(
                [sys.executable, "-m", "dask", *command],
                cwd=self._folder,
                env=self._environment,
                stdout=log,
                stderr=log,
            )
        self._processes.append(process)
        return process


def _below(process: subprocess.Popen) -> set[int]:
    """The ids of all processes below one."""
    return {each.pid for each in psutil.Process(process.pid).children(recursive=True)}


def kill(process: subprocess.Popen) -> None:
    """Ends a process and those below it at once, as where its machine is switched off."""
    with contextlib.suppress(psutil.NoSuchProcess):  # it may have ended by itself
        above = psutil.Process(process.pid)
        for each in (above, *above.children(recursive=True)):
            with contextlib.suppress(psutil.NoSuchProcess):
                each.kill()
    process.wait()


@contextlib.contextmanager
def dask_cluster(
    folder: Path, environment: Mapping[str, str], workers: int, protocol: str = "tcp"
) -> Generator[DaskCluster]:
    """A started cluster, whose workers may still be warming up."""
    cluster = DaskCluster(folder, environment, protocol)
    try:
        cluster.start_scheduler()
        for _ in range(workers):
            cluster.start_worker()
        yield cluster
    finally:
        cluster.end()
