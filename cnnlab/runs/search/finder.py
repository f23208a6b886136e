"""Finds runs in the store, page by page, whoever wrote them, and reads their small curves.

MLflow's own search takes seconds to sort 10,000 runs by a metric, so a store in SQLite is asked by SQL
which runs are meant; any other store is asked by MLflow's interface.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from cnnlab.runs import store
from cnnlab.runs.run import STATUSES, Run, as_reported, latest_metrics, read_run, started
from cnnlab.runs.search import sql
from cnnlab.runs.search.query import Query, matches, mlflow_filter, mlflow_order, place

if TYPE_CHECKING:
    from mlflow.entities import Run as MlflowRun

CHUNK = 1000  # runs that are read at a time where all are looked through
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
class Found:
    """A page of the runs that were asked for."""

    entries: list[Entry]
    total: int | None
    """How many there are in all; None where the store does not tell."""
    following: str
    """The token of the next page; empty on the last one."""


def find(query: Query, page: str = "", limit: int = 50) -> Found:
    """The runs that a query asks for, at most so many; `page` is the `following` of the page before."""
    return (_sql_find if "sqlite:" in store.store_uri() else _find)(query, page, limit)


def entries(run_ids: list[str]) -> list[Entry]:
    """Runs of the experiment by their ids, in this order, deleted ones too; those not there are left out."""
    from mlflow.entities import ViewType

    if not run_ids:
        return []
    quoted = ", ".join(f"'{run_id}'" for run_id in run_ids)
    query = f"attributes.run_id IN ({quoted})"
    found = store.client().search_runs([store.experiment()], query, ViewType.ALL, max_results=len(run_ids))
    by_id = {run.info.run_id: run for run in found}
    return [_entry(by_id[run_id]) for run_id in run_ids if run_id in by_id]


def sparklines(run_ids: list[str]) -> dict[str, list[float]]:
    """The training loss of each run by step, thinned to some thirty points; NaN and infinity are left out."""
    read = _sql_sparks if "sqlite:" in store.store_uri() else _sparks
    found: dict[str, list[float]] = {run_id: [] for run_id in run_ids}
    for run_id, value in read(run_ids):
        if np.isfinite(as_reported(value)):
            found[run_id].append(value)
    return found


def _find(query: Query, page: str, limit: int) -> Found:
    """By MLflow's interface; where its language is too poor, all runs are looked through."""
    if query.needs_reading:
        found = [
            run
            for run in _every_run(query)
            if matches(query, run.data.params, run.data.tags, run.data.metrics)
        ]
        if not mlflow_order(query):
            found.sort(key=lambda run: place(query, run.data.params))
        start = int(page or 0)
        following = str(start + limit) if start + limit < len(found) else ""
        return Found([_entry(run) for run in found[start : start + limit]], len(found), following)
    found = _mlflow_page(query, page, limit)
    return Found([_entry(run) for run in found], None, found.token or "")


def _every_run(query: Query) -> "Iterator[MlflowRun]":
    token = ""
    while True:
        page = _mlflow_page(query, token, CHUNK)
        yield from page
        if not (token := page.token):
            return


def _mlflow_page(query: Query, token: str, limit: int) -> Any:
    from mlflow.entities import ViewType

    return store.client().search_runs(
        [store.experiment()],
        mlflow_filter(query),
        ViewType.DELETED_ONLY if query.view == "deleted" else ViewType.ACTIVE_ONLY,
        max_results=limit,
        order_by=mlflow_order(query),
        page_token=token or None,
    )


def _sql_find(query: Query, page: str, limit: int) -> Found:
    """The same from MLflow's tables, which is a hundred times faster where runs are sorted."""
    import sqlalchemy

    ids_query, count_query, values = sql.page_and_count(query, store.experiment())
    start = int(page or 0)
    with store.engine().connect() as connection:
        connection.connection.driver_connection.create_function("casefold", 1, _casefold)
        total = connection.execute(sqlalchemy.text(count_query), values).scalar_one()
        window = {"limit": limit, "start": start}
        run_ids = connection.execute(sqlalchemy.text(ids_query), values | window).scalars().all()
    following = str(start + limit) if start + limit < total else ""
    return Found(entries(list(run_ids)), total, following)


def _casefold(text: str | None) -> str | None:
    return text if text is None else text.casefold()


def _entry(run: "MlflowRun") -> Entry:
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


def _sparks(run_ids: list[str]) -> Iterator[tuple[str, float]]:
    """The run and the value of each point of the small curves, by MLflow's interface."""
    for run_id in run_ids:
        history = sorted(store.client().get_metric_history(run_id, "loss"), key=lambda metric: metric.step)
        many = len(history)
        for number, metric in enumerate(history):
            if _is_spark(number, many):
                yield run_id, metric.value


def _is_spark(number: int, many: int) -> bool:
    """Whether a small curve keeps the point: the first of each thirtieth, and the last."""
    begins = number * MOST_SPARKS // many > (number - 1) * MOST_SPARKS // many
    return begins or number == many - 1


def _sql_sparks(run_ids: list[str]) -> list[tuple[str, float]]:
    """The same in one query; the values are fetched of those points only that are kept."""
    import sqlalchemy

    query = sqlalchemy.text(
        "SELECT m.run_uuid, CASE WHEN m.is_nan THEN NULL ELSE m.value END FROM ("
        "SELECT rowid AS place, row_number() OVER (PARTITION BY run_uuid ORDER BY step, rowid) - 1 "
        "AS number, count(*) OVER (PARTITION BY run_uuid) AS many "
        "FROM metrics WHERE key = 'loss' AND run_uuid IN :run_ids) p JOIN metrics m ON m.rowid = p.place "
        "WHERE number = 0 OR number * :most / many > (number - 1) * :most / many OR number = many - 1 "
        "ORDER BY m.run_uuid, number"
    ).bindparams(sqlalchemy.bindparam("run_ids", expanding=True))
    with store.engine().connect() as connection:
        return list(connection.execute(query, {"run_ids": run_ids, "most": MOST_SPARKS}).all())
