"""Studies in the store: what each consists of, and the runs that were created for it.

What the content means is the business of `cnnlab.studies.plan`.
"""

import contextlib
from dataclasses import dataclass
from typing import TYPE_CHECKING

import pandas as pd

from cnnlab.errors import RunNotFound, StoreUnavailable
from cnnlab.runs import artifacts, ownership, store, tags
from cnnlab.runs.run import Run, read_run, started

if TYPE_CHECKING:
    from mlflow.entities import Run as MlflowRun

STUDIES = "cnnlab studies"  # the experiment that holds one entry for each study
STUDY_FILE = "study.json"


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


def studies(limit: int = 50) -> list[StoredStudy]:
    """The newest studies, newest first."""
    order = ["attributes.start_time DESC"]
    stored = "attributes.status = 'FINISHED'"
    found = store.client().search_runs([store.experiment(STUDIES)], stored, max_results=limit, order_by=order)
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


def of_study(study_id: str) -> list[Run]:
    """The runs that were created for a study, newest first."""
    stored = store.search(f"tags.`{tags.STUDY}` = '{study_id}'", 1000)
    return [run for each in stored if (run := read_run(ownership.up_to_date(each)))]


def _read_study(study: "MlflowRun") -> StoredStudy:
    stored = study.data.tags
    return StoredStudy(
        study_id=study.info.run_id,
        kind=stored.get(tags.STUDY_KIND, ""),
        title=study.info.run_name or "",
        started=started(study),
        visitor=stored.get(tags.VISITOR, ""),
    )
