"""Runs that waited in the queue of a dashboard that has ended: the next one takes them up.

So are runs of studies that such a dashboard trained: they go on from their last stored epoch. A training that
a person had started and that was under way stays interrupted, for 'Continue'.
"""

import logging
import time
from collections.abc import Callable
from typing import TYPE_CHECKING

from cnnlab.runs import ownership, store, tags
from cnnlab.runs.run import Run, read_run

if TYPE_CHECKING:
    from mlflow.entities import Run as MlflowRun

MOST = 10_000  # runs that are looked through, of each status
SETTLE_SECONDS = 1.0  # after which another dashboard that starts now has claimed the same runs, if it does
ROUNDS = 5

log = logging.getLogger(__name__)


def take_up(wait: Callable[[float], None] = time.sleep) -> list[Run]:
    """Makes the runs that a dead dashboard has left this process's own, waiting; returns those.

    They come in the order in which they began to wait. Of two dashboards that start at once, each run gets
    one: whoever claims it last, and finds that out a second later. Whoever reads a run meanwhile may end it
    for its dead process; then it is claimed again.
    """
    claimed: set[str] = set()
    for _ in range(ROUNDS):
        now = {run.info.run_id for run in _candidates() if _claim(run.info.run_id)}
        if not now:
            break
        claimed |= now
        wait(SETTLE_SECONDS)
    stored = [store.client().get_run(run_id) for run_id in claimed]
    own = [run for run in stored if run.info.status == "SCHEDULED" and ownership.is_owned_here(run)]
    own.sort(key=_queued_at)
    if own:
        log.info("%d trainings of a dashboard that had ended are taken up.", len(own))
    return [readable for run in own if (readable := read_run(run))]


def _candidates() -> "list[MlflowRun]":
    """All runs in a queue that may have been left, in any order."""
    queued = f"tags.`{tags.QUEUED}` != ''"
    interrupted = f"attributes.status = 'FAILED' and tags.`{tags.INTERRUPTED}` = 'yes'"
    conditions = ["attributes.status = 'SCHEDULED'", "attributes.status = 'RUNNING'", interrupted]
    found = [run for condition in conditions for run in store.search(f"{condition} and {queued}", MOST)]
    return [run for run in found if _is_left(run)]


def _is_left(run: "MlflowRun") -> bool:
    """Whether its dashboard was one of this machine and is gone, and the run waited there or is a study's."""
    stored = run.data.tags
    interrupted = run.info.status == "FAILED" and stored.get(tags.INTERRUPTED) == "yes"
    if not (run.info.status in ownership.ACTIVE or interrupted) or not stored.get(tags.QUEUED):
        return False
    if stored.get(tags.ALIVE) and not stored.get(tags.STUDY):
        return False
    return ownership.is_left(run) or (interrupted and ownership.is_owned_here(run))


def _claim(run_id: str) -> bool:
    """Makes a run this process's own unless another one was faster; returns whether it did."""
    client = store.client()
    if not _is_left(client.get_run(run_id)):
        return False
    emptied = (tags.ALIVE, tags.INTERRUPTED, tags.REASON, tags.ACTIVITY, tags.RESUMED)
    owner = {tags.OWNER: ownership.this_process().model_dump_json()}
    store.write_tags(run_id, owner | dict.fromkeys(emptied, ""))
    client.update_run(run_id, status="SCHEDULED")
    return True


def _queued_at(run: "MlflowRun") -> float:
    """When it began to wait, in seconds since 1970; 0 where the tag is unreadable."""
    try:
        return float(run.data.tags[tags.QUEUED])
    except ValueError:
        return 0.0
