"""The life of a run: created, started, continued, ended; and ended for a program that was closed.

Who trains, and how, is not known here.
"""

import json
import socket
from typing import TYPE_CHECKING, Any

import psutil

from cnnlab.errors import RunNotReady
from cnnlab.runs import artifacts, listing, store, tags
from cnnlab.runs.run import STATUSES, Status, fingerprint
from cnnlab.spec import Role, RunSpec, flatten, network_title

if TYPE_CHECKING:
    from mlflow.entities import Run as MlflowRun

_MLFLOW_STATUSES = {status: name for name, status in STATUSES.items()}


def create(
    role: Role,
    comparison: str,
    spec: RunSpec,
    compared_with: str = "",
    *,
    name: str = "",
    study: str = "",
    study_kind: str = "",
    arm: str = "",
) -> str:
    """A new run, waiting for a trainer; returns its id.

    Args:
        role: What it is in its comparison.
        comparison: The id that it shares with the other network of its comparison.
        spec: Its settings.
        compared_with: The run that it is held against where its comparison has no other of its own.
        name: What it is called; after its network where empty.
        study: The id of the study that it is a part of; empty for a run of its own.
        study_kind, arm: Of what kind that study is, and which part of it this run is.
    """
    from mlflow.entities import Param

    listed: tags.Listed = "study" if study else "yes"
    first_tags = {
        tags.COMPARISON: comparison,
        tags.ROLE: role,
        tags.OWNER: _owner(),
        tags.LISTED: listed,
        tags.COMPARED_WITH: compared_with,
        tags.SETTINGS: fingerprint(spec),
        tags.NAME: name or network_title(spec.model),
    }
    if study:
        first_tags |= {tags.STUDY: study, tags.STUDY_KIND: study_kind, tags.ARM: arm}
    run_id = store.client().create_run(store.experiment(), tags=first_tags).info.run_id
    store.client().update_run(run_id, status="SCHEDULED")
    params = [Param(path, str(value)) for path, value in flatten(spec).items()]
    store.client().log_batch(run_id, params=params)
    artifacts.save(run_id, "spec.json", spec.model_dump_json(indent=2).encode())
    return run_id


def start(run_id: str, device: str) -> None:
    """Marks a waiting run as training. Raises `RunNotReady` where it had been started before."""
    status = store.client().get_run(run_id).info.status
    if status != "SCHEDULED":
        raise RunNotReady(f"This run cannot be trained again: it is {STATUSES[status]}.")
    store.client().set_tag(run_id, tags.DEVICE, device)
    store.client().update_run(run_id, status="RUNNING")


def note(run_id: str, text: str) -> None:
    """Says what a run is busy with besides training; an empty text takes it back."""
    store.client().set_tag(run_id, tags.ACTIVITY, text)


def hide(run_id: str) -> None:
    """Leaves a run out of the lists; it stays in the store."""
    store.client().set_tag(run_id, tags.LISTED, "no")


def reopen(run_id: str, epochs: int) -> None:
    """Lets an ended run wait for a trainer once more, to go on up to so many epochs in all.

    Raises `RunNotFound` where its network was not stored, `RunNotReady` where it has not ended.
    """
    run = listing.get(run_id)
    if run.active:
        raise RunNotReady(f"This run cannot be continued: it is {run.status}.")
    artifacts.model_file(run_id)
    longer = run.spec.model_copy(update={"training": run.spec.training.model_copy(update={"epochs": epochs})})
    changed = {
        tags.EPOCHS: str(epochs),
        tags.SETTINGS: fingerprint(longer),
        tags.REASON: "",
        tags.OWNER: _owner(),
    }
    for name, value in changed.items():
        store.client().set_tag(run_id, name, value)
    store.client().update_run(run_id, status="SCHEDULED")


def end(run_id: str, status: Status, reason: str = "") -> None:
    """Marks a run as finished, stopped or failed, with the reason; the first ending stays."""
    run = store.client().get_run(run_id)
    if run.info.status not in ("SCHEDULED", "RUNNING"):
        return
    if run.data.tags.get(tags.ACTIVITY):
        note(run_id, "")
    if reason:
        store.client().set_tag(run_id, tags.REASON, reason[:5000])
    store.client().set_terminated(run_id, _MLFLOW_STATUSES[status])


def end_orphans() -> None:
    """Marks the runs as failed whose trainers ended without a word, such as at a power cut."""
    for run in listing.unfinished(1000):
        if _orphaned(run):
            end(run.info.run_id, "failed", "The program that trained this run was closed.")


def orphaned(run_id: str) -> bool:
    """Whether the program that was to train a run is known to have ended. Raises `RunNotFound`."""
    return _orphaned(store.stored(run_id))


def _orphaned(run: "MlflowRun") -> bool:
    owner = json.loads(run.data.tags.get(tags.OWNER, "null"))
    return bool(owner) and owner["host"] == socket.gethostname() and not _alive(owner)


def _owner() -> str:
    """This process, so that a later one can tell whether it still lives."""
    process = psutil.Process()
    return json.dumps(
        {"host": socket.gethostname(), "pid": process.pid, "created": int(process.create_time())}
    )


def _alive(owner: dict[str, Any]) -> bool:
    try:
        return int(psutil.Process(owner["pid"]).create_time()) == owner["created"]
    except psutil.NoSuchProcess:
        return False
