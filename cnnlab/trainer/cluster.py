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
import sys
import threading
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import dask
import psutil
from distributed import Nanny, Scheduler, SpecCluster, Status, Worker

from cnnlab import runs
from cnnlab.worker import device, gpus, train
from cnnlab.worker.state import WorkerState

WORKER = "worker-"  # how the names of the workers begin
CPU_WORKERS = 2  # a model and its baseline train at the same time and share the cores
STORE_AFTER = 2.0  # seconds for which a warm worker joins before it opens the store, unless it trains already
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


def worker_specs(found: gpus.Gpus) -> dict[str, dict[str, Any]]:
    """Dask's description of the workers by name; see `gpus.worker_environments`."""
    environments = gpus.worker_environments(found, CPU_WORKERS)
    return {
        f"{WORKER}{number}": {"cls": Nanny, "options": _worker_options(environment, len(environments))}
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
    """Dask's preload hook: prepares a worker before it joins the scheduler."""
    if is_second(str(worker.name)) and not gpus.visible_gpus():
        lower_priority()
    train.warm_up()
    if not gpus.visible_gpus():
        lower_priority()
    opening = threading.Timer(STORE_AFTER, train.open_store)
    opening.daemon = True
    opening.start()
    if gpus.PROBLEM not in os.environ:  # a worker that 'dask worker' started
        os.environ[gpus.PROBLEM] = gpus.problem_beside(device.name())
    await worker.plugin_add(WorkerState(), WorkerState.name)


def is_second(name: str) -> bool:
    """Whether nobody waits for a worker before they train: each of the embedded trainer but the first."""
    return name.startswith(WORKER) and name != f"{WORKER}1"


def lower_priority() -> None:
    """Lets the dashboard and the browser go before a worker that shares the cores with them.

    The first worker does so after its warm-up, which a person waits for, the others at once. On Linux every
    thread has a priority of its own, which threads that it starts inherit; the backend's may exist by now.
    """
    if sys.platform == "linux":
        for thread in psutil.Process().threads():
            os.setpriority(os.PRIO_PROCESS, thread.id, NICENESS)
    elif hasattr(os, "setpriority"):  # not on Windows
        os.setpriority(os.PRIO_PROCESS, 0, NICENESS)


async def serve(
    announce: Callable[[str, int], None],
    end: Callable[[], Awaitable[object]],
    port: int = 0,
    ready: Callable[[], None] = lambda: None,
    found: gpus.Gpus | None = None,
) -> None:
    """Runs scheduler and workers until `end` returns.

    Args:
        announce: Called with the scheduler's address and the number of workers, before these are warm.
        end: Called and awaited once all workers are warm.
        port: The scheduler's; 0 for any free one.
        ready: Called once all workers are warm.
        found: The GPUs for the workers; found out here by default.

    Raises Dask's `RuntimeError` where the scheduler cannot start, such as on a port in use.
    """
    # Without a dashboard Dask still answers HTTP, by default on a fixed port of every interface.
    options = {"host": "127.0.0.1", "port": port, "dashboard": False, "dashboard_address": "127.0.0.1:0"}
    scheduler = {"cls": Scheduler, "options": options}
    specs = worker_specs(found or await asyncio.to_thread(gpus.find))
    with dask.config.set(DASK_SETTINGS):
        cluster = SpecCluster(specs, scheduler=scheduler, asynchronous=True)
        announcing = asyncio.create_task(_announce_when_listening(cluster, announce, len(specs)))
        try:
            async with cluster:
                await announcing
                # Not before: it loads MLflow, while a person waits for the first page and the workers.
                threading.Thread(target=runs.end_dead, name="end-dead-runs", daemon=True).start()
                ready()
                await end()
        finally:
            announcing.cancel()


async def _announce_when_listening(
    cluster: SpecCluster, announce: Callable[[str, int], None], workers: int
) -> None:
    """Announces the scheduler before its workers are warm, so that the first of them can be used at once."""
    while cluster.scheduler is None or cluster.scheduler.status != Status.running:
        await asyncio.sleep(0.02)
    announce(cluster.scheduler.address, workers)


def write_scheduler_file(path: Path, address: str, workers: int) -> None:
    """Writes the scheduler's address and the number of workers as JSON; readers never see half a file."""
    partial = path.with_suffix(".partial")
    partial.write_text(json.dumps({"address": address, "workers": workers}))
    partial.replace(path)


if __name__ == "__main__":
    announce_in_file = functools.partial(write_scheduler_file, Path(sys.argv[1]))
    asyncio.run(serve(announce_in_file, lambda: asyncio.to_thread(sys.stdin.read)))
