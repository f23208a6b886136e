"""Finds runs in the store, page by page, whoever wrote them, and reads their small curves."""

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from cnnlab.runs import ownership, store
from cnnlab.runs.run import STATUSES, Run, as_reported, latest_metrics, read_run, started
from cnnlab.runs.search.query import Query

if TYPE_CHECKING:
    from mlflow.entities import Run as MlflowRun

    from cnnlab.runs.reader import Reader

MOST_SPARKS = 30  # points of a small curve, besides the last


@dataclass(frozen=True)
class Entry:
    """One run of the experiment as the list shows it, whoever wrote it and whatever it lacks."""

    run_id: str
    name: str
    status: str
    """A `Status`, or MLflow's own word where that is another one."""
    started: pd.Timestamp
    """In UTC; NaT where the store has no time, or none that there is."""
    params: dict[str, str]
    tags: dict[str, str]
    metrics: dict[str, float]
    run: Run | None
    """What cnnlab reads in it; None where it cannot read it."""


@dataclass(frozen=True)
class RunPage:
    """A page of the runs that were asked for."""

    entries: list[Entry]
    total: int | None
    """How many there are in all; None where the store does not tell."""
    following: str
    """The token of the next page; empty on the last one."""


def find(query: Query, page: str = "", limit: int = 50, reader: "Reader | None" = None) -> RunPage:
    """The runs that a query asks for.

    Args:
        query: Which runs, in which order.
        page: The `following` of the page before; empty for the first one.
        limit: How many runs at most.
        reader: Of the store; by default the one that suits it.
    """
    found = (reader or store.reader()).find(query, store.experiment(), page, limit)
    return RunPage([_entry(run) for run in found.runs], found.total, found.following)


def many(query: Query, limit: int, reader: "Reader | None" = None) -> RunPage:
    """The first runs that a query asks for, quickly also where they are thousands.

    Notes and tags of ended runs may be as they were when this process first read them.
    """
    found = (reader or store.reader()).many(query, store.experiment(), limit)
    return RunPage([_entry(run) for run in found.runs], found.total, found.following)


def entries(run_ids: list[str]) -> list[Entry]:
    """Runs of the experiment by their ids, in this order, deleted ones too; missing ones are left out."""
    return [_entry(run) for run in store.reader().runs(store.experiment(), run_ids)]


def sparklines(run_ids: list[str], reader: "Reader | None" = None) -> dict[str, list[float]]:
    """The training loss of each run by step, thinned to some thirty points; NaN and infinity are left out."""
    curves: dict[str, list[float]] = {run_id: [] for run_id in run_ids}
    for run_id, value in (reader or store.reader()).thinned("loss", run_ids, MOST_SPARKS):
        if value is not None and np.isfinite(as_reported(value)):
            curves[run_id].append(value)
    return curves


def _entry(run: "MlflowRun") -> Entry:
    run = ownership.up_to_date(run)
    return Entry(
        run_id=run.info.run_id,
        name=run.info.run_name or "",
        status=STATUSES.get(run.info.status, run.info.status.lower()),
        started=started(run),
        params=run.data.params,
        tags=run.data.tags,
        metrics=latest_metrics(run),
        run=read_run(run),
    )
