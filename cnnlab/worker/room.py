"""Whether a training fits the memory that is left for it on a CPU, judged before it begins.

A training that begins anyway and finds no memory fails alone (`cnnlab.worker.memory`); one that the system
or Dask's nanny has to end takes its worker along. On a GPU the memory of the machine does not matter:
`cnnlab.worker.shared_gpu` is about a GPU's.
"""

import contextlib
import ctypes
import gc
import sys

import psutil

from cnnlab.errors import OutOfMemory
from cnnlab.spec import RunSpec, network_title
from cnnlab.words import listing
from cnnlab.worker.needs import controls_of, needs_of

COPIES = 16  # of the weights, with those that are on their way into the store
BESIDES = 256 * 2**20  # bytes, for the whole data set and what the backend takes for itself
NANNYS_SHARE = 0.95  # of its limit, at which Dask's nanny ends a worker
GIB = 2**30


def needed_bytes(spec: RunSpec) -> int:
    """An estimate of the memory that a training takes on a CPU, beyond that of a process that is warm.

    It was 1.1 to 2.0 times what eleven networks took (`python -m tests.benchmarks.memory`); a tiny one takes
    less than the constant. The images of an evaluation count a quarter more: convolutions want room of their
    own there, too.
    """
    needs = needs_of(spec, COPIES)
    return needs.total + needs.tested_maps // 4 + BESIDES


def require_room(spec: RunSpec, limit: int | None = None) -> None:
    """Raises `OutOfMemory` where a training needs more than is left for this process.

    `limit`: what the process may take in all, in bytes; None where only the machine's memory limits it.
    """
    needed = needed_bytes(spec)
    if needed <= free_bytes(limit):
        return
    _give_back()  # what earlier trainings of this process have left
    left = free_bytes(limit)
    if needed > left:
        raise OutOfMemory(_too_much(spec, needed, left, "is left"))


def require_limit(spec: RunSpec, limit: int | None) -> None:
    """Raises `OutOfMemory` where a training needs more than a worker may ever take; None for no limit."""
    needed = needed_bytes(spec)
    if limit and needed > NANNYS_SHARE * limit:
        raise OutOfMemory(_too_much(spec, needed, limit, "is all that a worker may take"))


def free_bytes(limit: int | None) -> int:
    """What this process may still take: of the machine's free memory, of its own limits."""
    process = psutil.Process()
    left = [psutil.virtual_memory().available]
    if limit:
        left.append(int(NANNYS_SHARE * limit) - process.memory_info().rss)
    if sys.platform == "linux":
        import resource  # not on Windows

        most, _ = resource.getrlimit(resource.RLIMIT_AS)
        if most != resource.RLIM_INFINITY:
            left.append(most - process.memory_info().vms)
    return max(0, min(left))


def _give_back() -> None:
    """Hands freed memory back to the system, which glibc keeps for the next training."""
    gc.collect()
    with contextlib.suppress(OSError, AttributeError):  # another C library
        ctypes.CDLL("libc.so.6").malloc_trim(0)


def _too_much(spec: RunSpec, needed: int, left: int, what: str) -> str:
    controls = listing([f"'{title}'" for title in controls_of(spec, needs_of(spec, COPIES))], "or")
    return (
        f"{network_title(spec.model)} is estimated to need {needed / GIB:.1f} GiB of memory in training, and "
        f"{left / GIB:.1f} GiB {what}: lower {controls}."
    )
