"""The connection to the store, wherever `cnnlab.store_address` says it is.

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
from typing import TYPE_CHECKING, Any, cast

from sqlalchemy import create_engine, make_url

from cnnlab import store_address
from cnnlab.errors import RunNotFound, StoreUnavailable
from cnnlab.runs.store_errors import (
    check_address,
    check_sqlite,
    in_sentences,
    is_missing,
    make_folder,
    unusable,
)

if TYPE_CHECKING:
    from mlflow import MlflowClient
    from mlflow.entities import Run as MlflowRun

    from cnnlab.runs.reader import Reader


EXPERIMENT = "cnnlab"
MLFLOW_SETTINGS = {  # unless the environment says otherwise
    "MLFLOW_DISABLE_TELEMETRY": "true",
    "MLFLOW_HTTP_REQUEST_MAX_RETRIES": "2",  # by default a server that is gone is asked for minutes
    "MLFLOW_HTTP_REQUEST_TIMEOUT": "20",  # seconds
    # With a server, the end of each run would be printed among a command's results.
    "MLFLOW_SUPPRESS_PRINTING_URL_TO_STDOUT": "true",
}


def prepare() -> None:
    """Creates the store where there is none yet; takes seconds the first time."""
    experiment()


def is_open() -> bool:
    """Whether this process has opened the store, so that reading it takes no seconds."""
    return _client.cache_info().currsize > 0


class _Client:
    """MLflow's client, whose methods raise `StoreUnavailable` where the store cannot be used."""

    def __init__(self, client: "MlflowClient", uri: str) -> None:
        self._client = client
        self._uri = uri

    def __getattr__(self, name: str) -> Any:
        method = getattr(self._client, name)

        @functools.wraps(method)
        def call(*arguments: Any, **options: Any) -> Any:
            with in_sentences(self._uri):
                return method(*arguments, **options)

        return call


def client() -> "MlflowClient":
    """This process's one client of the store, which is created where there is none yet.

    It raises `StoreUnavailable`, as do its methods, where the store cannot be used.
    """
    return _client(store_address.store_uri())


@functools.cache
def _client(uri: str) -> "MlflowClient":
    with in_sentences(uri):
        check_address(uri)
        try:
            return cast("MlflowClient", _Client(_connect(uri), uri))
        except (ImportError, ValueError) as error:
            raise unusable(uri, error) from error


def _connect(uri: str) -> "MlflowClient":
    for name, value in MLFLOW_SETTINGS.items():
        os.environ.setdefault(name, value)
    import mlflow

    for name in ("mlflow", "alembic"):  # the creation of a store would be told table by table
        logging.getLogger(name).setLevel(logging.WARNING)
    folder = store_address.sqlite_folder()
    if folder is None:
        _try_database(uri)
        return mlflow.MlflowClient(uri)
    check_sqlite(folder / Path(cast(str, make_url(uri).database)).name, uri)
    make_folder(folder, uri)
    with _one_at_a_time(folder):
        return mlflow.MlflowClient(uri)


def _try_database(uri: str) -> None:
    """Connects once to a database server: MLflow itself would try for two minutes."""
    if not uri.startswith(("postgresql", "mysql", "mssql")):
        return
    engine = create_engine(uri)
    engine.connect().close()
    engine.dispose()


def write_tags(run_id: str, values: dict[str, str]) -> None:
    """Sets some tags of a run at once: one writing to the disk, or one request to a server, for all."""
    from mlflow.entities import RunTag

    client().log_batch(run_id, tags=[RunTag(name, value) for name, value in values.items()])


def experiment(name: str = EXPERIMENT) -> str:
    """The experiment's id; the experiment is created where there is none."""
    return _experiment(store_address.store_uri(), name)


@functools.cache
def _experiment(uri: str, name: str) -> str:
    from mlflow.exceptions import MlflowException

    found = client().get_experiment_by_name(name)
    if found is None:
        folder = store_address.sqlite_folder()
        artifacts = (folder / "artifacts").as_uri() if folder else None
        try:
            return client().create_experiment(name, artifact_location=artifacts)
        except (MlflowException, StoreUnavailable):  # another process was faster
            found = client().get_experiment_by_name(name)
            if found is None:
                raise
    return found.experiment_id


def reader() -> "Reader":
    """This process's one reader of the store."""
    return _reader(store_address.store_uri())


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
        return reader().run(run_id)
    except MlflowException as error:
        if not is_missing(error):
            raise
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
