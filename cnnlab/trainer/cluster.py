"""The embedded trainer: `python -m cnnlab.trainer.cluster`, a Dask scheduler with its warm workers.

A process of its own, since `multiprocessing` would execute the program that starts it a second time,
and because a crash must not take the dashboard along. It listens on the loopback interface only, says
in a file where it can be found, and ends when its standard input is closed: with the dashboard,
however that ends. As a Dask preload, this file also warms each worker up before it takes its first task.
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

CPU_WORKERS = 2  # a model and its baseline train at the same time and share the cores
NICENESS = 10  # of a worker without a GPU; 0 is everybody else's, 19 the most
DASK_SETTINGS = {
    "distributed.scheduler.allowed-failures": 0,  # a training is never begun twice
    # By default SpecCluster gives a worker's place up for good where the next one is not warm after 15 s.
    "distributed.deploy.lost-worker-timeout": "365 days",
    # What must be in a worker's environment before it begins. Dask would hold it to one thread and give
    # memory back to the system at every step; feature maps want it again at the next.
    "distributed.nanny.pre-spawn-environ": {
        "MALLOC_ARENA_MAX": "2",
        "MALLOC_MMAP_THRESHOLD_": str(1 << 30),
        "MALLOC_TRIM_THRESHOLD_": str(1 << 28),
        "TF_CPP_MIN_LOG_LEVEL": "3",
    },
}


def visible_gpus() -> list[str]:
    """The GPUs that a process here may use, as CUDA_VISIBLE_DEVICES names them."""
    chosen = os.environ.get("CUDA_VISIBLE_DEVICES")
    if chosen is not None:
        return [name for name in chosen.split(",") if name not in ("", "-1")]
    if shutil.which("nvidia-smi") is None:
        return []
    query = ["nvidia-smi", "--query-gpu=index", "--format=csv,noheader"]
    listed = subprocess.run(query, capture_output=True, text=True, timeout=30, check=False)
    return listed.stdout.split() if listed.returncode == 0 else []


def worker_specs() -> dict[str, dict[str, Any]]:
    """Dask's description of the workers: one a GPU, or `CPU_WORKERS` without one."""
    gpus = visible_gpus()
    environments = [{"CUDA_VISIBLE_DEVICES": gpu} for gpu in gpus] or [{}] * CPU_WORKERS
    return {
        f"worker-{number}": {"cls": Nanny, "options": _worker_options(environment, len(environments))}
        for number, environment in enumerate(environments, start=1)
    }


def _worker_options(environment: dict[str, str], workers: int) -> dict[str, Any]:
    return {
        "host": "127.0.0.1",
        "nthreads": 3,  # one for a training, one for a measurement, one for short inspections meanwhile
        "resources": {"training": 1, "measuring": 1},
        "memory_limit": f"{1 / workers:.3f}",
        "preload": ["cnnlab.trainer.cluster"],
        "env": environment,
    }


def dask_setup(worker: Worker) -> None:
    """Dask's preload hook: the worker joins the scheduler once it is warm.

    Where it shares the cores with the pages and the browser, it gives way to them. All threads that it
    will train with are started from here, and inherit that.
    """
    if not visible_gpus() and hasattr(os, "nice"):
        os.nice(NICENESS)
    train.warm_up()


async def serve(
    announce: Callable[[str, int], None], end: Callable[[], Awaitable[object]], port: int = 0
) -> None:
    """Runs scheduler and workers until `end` comes.

    Args:
        announce: Called with the scheduler's address and the number of workers, once all are warm.
        end: Called after that; what it returns is waited for.
        port: The scheduler's; 0 for any that is free.

    A scheduler that cannot start, such as on a port that is taken, raises `RuntimeError` (Dask's own).
    """
    scheduler = {"cls": Scheduler, "options": {"host": "127.0.0.1", "port": port, "dashboard": False}}
    specs = worker_specs()
    with dask.config.set(DASK_SETTINGS):
        async with SpecCluster(specs, scheduler=scheduler, asynchronous=True) as cluster:
            await asyncio.to_thread(runs.end_orphans)
            announce(cluster.scheduler_address, len(specs))
            await end()


def write_scheduler_file(path: Path, address: str, workers: int) -> None:
    """Says where the scheduler is, in a file that is there whole or not at all."""
    partial = path.with_suffix(".partial")
    partial.write_text(json.dumps({"address": address, "workers": workers}))
    partial.replace(path)


if __name__ == "__main__":
    announce_in_file = functools.partial(write_scheduler_file, Path(sys.argv[1]))
    asyncio.run(serve(announce_in_file, lambda: asyncio.to_thread(sys.stdin.read)))
