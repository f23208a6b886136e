"""The processes in which the competitors run, and the machine they run on."""

import contextlib
import multiprocessing
import os
import platform
import signal
from collections.abc import Callable, Generator
from concurrent.futures import ProcessPoolExecutor
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any, TypeAlias

from cnnlab.trainer.cluster import DASK_SETTINGS

LIBRARIES = ("tensorflow", "keras", "torch", "numpy", "mlflow-skinny", "distributed")
Call: TypeAlias = Callable[..., Any]


def worker_environment() -> dict[str, str]:
    """The environment variables that cnnlab sets for its workers."""
    variables = DASK_SETTINGS["distributed.nanny.pre-spawn-environ"]
    if not isinstance(variables, dict):
        raise TypeError(f"The environment of the workers must be a dict. Received: {variables!r}")
    return variables


@contextlib.contextmanager
def process(environment: dict[str, str], prepare: Callable[[], None]) -> Generator[Call]:
    """A separate process while the block lasts, which stays warm between calls.

    Args:
        environment: Environment variables of the process, in addition to those of this one.
        prepare: Called once in the process, first.

    Yields `call(function, *arguments)`, which calls the function in the process, returns its result and
    raises its exceptions. A Ctrl-C ends the process at once and without a word; to be called in the main
    thread.
    """
    with ProcessPoolExecutor(1, multiprocessing.get_context("spawn")) as pool, _ended_by_interrupts():
        with _environment(environment), _interrupts_ignored():
            ready = pool.submit(prepare)

        def call(function: Callable[..., Any], *arguments: Any) -> Any:
            ready.result()
            return pool.submit(function, *arguments).result()

        yield call


@contextlib.contextmanager
def _ended_by_interrupts() -> Generator[None]:
    """Ends the processes that were started in the block where a Ctrl-C leaves it, in the middle of a call."""
    before = multiprocessing.active_children()
    try:
        yield
    except KeyboardInterrupt:
        for child in multiprocessing.active_children():
            if child not in before:
                child.kill()
        raise


@contextlib.contextmanager
def _interrupts_ignored() -> Generator[None]:
    """A process that starts in the block ignores the Ctrl-C that its terminal sends to all at once."""
    before = signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)


@contextlib.contextmanager
def _environment(changes: dict[str, str]) -> Generator[None]:
    """Sets environment variables while the block lasts; a process that starts then has them for good."""
    before = dict(os.environ)
    os.environ.update(changes)
    try:
        yield
    finally:
        os.environ.clear()
        os.environ.update(before)


def machine() -> dict[str, Any]:
    """Processor, cores, device and versions; to be called in a process that has loaded Keras."""
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
    except PackageNotFoundError:  # PyTorch and, with another backend, TensorFlow need not be installed
        return None


def _processor() -> str:
    """The processor's name; on Linux only /proc/cpuinfo has it."""
    cpuinfo = Path("/proc/cpuinfo")
    lines = cpuinfo.read_text().splitlines() if cpuinfo.exists() else []
    names = [line.partition(":")[2].strip() for line in lines if line.startswith("model name")]
    return names[0] if names else platform.processor() or platform.machine()
