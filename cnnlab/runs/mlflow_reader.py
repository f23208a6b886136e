"""Reads the runs of any store, by MLflow's client.

MLflow's filters know no "or", so a query that they cannot express is decided here, run by run. Curves are
read whole, since MLflow has no request for a part of one.
"""

from collections.abc import Iterator
from typing import TYPE_CHECKING

from cnnlab.runs import tags
from cnnlab.runs.reader import Point, Reader, RunPage, is_kept
from cnnlab.runs.search.query import Query, matches, mlflow_filter, mlflow_order, sort_key

if TYPE_CHECKING:
    from mlflow.entities import Run as MlflowRun
    from mlflow.store.entities import PagedList

    from cnnlab.spec import Role

CHUNK = 1000  # runs that are read at a time where all are looked through


class MlflowReader(Reader):
    """Any store, by MLflow's client."""

    def find(self, query: Query, experiment: str, page: str, limit: int) -> RunPage:
        """See `Reader.find`; reads every run of the query's view where `query.needs_reading`."""
        if not query.needs_reading:
            runs = self._page(query, experiment, page, limit)
            return RunPage(list(runs), None, runs.token or "")
        matching = [
            run
            for run in self._every_run(query, experiment)
            if matches(query, run.data.params, run.data.tags, run.data.metrics)
        ]
        if not mlflow_order(query):
            matching.sort(key=lambda run: sort_key(query, run.data.params))
        start = int(page or 0)
        following = str(start + limit) if start + limit < len(matching) else ""
        return RunPage(matching[start : start + limit], len(matching), following)

    def newest(
        self, experiment: str, role: "Role | None", limit: int, visitor: str = ""
    ) -> "list[MlflowRun]":
        """See `Reader.newest`."""
        wanted = {tags.LISTED: "yes", tags.ROLE: role, tags.VISITOR: visitor}
        query = " AND ".join(f"tags.`{tag}` = '{value}'" for tag, value in wanted.items() if value)
        order = ["attributes.start_time DESC"]
        return list(self.client.search_runs([experiment], query, max_results=limit, order_by=order))

    def history(self, run_id: str, after: int) -> list[Point]:
        """See `Reader.history`."""
        return [
            Point(metric.key, metric.step, metric.value, metric.timestamp)
            for key in self.client.get_run(run_id).data.metrics
            for metric in self.client.get_metric_history(run_id, key)
            if metric.timestamp > after
        ]

    def thinned(self, metric: str, run_ids: list[str], most: int) -> list[tuple[str, float | None]]:
        """See `Reader.thinned`."""
        return [(run_id, value) for run_id in run_ids for value in self._thinned(metric, run_id, most)]

    def _thinned(self, metric: str, run_id: str, most: int) -> list[float]:
        points = sorted(self.client.get_metric_history(run_id, metric), key=lambda point: point.step)
        return [point.value for number, point in enumerate(points) if is_kept(number, len(points), most)]

    def _every_run(self, query: Query, experiment: str) -> "Iterator[MlflowRun]":
        token = ""
        while True:
            page = self._page(query, experiment, token, CHUNK)
            yield from page
            if not (token := page.token):
                return

    def _page(self, query: Query, experiment: str, token: str, limit: int) -> "PagedList[MlflowRun]":
        from mlflow.entities import ViewType

        return self.client.search_runs(
            [experiment],
            mlflow_filter(query),
            ViewType.DELETED_ONLY if query.view == "deleted" else ViewType.ACTIVE_ONLY,
            max_results=limit,
            order_by=mlflow_order(query),
            page_token=token or None,
        )
