"""Studies in the store: what each consists of, and the runs that were created for it.

What the content means is the business of `cnnlab.studies.plan`.
"""

import contextlib
import time
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, cast, get_args

import pandas as pd

from cnnlab.errors import RunNotFound, StoreUnavailable
from cnnlab.runs import artifacts, listing, ownership, store, tags
from cnnlab.runs.run import Run, read_run, started

if TYPE_CHECKING:
    from mlflow.entities import Run as MlflowRun

STUDIES = "cnnlab studies"  # the experiment that holds one entry for each study
STUDY_FILE = "study.json"
MOST_RUNS = 20_000  # of a study: a sweep has up to 1,000 trials with five seeds each


@dataclass(frozen=True)
class StoredStudy:
    """A study as the store lists it."""

    study_id: str
    kind: str
    title: str
    started: pd.Timestamp
    """In UTC."""
    visitor: str = ""
    """The id of the dashboard's visitor who started it; empty without one."""
    searching: tags.Searching | None = None
    """Of a sweep: how far its search is, as the process that leads it last wrote; None for other studies."""
    led: bool = False
    """Of a sweep that is running or paused: whether the process that leads it lives."""
    reason: str = ""
    """Of a sweep: why it is paused or was stopped; empty where a person wanted it."""
    spent: float = 0.0
    """Of a sweep: for how many seconds its trials have been begun so far."""


def create_study(kind: str, title: str, content: bytes, visitor: str = "") -> str:
    """Keeps what a study consists of, as JSON in `content`, and who started it; returns the study's id.

    Studies stand in an experiment of their own, so that no list of runs meets them. Nothing is listed before
    all of it is stored. Raises `StoreUnavailable`.
    """
    first_tags = {tags.STUDY_KIND: kind, tags.NAME: title}
    if visitor:
        first_tags[tags.VISITOR] = visitor
    study_id = store.client().create_run(store.experiment(STUDIES), tags=first_tags).info.run_id
    try:
        artifacts.save(study_id, STUDY_FILE, content)
        store.client().set_terminated(study_id)  # from here on it is listed
    except BaseException:
        with contextlib.suppress(StoreUnavailable):  # a full disk may not even take that
            store.client().delete_run(study_id)
        raise
    return study_id


def lead(study_id: str, searching: tags.Searching, reason: str = "", spent: float = 0.0) -> None:
    """Says how far the search of a sweep is, that this process leads it, and that the process lives."""
    changed = {
        tags.SEARCH: searching,
        tags.REASON: reason,
        tags.SPENT: str(spent),
        tags.OWNER: ownership.this_process().model_dump_json(),
        tags.ALIVE: str(time.time()),
    }
    for name, value in changed.items():
        store.client().set_tag(study_id, name, value)


def note_pruned(run_id: str, step: int) -> None:
    """Says that the trial of a run was given up after this step, an epoch or a number of seeds."""
    store.client().set_tag(run_id, tags.PRUNED, str(step))


def studies(limit: int = 50, visitor: str = "") -> list[StoredStudy]:
    """The newest studies, newest first; with a visitor's id, those which this visitor has started."""
    order = ["attributes.start_time DESC"]
    which = ["attributes.status = 'FINISHED'", *([f"tags.`{tags.VISITOR}` = '{visitor}'"] if visitor else [])]
    found = store.client().search_runs(
        [store.experiment(STUDIES)], " AND ".join(which), max_results=limit, order_by=order
    )
    return [_read_study(study) for study in found]


def study(study_id: str) -> StoredStudy:
    """One study. Raises `RunNotFound`."""
    with contextlib.suppress(RunNotFound):
        found = store.stored(study_id)
        if found.info.experiment_id == store.experiment(STUDIES):
            return _read_study(found)
    raise RunNotFound(f"There is no study '{study_id}' in the store.")


def study_content(study_id: str) -> bytes:
    """What `create_study` was given. Raises `RunNotFound`."""
    return artifacts.read(study_id, STUDY_FILE)


def of_study(study_id: str, known: Sequence[Run] = ()) -> list[Run]:
    """The runs that were created for a study, newest first.

    `known`: those that were read before. Of these only runs that may have changed are read again: active
    ones, and failed ones, which may go on.
    """
    newest = max((int(run.started.timestamp() * 1000) for run in known), default=0)
    query = f"tags.`{tags.STUDY}` = '{study_id}'"
    if newest:
        query += f" and attributes.start_time >= {newest}"
    new = [run for each in store.search(query, MOST_RUNS) if (run := read_run(ownership.up_to_date(each)))]
    read = {run.run_id for run in new}
    open_ones = [run.run_id for run in known if run.active or run.status == "failed"]
    new += listing.existing([run_id for run_id in open_ones if run_id not in read])
    read |= {run.run_id for run in new} | set(open_ones)
    return sorted([*new, *(run for run in known if run.run_id not in read)], key=_start, reverse=True)


def _start(run: Run) -> float:
    return run.started.timestamp()


def _read_study(study: "MlflowRun") -> StoredStudy:
    stored = study.data.tags
    searching = stored.get(tags.SEARCH)
    return StoredStudy(
        study_id=study.info.run_id,
        kind=stored.get(tags.STUDY_KIND, ""),
        title=study.info.run_name or "",
        started=started(study),
        visitor=stored.get(tags.VISITOR, ""),
        searching=cast(tags.Searching, searching) if searching in get_args(tags.Searching) else None,
        led=ownership.life_of(study) != "dead",
        reason=stored.get(tags.REASON, ""),
        spent=float(stored.get(tags.SPENT) or 0),
    )
