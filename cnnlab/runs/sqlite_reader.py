"""Reads the runs of a store in SQLite from MLflow's own tables, by SQLAlchemy.

MLflow's search sorts 10,000 runs by a metric in five seconds, cannot count what it finds, and gives whole
histories only; these statements take a few hundredths of a second.
"""

from math import nan
from typing import TYPE_CHECKING, Any

from sqlalchemy import create_engine, event, func, select

from cnnlab.runs.reader import Point, Reader, RunPage
from cnnlab.runs.run import has_ended
from cnnlab.runs.search import sql
from cnnlab.runs.search.query import Query
from cnnlab.runs.store_errors import in_sentences

if TYPE_CHECKING:
    from mlflow import MlflowClient
    from mlflow.entities import Run as MlflowRun
    from sqlalchemy.engine.interfaces import DBAPIConnection
    from sqlalchemy.pool import ConnectionPoolEntry

    from cnnlab.spec import Role


MOST_KEPT = 4000  # runs; some 20 KB each


class SqliteReader(Reader):
    """A store in SQLite, which exists already."""

    def __init__(self, client: "MlflowClient", uri: str) -> None:
        """`uri` is the store's, such as 'sqlite:///runs/mlflow.db'."""
        super().__init__(client)
        self.uri = uri
        self.engine = create_engine(uri)
        event.listen(self.engine, "connect", _register_casefold)
        # Run → what it was as it was read, and the run; of ended runs, which change in no other way.
        self._ended: dict[str, tuple[tuple[str, int, str], MlflowRun]] = {}

    def find(self, query: Query, experiment: str, page: str, limit: int) -> RunPage:
        """See `Reader.find`; always counts."""
        start = int(page or 0)
        matching = sql.matching_runs(query, experiment)
        with in_sentences(self.uri), self.engine.connect() as connection:
            total = connection.execute(select(func.count()).select_from(matching.subquery())).scalar_one()
            in_order = sql.in_order(matching, query).limit(limit).offset(start)
            run_ids = list(connection.execute(in_order).scalars())
        following = str(start + limit) if start + limit < total else ""
        return RunPage(self.runs(experiment, run_ids), total, following)

    def many(self, query: Query, experiment: str, limit: int) -> RunPage:
        """See `Reader.many`; reads again only what trains or has changed its state or name."""
        matching = sql.matching_runs(query, experiment)
        states = sql.with_states(sql.in_order(matching, query)).limit(limit)
        with in_sentences(self.uri), self.engine.connect() as connection:
            total = connection.execute(select(func.count()).select_from(matching.subquery())).scalar_one()
            rows = list(connection.execute(states))
        runs = self._known_or_read(experiment, {run_id: (*state,) for run_id, *state in rows})
        return RunPage(runs, total, str(limit) if limit < total else "")

    def newest(
        self, experiment: str, role: "Role | None", limit: int, visitor: str = ""
    ) -> "list[MlflowRun]":
        """See `Reader.newest`; reads again what has changed."""
        with in_sentences(self.uri), self.engine.connect() as connection:
            rows = list(connection.execute(sql.newest(experiment, role, limit, visitor)))
        now = {run_id: (status, end, name) for run_id, status, end, name in rows}
        return self._known_or_read(experiment, now)

    def _known_or_read(self, experiment: str, now: dict[str, tuple[str, int, str]]) -> "list[MlflowRun]":
        """The runs with these states: ended ones as they were read before, if they have not changed since."""
        kept = {run_id: run for run_id, (state, run) in list(self._ended.items()) if now.get(run_id) == state}
        changed = self.runs(experiment, [run_id for run_id in now if run_id not in kept])
        found = {run.info.run_id: run for run in changed}
        self._ended |= {each: (now[each], run) for each, run in found.items() if has_ended(run)}
        while len(self._ended) > MOST_KEPT:
            self._ended.pop(next(iter(self._ended)), None)
        return [run for run_id in now if (run := kept.get(run_id) or found.get(run_id))]

    def run(self, run_id: str) -> "MlflowRun":
        """See `Reader.run`; MLflow takes four times as long, and pages with a training ask every second."""
        from mlflow.entities import Metric, Param, Run, RunData, RunInfo, RunTag

        with in_sentences(self.uri), self.engine.connect() as connection:
            info = connection.execute(sql.run(run_id)).mappings().one_or_none()
            pairs = [list(connection.execute(sql.pairs(kind, run_id))) for kind in (sql.TAGS, sql.PARAMS)]
            latest = list(connection.execute(sql.latest_metrics(run_id)))
        if info is None:
            return super().run(run_id)
        metrics = [Metric(key, nan if value is None else value, *when) for key, value, *when in latest]
        stored_tags, params = pairs
        data = RunData(metrics, [Param(*each) for each in params], [RunTag(*each) for each in stored_tags])
        columns: dict[str, Any] = {**info, "experiment_id": str(info["experiment_id"])}
        return Run(RunInfo(**columns), data)

    def history(self, run_id: str, after: int) -> list[Point]:
        """See `Reader.history`; reads the increment only."""
        with in_sentences(self.uri), self.engine.connect() as connection:
            rows = connection.execute(sql.history(run_id, after))
            return [Point(metric, step, value, time) for metric, step, value, time in rows]

    def thinned(self, metric: str, run_ids: list[str], most: int) -> list[tuple[str, float | None]]:
        """See `Reader.thinned`; fetches only the points that are kept."""
        with in_sentences(self.uri), self.engine.connect() as connection:
            rows = connection.execute(sql.thinned(metric, run_ids, most))
            return [(run_id, value) for run_id, value in rows]


def _register_casefold(connection: "DBAPIConnection", _entry: "ConnectionPoolEntry") -> None:
    """SQLite's own `lower` knows ASCII only."""
    connection.create_function("casefold", 1, _casefold)


def _casefold(text: str | None) -> str | None:
    return text if text is None else text.casefold()
