"""The life of a run: created, started, continued, ended."""

import logging
import time
from collections.abc import Callable
from typing import TYPE_CHECKING

from cnnlab.errors import NotTrainedHere, RunNotReady, StoreUnavailable
from cnnlab.runs import artifacts, listing, ownership, store, tags
from cnnlab.runs.patience import patiently
from cnnlab.runs.run import STATUSES, Status, fingerprint
from cnnlab.spec import Role, RunSpec, flatten, network_title

if TYPE_CHECKING:
    from mlflow.entities import Run as MlflowRun

RETRIES = (1, 2, 4, 8, 15, 30, 60, 120, 180, 180)  # seconds before the next attempt
LET_GO_SECONDS = 5.0  # in which a process that still trains sees that its run is another one's: two looks

log = logging.getLogger(__name__)

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
    visitor: str = "",
    queued: bool = False,
) -> str:
    """A new run, waiting for a trainer; returns its id.

    Args:
        role: What it is in its comparison.
        comparison: The id that it shares with the other network of its comparison.
        spec: Its settings.
        compared_with: The earlier run that it is compared with, if its comparison trains no other network.
        name: What it is called; after its network where empty.
        study: The id of the study that it is a part of; empty for a run of its own.
        study_kind, arm: Of what kind that study is, and which part of it this run is.
        visitor: The id of the dashboard's visitor who starts it; empty without one.
        queued: Whether it waits in the queue of a dashboard, which takes it up again after a restart.
    """
    from mlflow.entities import Param

    listed: tags.Listed = "study" if study else "yes"
    first_tags = {
        tags.COMPARISON: comparison,
        tags.ROLE: role,
        tags.OWNER: ownership.this_process().model_dump_json(),
        tags.LISTED: listed,
        tags.COMPARED_WITH: compared_with,
        tags.SETTINGS: fingerprint(spec),
        tags.NAME: name or network_title(spec.model),
    }
    if visitor:
        first_tags[tags.VISITOR] = visitor
    if queued:
        first_tags[tags.QUEUED] = str(time.time())
    if study:
        first_tags |= {tags.STUDY: study, tags.STUDY_KIND: study_kind, tags.ARM: arm}
    run_id = store.client().create_run(store.experiment(), tags=first_tags).info.run_id
    store.client().update_run(run_id, status="SCHEDULED")
    params = [Param(path, str(value)) for path, value in flatten(spec).items()]
    store.client().log_batch(run_id, params=params)
    artifacts.save(run_id, "spec.json", spec.model_dump_json(indent=2).encode())
    return run_id


def wait_in_cluster(run_id: str, task: str) -> None:
    """Says that a waiting run outlives this process, since a Dask cluster keeps it as this task.

    Raises `NotTrainedHere` where it waits no more, as where another dashboard has had it trained: the process
    that trains it would take these tags for those of another one, and give it up.
    """
    status = store.stored(run_id).info.status
    if status != "SCHEDULED":
        raise NotTrainedHere(f"This run does not wait: it is {STATUSES[status]}.")
    store.write_tags(run_id, {tags.TASK: task, tags.OWNER: ""})


def task_of(run_id: str) -> str:
    """Dask's key of the task that trains a run, or will; empty without one. Raises `RunNotFound`."""
    return store.stored(run_id).data.tags.get(tags.TASK, "")


def start(run_id: str, device: str, task: str = "") -> bool:
    """Marks a run as training in this process; returns whether it was cut off before in the same task.

    Args:
        run_id: A run that waits. Or one that the same task has begun before: Dask starts a task again
            whose worker it has lost, and the training goes on from its last stored epoch, once.
        device: What it is trained on.
        task: Dask's key of the task; empty outside of Dask.

    Raises `NotTrainedHere` for any other run. Waits for a store that is busy or away.
    """
    stored = patiently(lambda: store.stored(run_id))
    status, cut_off = stored.info.status, _cut_off(stored)
    again = status != "SCHEDULED"
    if again and not (task and cut_off and stored.data.tags.get(tags.TASK) == task):
        raise NotTrainedHere(f"This run cannot be trained again: it is {STATUSES[status]}.")
    if again and stored.data.tags.get(tags.RESUMED):
        patiently(lambda: end(run_id, "failed", ownership.WORKER_DIED))
        raise NotTrainedHere("This run is not trained a third time: its worker has died twice.")
    owner = ownership.this_process().model_dump_json()
    started = {tags.OWNER: owner, tags.ALIVE: str(time.time()), tags.DEVICE: device}
    if task:
        started[tags.TASK] = task
    if again:
        started |= {tags.RESUMED: "yes"} | dict.fromkeys((tags.INTERRUPTED, tags.REASON, tags.ACTIVITY), "")
    patiently(lambda: _write_start(run_id, started))
    if again and ownership.may_live_elsewhere(stored):
        time.sleep(LET_GO_SECONDS)
    return again


def _write_start(run_id: str, started: dict[str, str]) -> None:
    store.write_tags(run_id, started)
    store.client().update_run(run_id, status="RUNNING")


def _cut_off(stored: "MlflowRun") -> bool:
    """Whether a run has not ended, or was only taken for interrupted."""
    return stored.info.status in ownership.ACTIVE or bool(stored.data.tags.get(tags.INTERRUPTED))


def note(run_id: str, text: str) -> None:
    """Says what a run is busy with besides training; an empty text takes it back."""
    store.client().set_tag(run_id, tags.ACTIVITY, text)


def note_images(run_id: str, fingerprint: str) -> None:
    """Keeps what a run's images and classes are, as `cnnlab.data.fingerprint` tells."""
    store.client().set_tag(run_id, tags.IMAGES, fingerprint)


def hide(run_id: str) -> None:
    """Leaves a run out of the lists; it stays in the store."""
    store.client().set_tag(run_id, tags.LISTED, "no")


def reopen(run_id: str, epochs: int) -> None:
    """Lets an ended run wait for a trainer again, to be trained up to so many epochs in all.

    Raises `RunNotFound` where its network was not stored, `ArtifactDamaged` where it is no network,
    `RunNotReady` where it has not ended.
    """
    run = listing.get(run_id)
    if run.active:
        raise RunNotReady(f"This run cannot be continued: it is {run.status}.")
    artifacts.require_whole_model(run_id)
    longer = run.spec.model_copy(update={"training": run.spec.training.model_copy(update={"epochs": epochs})})
    changed = {
        tags.EPOCHS: str(epochs),
        tags.QUEUED: str(time.time()),
        tags.SETTINGS: fingerprint(longer),
        tags.REASON: "",
        tags.OWNER: ownership.this_process().model_dump_json(),
        tags.ALIVE: "",
        tags.ORDERS: "",
        tags.INTERRUPTED: "",
        tags.RESUMED: "",
    }
    store.write_tags(run_id, changed)
    store.client().update_run(run_id, status="SCHEDULED")


def requeue(run_id: str) -> bool:
    """Lets a run whose worker died wait again, to go on from its last stored epoch.

    Returns whether it waits. It does so once; it does not if it has ended, or has been requeued before.
    """
    stored = store.stored(run_id)
    if not _cut_off(stored) or stored.data.tags.get(tags.RESUMED):
        return False
    emptied = (tags.ALIVE, tags.INTERRUPTED, tags.REASON, tags.ACTIVITY)
    changed = {tags.RESUMED: "yes", tags.OWNER: ownership.this_process().model_dump_json()}
    store.write_tags(run_id, changed | dict.fromkeys(emptied, ""))
    store.client().update_run(run_id, status="SCHEDULED")
    return True


def end(run_id: str, status: Status, reason: str = "") -> None:
    """Marks a run as finished, stopped or failed, with the reason; the first ending stays.

    A run that was only taken for interrupted had not ended.
    """
    run = store.client().get_run(run_id)
    interrupted = bool(run.data.tags.get(tags.INTERRUPTED))
    if run.info.status not in ownership.ACTIVE and not interrupted:
        return
    if interrupted:
        store.write_tags(run_id, {tags.INTERRUPTED: "", tags.REASON: ""})
    if run.data.tags.get(tags.ACTIVITY):
        note(run_id, "")
    if reason:
        store.client().set_tag(run_id, tags.REASON, reason[:5000])
    store.client().set_terminated(run_id, _MLFLOW_STATUSES[status])


def end_dead(wait: Callable[[float], None] = time.sleep) -> None:
    """Marks the active runs as interrupted whose processes are dead, such as after a power cut.

    Tries again for ten minutes while the store is busy. Nobody waits for it: whoever reads such a run marks
    it too.
    """
    for seconds in RETRIES:
        try:
            for run in listing.unfinished(1000):
                ownership.up_to_date(run)
        except StoreUnavailable as error:
            log.warning("The runs of dead programs could not be ended yet: %s", error)
            wait(seconds)
        else:
            return


def unheard(run_id: str) -> bool:
    """Whether nothing tells if an active run is still trained: its program is elsewhere and gives no sign.

    Raises `RunNotFound`.
    """
    return ownership.life_of(store.stored(run_id)) == "unknown"
