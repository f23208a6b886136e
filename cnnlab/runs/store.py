"""The connection to the store: SQLite under `runs/`, or wherever MLFLOW_TRACKING_URI points.

This file gives MLflow's objects as they are; `cnnlab.runs.run` reads them. MLflow is imported inside
the functions, since the import takes seconds and the first page does not need it.
"""

import contextlib
import functools
import logging
import os
import sqlite3
from collections.abc import Generator
from pathlib import Path
from typing import TYPE_CHECKING

from cnnlab.errors import RunNotFound

if TYPE_CHECKING:
    from mlflow import MlflowClient
    from mlflow.entities import Run as MlflowRun

    from cnnlab.runs.reader import Reader


def _default_folder() -> Path:
    """`runs/` in this checkout; in the current folder where cnnlab was installed by pip."""
    checkout = Path(__file__).resolve().parents[2]
    return (checkout if (checkout / "app.py").exists() else Path.cwd()) / "runs"


RUNS_FOLDER = _default_folder()
EXPERIMENT = "cnnlab"


def store_uri() -> str:
    """Where the runs are kept, as MLflow names it."""
    return os.environ.get("MLFLOW_TRACKING_URI") or f"sqlite:///{(RUNS_FOLDER / 'mlflow.db').as_posix()}"


def prepare() -> None:
    """Creates the store where there is none yet; takes seconds the first time."""
    experiment()


@functools.cache
def client() -> "MlflowClient":
    """This process's one client of the store, which is created where there is none yet."""
    os.environ.setdefault("MLFLOW_DISABLE_TELEMETRY", "true")
    import mlflow

    for name in ("mlflow", "alembic"):  # the creation of a store would be told table by table
        logging.getLogger(name).setLevel(logging.WARNING)
    folder = _sqlite_folder()
    if folder is None:
        return mlflow.MlflowClient(store_uri())
    folder.mkdir(parents=True, exist_ok=True)
    with _one_at_a_time(folder):
        return mlflow.MlflowClient(store_uri())


@functools.cache
def experiment(name: str = EXPERIMENT) -> str:
    """The experiment's id; the experiment is created where there is none."""
    from mlflow.exceptions import MlflowException

    found = client().get_experiment_by_name(name)
    if found is None:
        folder = _sqlite_folder()
        artifacts = (folder / "artifacts").as_uri() if folder else None
        try:
            return client().create_experiment(name, artifact_location=artifacts)
        except MlflowException:  # another process was faster
            found = client().get_experiment_by_name(name)
            if found is None:
                raise
    return found.experiment_id


def reader() -> "Reader":
    """This process's one reader of the store."""
    return _reader(store_uri())


@functools.cache
def _reader(uri: str) -> "Reader":
    """The one place that decides how a store is read."""
    experiment()  # creates the store where there is none yet
    if uri.startswith("sqlite:"):
        from cnnlab.runs.sqlite_reader import SqliteReader

        return SqliteReader(client(), uri)
    from cnnlab.runs.mlflow_reader import MlflowReader

    return MlflowReader(client())


def stored(run_id: str) -> "MlflowRun":
    """A run as MLflow has it. Raises `RunNotFound`."""
    from mlflow.exceptions import MlflowException

    try:
        return client().get_run(run_id)
    except MlflowException as error:
        raise RunNotFound(f"There is no run '{run_id}' in the store.") from error


def search(query: str, limit: int) -> "list[MlflowRun]":
    """The runs of the experiment that meet an MLflow filter, newest first."""
    return client().search_runs(
        [experiment()], query, max_results=limit, order_by=["attributes.start_time DESC"]
    )


@contextlib.contextmanager
def _one_at_a_time(folder: Path) -> Generator[None]:
    """Lets one process at a time create the store: MLflow's migrations break each other otherwise.

    The lock is SQLite's own, which is also released where its holder dies.
    """
    lock = sqlite3.connect(folder / "creation.lock", timeout=120, isolation_level=None)
    try:
        lock.execute("BEGIN EXCLUSIVE")
        yield
    finally:
        lock.close()


def _sqlite_folder() -> Path | None:
    uri = store_uri()
    return Path(uri.removeprefix("sqlite:///")).parent.resolve() if uri.startswith("sqlite:///") else None
