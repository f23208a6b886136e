"""The embedded trainer: `python -m cnnlab.trainer.cluster`, a Dask scheduler with its warm workers.

It runs in a process of its own: `multiprocessing` executes the main program a second time, which in the
dashboard would be Streamlit's, and a crash must not end the dashboard. It listens on the loopback interface
only, writes its address to a file, and ends when its standard input is closed, so that it never outlives
the dashboard. As a Dask preload (`dask worker --preload cnnlab.trainer.cluster`), this file also prepares
each worker before its first task.
"""

import asyncio
import functools
import json
import os
import shutil
import subprocess
import sys
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import dask
from distributed import Nanny, Scheduler, SpecCluster, Worker

from cnnlab import runs
from cnnlab.worker import train
from cnnlab.worker.state import WorkerState

CPU_WORKERS = 2  # a model and its baseline train at the same time and share the cores
NICENESS = 10  # of a worker without a GPU; other processes have 0, the lowest priority is 19
DASK_SETTINGS = {
    "distributed.scheduler.allowed-failures": 0,  # a task whose worker dies is not started again
    # By default SpecCluster stops replacing a dead worker whose successor is not warm after 15 s.
    "distributed.deploy.lost-worker-timeout": "365 days",
    # Replaces Dask's defaults, which allow one thread and return freed memory to the system at once: each
    # training step would have to ask for the memory of its feature maps again.
    "distributed.nanny.pre-spawn-environ": {
        "MALLOC_ARENA_MAX": "2",
        "MALLOC_MMAP_THRESHOLD_": str(1 << 30),
        "MALLOC_TRIM_THRESHOLD_": str(1 << 28),
        "TF_CPP_MIN_LOG_LEVEL": "3",
    },
}


def visible_gpus() -> list[str]:
    """The GPUs that this process may use, named as in CUDA_VISIBLE_DEVICES."""
    chosen = os.environ.get("CUDA_VISIBLE_DEVICES")
    if chosen is not None:
        return [name for name in chosen.split(",") if name not in ("", "-1")]
    if shutil.which("nvidia-smi") is None:
        return []
    query = ["nvidia-smi", "--query-gpu=index", "--format=csv,noheader"]
    listed = subprocess.run(query, capture_output=True, text=True, timeout=30, check=False)
    return listed.stdout.split() if listed.returncode == 0 else []


def worker_specs() -> dict[str, dict[str, Any]]:
    """Dask's description of the workers by name: one for each GPU, or `CPU_WORKERS` without one."""
    gpus = visible_gpus()
    environments = [{"CUDA_VISIBLE_DEVICES": gpu} for gpu in gpus] or [{}] * CPU_WORKERS
    return {
        f"worker-{number}": {"cls": Nanny, "options": _worker_options(environment, len(environments))}
        for number, environment in enumerate(environments, start=1)
    }


def _worker_options(environment: dict[str, str], workers: int) -> dict[str, Any]:
    return {
        "host": "127.0.0.1",
        "nthreads": 3,  # one each for a training, a measurement and short questions
        "resources": {"training": 1, "measuring": 1},
        "memory_limit": f"{1 / workers:.3f}",
        "preload": ["cnnlab.trainer.cluster"],
        "env": environment,
    }


async def dask_setup(worker: Worker) -> None:
    """Dask's preload hook: prepares a worker before it joins the scheduler.

    A worker without a GPU shares the cores with the dashboard and the browser, so it lowers its own
    priority, which the threads that train inherit.
    """
    if not visible_gpus() and hasattr(os, "nice"):
        os.nice(NICENESS)
    train.warm_up()
    await worker.plugin_add(WorkerState(), WorkerState.name)


async def serve(
    announce: Callable[[str, int], None], end: Callable[[], Awaitable[object]], port: int = 0
) -> None:
    """Runs scheduler and workers until `end` returns.

    Args:
        announce: Called with the scheduler's address and the number of workers, once all are warm.
        end: Called and awaited after that.
        port: The scheduler's; 0 for any free one.

    Raises Dask's `RuntimeError` where the scheduler cannot start, such as on a port in use.
    """
    scheduler = {"cls": Scheduler, "options": {"host": "127.0.0.1", "port": port, "dashboard": False}}
    specs = worker_specs()
    with dask.config.set(DASK_SETTINGS):
        async with SpecCluster(specs, scheduler=scheduler, asynchronous=True) as cluster:
            await asyncio.to_thread(runs.end_orphans)
            announce(cluster.scheduler_address, len(specs))
            await end()


def write_scheduler_file(path: Path, address: str, workers: int) -> None:
    """Writes the scheduler's address and the number of workers as JSON; readers never see half a file."""
    partial = path.with_suffix(".partial")
    partial.write_text(json.dumps({"address": address, "workers": workers}))
    partial.replace(path)


if __name__ == "__main__":
    announce_in_file = functools.partial(write_scheduler_file, Path(sys.argv[1]))
    asyncio.run(serve(announce_in_file, lambda: asyncio.to_thread(sys.stdin.read)))
