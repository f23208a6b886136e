"""How stored runs are read where there are many of them: the interface, which each kind of store implements.

    Reader
    ├── SqliteReader   a store in SQLite, by SQLAlchemy: fast, and can count what it finds
    └── MlflowReader   any store, by MLflow's client

`cnnlab.runs.store.reader` chooses one for the store.
"""

from abc import ABC, abstractmethod
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from mlflow import MlflowClient
    from mlflow.entities import Run as MlflowRun

    from cnnlab.runs.search.query import Query
    from cnnlab.spec import Role


class RunPage(NamedTuple):
    """Some of the runs that meet a query, in its order."""

    runs: "list[MlflowRun]"
    total: int | None
    """How many meet the query in all; None where that is not known."""
    following: str
    """The token of the next page; empty on the last one."""


class Point(NamedTuple):
    """One reported value of a metric. `cnnlab.runs.run.as_reported` gives the value as it was reported."""

    metric: str
    step: int
    value: float | None
    """As MLflow stores it: None or NaN for NaN, and the largest numbers for infinity."""
    milliseconds: int
    """Since 1970."""


class Reader(ABC):
    """Reads the runs of one store.

    - It never writes: runs are written through `cnnlab.runs.store.client`.
    - Its methods may be called from several threads at once. What is kept from call to call is what no longer
      changes.
    - It belongs to the process that made it: neither pickle it nor use it after a fork. Several processes
      may read the same store, each with its own reader, while others write; a call gives what had been
      written before it began.
    - All readers give the same runs and values in the same order; only `RunPage.total` may be missing.

    An unknown run has no history. Where the store cannot be read, the errors are those of the library.
    """

    def __init__(self, client: "MlflowClient") -> None:
        """`client` is that of the same store."""
        self.client = client

    def run(self, run_id: str) -> "MlflowRun":
        """One run, a deleted one too, perhaps without inputs. Raises MLflow's error if unknown."""
        return self.client.get_run(run_id)

    @abstractmethod
    def find(self, query: "Query", experiment: str, page: str, limit: int) -> RunPage:
        """At most `limit` runs of an experiment that meet a query; `page` is the last page's `following`."""

    def many(self, query: "Query", experiment: str, limit: int) -> RunPage:
        """As the first page of `find`, for very many runs.

        Runs that have ended may lack what a person has changed since they were last read: notes and tags.
        """
        return self.find(query, experiment, "", limit)

    @abstractmethod
    def newest(
        self, experiment: str, role: "Role | None", limit: int, visitor: str = ""
    ) -> "list[MlflowRun]":
        """At most `limit` listed runs of an experiment, the newest first; of one role or of all.

        With a visitor's id, those of this visitor.
        """

    @abstractmethod
    def history(self, run_id: str, after: int) -> list[Point]:
        """A run's reported values, in any order; only later ones than `after`, in milliseconds since 1970."""

    @abstractmethod
    def thinned(self, metric: str, run_ids: list[str], most: int) -> list[tuple[str, float | None]]:
        """Pairs of a run and a value of its metric, by step, thinned by `is_kept`; values as in `Point`."""

    def runs(self, experiment: str, run_ids: list[str]) -> "list[MlflowRun]":
        """Runs of an experiment by their ids, in this order, deleted ones too; missing ones are left out."""
        from mlflow.entities import ViewType

        if not run_ids:
            return []
        quoted = ", ".join(f"'{run_id}'" for run_id in run_ids)
        runs = self.client.search_runs(
            [experiment], f"attributes.run_id IN ({quoted})", ViewType.ALL, max_results=len(run_ids)
        )
        by_id = {run.info.run_id: run for run in runs}
        return [by_id[run_id] for run_id in run_ids if run_id in by_id]


def is_kept(number: int, count: int, most: int) -> bool:
    """Whether a thinned curve keeps the point of this number, from 0, of so many.

    It keeps all of at most `most` points; of more, the first of each of `most` equal parts, and the last.
    """
    begins_a_part = number * most // count > (number - 1) * most // count
    return begins_a_part or number == count - 1
