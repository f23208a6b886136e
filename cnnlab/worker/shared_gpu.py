"""One GPU for two trainings at once: how much memory each is estimated to need, and which one has to wait.

On a machine with one GPU two workers share it, so that a small model and its baseline train at the same time.
A training that needs a larger share of the memory has the GPU to itself. The workers agree by a lock of the
operating system, which ends with the process that holds it.
"""

import contextlib
import os
import time
from collections.abc import Callable, Generator
from pathlib import Path
from tempfile import gettempdir
from typing import IO, TypeGuard

from cnnlab.spec import RunSpec
from cnnlab.spec.orders import Orders
from cnnlab.worker.needs import needs_of

SHARED = "CNNLAB_SHARED_GPU"  # variable that hands 'bytes name' of the GPU to its workers; not for people
WORKERS = 2  # on one GPU
LEAST_BYTES = 4 * 2**30  # of a GPU that is shared: each process takes some 0.5 GiB before it computes
CONTEXT_BYTES = 600 * 2**20
SMALL_SHARE = 0.4  # of the memory: two of them leave room for what the estimate leaves out
LOOK_SECONDS = 0.5  # between two looks whether the GPU is free
WAITING = "waiting for the memory of the GPU"


def can_be_shared(memory: int | None) -> TypeGuard[int]:
    """Whether two workers can share a GPU with so many bytes of memory; None where that is not known."""
    return memory is not None and memory >= LEAST_BYTES and os.name == "posix"


def environment(gpu: str, memory: int) -> dict[str, str]:
    """The variables of each worker on a shared GPU, named as in CUDA_VISIBLE_DEVICES."""
    # JAX would take three quarters of the memory at once; TensorFlow and PyTorch take it as they need it.
    return {SHARED: f"{memory} {gpu}", "XLA_PYTHON_CLIENT_PREALLOCATE": "false"}


def needed_bytes(spec: RunSpec) -> int:
    """An estimate of the GPU memory that a training takes, with what a process takes before it computes."""
    return needs_of(spec).total + CONTEXT_BYTES


@contextlib.contextmanager
def room_for(spec: RunSpec, control: Callable[[], Orders], note: Callable[[str], None]) -> Generator[None]:
    """Holds the GPU's memory for a training, as long as the block lasts; waits until there is room.

    Args:
        spec: What is trained.
        control: The orders in force; a training that is to end waits no longer, and ends at its first step.
        note: Called with a sentence where it has to wait, and with an empty text once it need not.

    Where no GPU is shared there is always room.
    """
    shared = os.environ.get(SHARED)
    if not shared:
        yield
        return
    memory, _, gpu = shared.partition(" ")
    small = needed_bytes(spec) <= SMALL_SHARE * int(memory)
    waiting = _Waiting(control, note)
    with _lock_file(gpu, "room") as room:
        # A large training waits in the door until the room is empty: small ones that come later wait behind.
        with _lock_file(gpu, "door") as door:
            waiting.take(door, alone=True)
            waiting.take(room, alone=not small)
        waiting.end()
        yield  # closing the file gives the lock back


def _lock_file(gpu: str, name: str) -> IO[bytes]:
    return (Path(gettempdir()) / f"cnnlab-gpu-{gpu.replace('/', '-')}-{name}.lock").open("ab")


class _Waiting:
    """A training that waits for locks, and says so."""

    def __init__(self, control: Callable[[], Orders], note: Callable[[str], None]) -> None:
        self._control = control
        self._note = note
        self._noted = False

    def take(self, lock: IO[bytes], alone: bool) -> None:
        """Waits until no other process holds the lock, or where not `alone`, until none holds it alone."""
        import fcntl  # not on Windows, where no GPU is shared

        kind = fcntl.LOCK_EX if alone else fcntl.LOCK_SH
        while not self._control().ending:
            with contextlib.suppress(BlockingIOError):
                fcntl.flock(lock, kind | fcntl.LOCK_NB)
                return
            if not self._noted:
                self._note(WAITING)
                self._noted = True
            time.sleep(LOOK_SECONDS)

    def end(self) -> None:
        """Takes back what was said."""
        if self._noted:
            self._note("")
