"""The processes that a benchmark runs in, and what they run on."""

import contextlib
import multiprocessing
import os
import platform
from collections.abc import Callable, Generator
from concurrent.futures import ProcessPoolExecutor
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

from cnnlab.trainer.cluster import DASK_SETTINGS

LIBRARIES = ("tensorflow", "keras", "torch", "numpy", "mlflow-skinny", "distributed")
Call = Callable[..., Any]


def worker_environment() -> dict[str, str]:
    """What cnnlab puts into the environment of its workers."""
    return DASK_SETTINGS["distributed.nanny.pre-spawn-environ"]


@contextlib.contextmanager
def process(environment: dict[str, str], prepare: Callable[[], None]) -> Generator[Call]:
    """A process of its own for as long as the block lasts, which stays warm between calls.

    Args:
        environment: Set there before it begins, beside what is set here.
        prepare: Called there once.

    Yields `call(function, *arguments)`, which calls the function there, gives what it returns and raises
    what it raises.
    """
    with ProcessPoolExecutor(1, multiprocessing.get_context("spawn")) as pool:
        with _environment(environment):
            ready = pool.submit(prepare)

        def call(function: Callable[..., Any], *arguments: Any) -> Any:
            ready.result()
            return pool.submit(function, *arguments).result()

        yield call


@contextlib.contextmanager
def _environment(changes: dict[str, str]) -> Generator[None]:
    before = dict(os.environ)
    os.environ.update(changes)
    try:
        yield
    finally:
        os.environ.clear()
        os.environ.update(before)


def machine() -> dict[str, Any]:
    """Processor, cores, device and the versions that matter; for a process that has loaded Keras."""
    import keras

    from cnnlab.worker import device

    return {
        "processor": _processor(),
        "cores": os.cpu_count(),
        "device": device.name(),
        "Keras backend": keras.backend.backend(),
        "Python": platform.python_version(),
        **{library: number for library in LIBRARIES if (number := _version(library))},
    }


def _version(library: str) -> str | None:
    try:
        return version(library)
    except PackageNotFoundError:  # PyTorch and, on another backend, TensorFlow need not be there
        return None


def _processor() -> str:
    """The processor's name, which Linux tells in /proc/cpuinfo only."""
    cpuinfo = Path("/proc/cpuinfo")
    lines = cpuinfo.read_text().splitlines() if cpuinfo.exists() else []
    names = [line.partition(":")[2].strip() for line in lines if line.startswith("model name")]
    return names[0] if names else platform.processor() or platform.machine()
