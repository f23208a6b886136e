"""Who trains a run, whether that process is still alive, and what becomes of the run if it is not.

A waiting run belongs to the process that created it, a training run to the process that trains it. That
process writes the time into the run every few seconds (`cnnlab.runs.heartbeat`). Whoever reads a run whose
process is dead ends it, so that nobody has to wait for it.
"""

import logging
import socket
import time
from pathlib import Path
from typing import TYPE_CHECKING, Literal

import psutil
from pydantic import BaseModel, ConfigDict, ValidationError

from cnnlab.errors import StoreUnavailable
from cnnlab.runs import store, tags

if TYPE_CHECKING:
    from mlflow.entities import Run as MlflowRun

SILENCE_SECONDS = 120.0  # after which a process that writes the time every few seconds counts as dead
INTERRUPTED = (
    "Interrupted: the program that trained this run ended before the training did. What it had stored is "
    "kept, and 'Continue' goes on from there."
)
WORKER_DIED = "The worker that trained this run died: it ran out of memory, or was ended from outside."
ACTIVE = ("SCHEDULED", "RUNNING")

Life = Literal["alive", "dead", "unknown"]

log = logging.getLogger(__name__)


class Process(BaseModel):
    """A process, described so that another one can tell whether it still runs."""

    model_config = ConfigDict(frozen=True)

    host: str
    pid: int
    created: int
    """When it started, in seconds since 1970."""
    namespace: str = ""
    """Of its process ids: in another container the same id means another process. Empty if unknown."""

    @property
    def here(self) -> bool:
        """Whether this machine can see it."""
        return self.host == socket.gethostname() and self.namespace in ("", _namespace())

    @property
    def exists(self) -> bool:
        """Whether it runs on this machine."""
        try:
            return int(psutil.Process(self.pid).create_time()) == self.created
        except psutil.NoSuchProcess:
            return False


def this_process() -> Process:
    """The process that calls."""
    process = psutil.Process()
    return Process(
        host=socket.gethostname(),
        pid=process.pid,
        created=int(process.create_time()),
        namespace=_namespace(),
    )


def _namespace() -> str:
    file = Path("/proc/self/ns/pid")
    return str(file.readlink()) if file.is_symlink() else ""


def life(owner: Process | None, alive_at: float | None, now: float) -> Life:
    """Whether a process lives.

    Args:
        owner: The process; None if nothing readable says which it is.
        alive_at: When it last wrote that it lives, in seconds since 1970; None if it never did.
        now: The present time, in seconds since 1970.
    """
    if owner and owner.here and not owner.exists:
        return "dead"
    if alive_at is not None:
        return "dead" if now - alive_at > SILENCE_SECONDS else "alive"
    return "alive" if owner and owner.here else "unknown"


def life_of(run: "MlflowRun") -> Life:
    """Whether the process of an active run lives."""
    return life(_owner(run), alive_at(run), time.time())


def alive_at(run: "MlflowRun") -> float | None:
    """When the process of a run last wrote that it lives, in seconds since 1970; None if it never did."""
    try:
        return float(run.data.tags.get(tags.ALIVE, ""))
    except ValueError:
        return None


def is_left(run: "MlflowRun") -> bool:
    """Whether the process of a run was one of this machine, and is gone for certain."""
    owner = _owner(run)
    return owner is not None and owner.here and not owner.exists


def is_owned_here(run: "MlflowRun") -> bool:
    """Whether a run belongs to the process that calls."""
    return _owner(run) == this_process()


def is_of_another_process(run: "MlflowRun") -> bool:
    """Whether a run says that another process owns it than the one that calls, or that none does."""
    return tags.OWNER in run.data.tags and not is_owned_here(run)


def is_handed_over_twice(run: "MlflowRun") -> bool:
    """Whether a run is trained and belongs to nobody.

    So it is where a second dashboard handed it to the cluster in the moment in which its training began
    (`lifecycle.wait_in_cluster`): it had seen it wait, and said after the start that it still did.
    """
    trained = run.info.status == "RUNNING" or bool(run.data.tags.get(tags.INTERRUPTED))
    return trained and run.data.tags.get(tags.OWNER) == ""


def own(run_id: str, task: str) -> None:
    """Makes a run this process's own, and that of the task of Dask, unless that is empty."""
    owner = {tags.OWNER: this_process().model_dump_json()}
    store.write_tags(run_id, owner | ({tags.TASK: task} if task else {}))


def may_live_elsewhere(run: "MlflowRun") -> bool:
    """Whether the process of a run may still work on it where this machine cannot see that."""
    owner = _owner(run)
    return owner is not None and not owner.here


def _owner(run: "MlflowRun") -> Process | None:
    """None where the tag is missing, or was written by something else."""
    try:
        return Process.model_validate_json(run.data.tags.get(tags.OWNER) or "null")
    except ValidationError:
        return None


def up_to_date(run: "MlflowRun") -> "MlflowRun":
    """The run as it is, after ending it if it is active and its process is dead."""
    if run.info.status not in ACTIVE or life_of(run) != "dead":
        return run
    try:
        return interrupt(run.info.run_id)
    except StoreUnavailable as error:  # the store is busy; the next reader tries again
        log.warning("Run %s could not be marked as interrupted: %s", run.info.run_id, error)
        return run


def interrupt(run_id: str) -> "MlflowRun":
    """Ends a run for its dead process, unless the process has ended the run itself meanwhile."""
    client = store.client()
    run = client.get_run(run_id)
    if run.info.status in ACTIVE and life_of(run) == "dead":
        values = {tags.REASON: INTERRUPTED, tags.INTERRUPTED: "yes", tags.ACTIVITY: ""}
        store.write_tags(run_id, values)
        client.set_terminated(run_id, "FAILED")
        run = client.get_run(run_id)
    return run
