"""The one home of MLflow: writes runs, lists them, reads their curves and artifacts.

The store is SQLite under `runs/`, or wherever MLFLOW_TRACKING_URI points. One run is one trained
network; a model and its baseline share the tag `cnnlab.comparison`. MLflow is imported inside the
functions, since the import takes seconds and the first page does not need it.
"""

import contextlib
import functools
import io
import json
import logging
import os
import socket
import sqlite3
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

import numpy as np
import pandas as pd
import psutil
from pydantic import ValidationError

from cnnlab.spec import Role, RunSpec, flatten, network_title, unflatten

if TYPE_CHECKING:
    from mlflow import MlflowClient
    from mlflow.entities import Metric
    from mlflow.entities import Run as MlflowRun

EXPERIMENT = "cnnlab"
RUNS_FOLDER = Path(__file__).resolve().parents[1] / "runs"
WEIGHTS = "weights"  # the folder of a run's weights by epoch
CURVE_COLUMNS = {
    "run_id": "object",
    "metric": "object",
    "step": "int64",
    "value": "float64",
    "milliseconds": "int64",
}

Status = Literal["waiting", "training", "finished", "stopped", "failed"]
STATUSES: dict[str, Status] = {
    "SCHEDULED": "waiting",
    "RUNNING": "training",
    "FINISHED": "finished",
    "KILLED": "stopped",
    "FAILED": "failed",
}
MISSING = "The run has no '{}': it was not written, or has been deleted."
_MLFLOW_STATUSES = {status: name for name, status in STATUSES.items()}


class RunNotFound(LookupError):
    """No such run in the store, or an artifact of it is gone; the message is a sentence."""


@dataclass(frozen=True)
class Run:
    """One run as it stands in the store."""

    run_id: str
    name: str
    comparison: str
    role: Role
    spec: RunSpec
    status: Status
    reason: str
    """Why it failed; empty otherwise."""
    device: str
    note: str
    """What it is busy with besides training, such as 'paused'; empty otherwise."""
    compared_with: str
    """The run that stands in for a baseline of its own; empty where it has one."""
    metrics: dict[str, float]
    """The latest value of each metric."""
    started: pd.Timestamp
    """In UTC."""

    @property
    def active(self) -> bool:
        """Whether news of it may still come."""
        return self.status in ("waiting", "training")


def store_uri() -> str:
    """Where the runs are kept, as MLflow names it."""
    return os.environ.get("MLFLOW_TRACKING_URI") or f"sqlite:///{(RUNS_FOLDER / 'mlflow.db').as_posix()}"


def create(role: Role, comparison: str, spec: RunSpec, compared_with: str = "") -> str:
    """A new run, waiting for a trainer; returns its id.

    `compared_with` is the run that a model is held against in place of a baseline of its own.
    """
    from mlflow.entities import Param

    tags = {
        "cnnlab.comparison": comparison,
        "cnnlab.role": role,
        "cnnlab.owner": _owner(),
        "cnnlab.listed": "yes",
        "cnnlab.compared_with": compared_with,
        "mlflow.runName": network_title(spec.model),
    }
    run_id = _client().create_run(_experiment(), tags=tags).info.run_id
    _client().update_run(run_id, status="SCHEDULED")
    params = [Param(path, str(value)) for path, value in flatten(spec).items()]
    _client().log_batch(run_id, params=params)
    save(run_id, "spec.json", spec.model_dump_json(indent=2).encode())
    return run_id


def start(run_id: str, device: str) -> None:
    """Marks a waiting run as training. Raises `RuntimeError` where it had been started before."""
    status = _client().get_run(run_id).info.status
    if status != "SCHEDULED":
        raise RuntimeError(f"This run cannot be trained again: it is {STATUSES[status]}.")
    _client().set_tag(run_id, "cnnlab.device", device)
    _client().update_run(run_id, status="RUNNING")


def note(run_id: str, text: str) -> None:
    """Says what a run is busy with besides training; an empty text takes it back."""
    _client().set_tag(run_id, "cnnlab.note", text)


def hide(run_id: str) -> None:
    """Leaves a run out of the lists; it stays in the store."""
    _client().set_tag(run_id, "cnnlab.listed", "no")


def reopen(run_id: str, epochs: int) -> None:
    """Lets an ended run wait for a trainer once more, to go on up to so many epochs in all.

    Raises `RunNotFound` where its network was not stored, `RuntimeError` where it has not ended.
    """
    run = get(run_id)
    if run.active:
        raise RuntimeError(f"This run cannot be continued: it is {run.status}.")
    model_file(run_id)
    for name, value in {"epochs": str(epochs), "reason": "", "owner": _owner()}.items():
        _client().set_tag(run_id, f"cnnlab.{name}", value)
    _client().update_run(run_id, status="SCHEDULED")


def end(run_id: str, status: Status, reason: str = "") -> None:
    """Marks a run as finished, stopped or failed, with the reason; the first ending stays."""
    run = _client().get_run(run_id)
    if run.info.status not in ("SCHEDULED", "RUNNING"):
        return
    if run.data.tags.get("cnnlab.note"):
        note(run_id, "")
    if reason:
        _client().set_tag(run_id, "cnnlab.reason", reason[:5000])
    _client().set_terminated(run_id, _MLFLOW_STATUSES[status])


def end_orphans() -> None:
    """Marks the runs as failed whose trainers ended without a word, such as at a power cut."""
    for run in _unfinished(1000):
        owner = json.loads(run.data.tags.get("cnnlab.owner", "null"))
        if owner and owner["host"] == socket.gethostname() and not _alive(owner):
            end(run.info.run_id, "failed", "The program that trained this run was closed.")


def get(run_id: str) -> Run:
    """One run. Raises `RunNotFound`."""
    found = _read(_stored(run_id))
    if found is None:
        raise RunNotFound(f"Run '{run_id}' was not written by cnnlab.")
    return found


def recent(limit: int = 50, role: Role | None = None) -> list[Run]:
    """The newest runs, newest first; hidden ones, and those that cnnlab did not write, are left out."""
    query = "tags.`cnnlab.listed` = 'yes'" + (f" AND tags.`cnnlab.role` = '{role}'" if role else "")
    return [run for found in _search(query, limit) if (run := _read(found))]


def active() -> list[Run]:
    """The runs of which news may still come, newest first."""
    return [run for found in _unfinished(100) if (run := _read(found))]


def newest_like(spec: RunSpec, limit: int = 100) -> Run | None:
    """The newest baseline with these very settings that trains or has finished; None without one."""
    alike = (run for run in recent(limit, role="baseline") if run.spec == spec)
    return next((run for run in alike if run.active or run.status == "finished"), None)


def members(comparison: str) -> dict[Role, Run]:
    """The runs of a comparison by role, the model first; empty where there is no such comparison.

    A run that stands in for the baseline is the baseline, unless it is no longer stored.
    """
    found = [_read(run) for run in _search(f"tags.`cnnlab.comparison` = '{comparison}'", 10)]
    by_role = {run.role: run for run in found if run}
    model = by_role.get("model")
    if model and model.compared_with and "baseline" not in by_role:
        with contextlib.suppress(RunNotFound):
            by_role["baseline"] = get(model.compared_with)
    return {role: by_role[role] for role in ("model", "baseline") if role in by_role}


def curves(run_ids: list[str], after: dict[str, int] | None = None) -> pd.DataFrame:
    """The metrics of some runs, oldest first.

    Args:
        run_ids: Which runs.
        after: run id → milliseconds; only what was reported later is read.

    Returns a frame with the columns run_id, metric, step (optimizer steps), value, and milliseconds
    (since 1970, strictly increasing from report to report of one run).
    """
    read = _sql_history if "sqlite:" in store_uri() else _history
    rows = [row for run_id in run_ids for row in read(run_id, (after or {}).get(run_id, -1))]
    frame = pd.DataFrame(rows, columns=list(CURVE_COLUMNS)).astype(CURVE_COLUMNS)
    return frame.sort_values(["run_id", "milliseconds", "metric"], ignore_index=True)


def kernels(run_id: str) -> dict[str, np.ndarray]:
    """The stored kernels: 'epochs' (E,) int, and each layer's (E, …) float32. Raises `RunNotFound`."""
    return _load_npz(run_id, "kernels.npz")


def model_file(run_id: str) -> Path:
    """The network as Keras stored it, with its optimizer's state. Raises `RunNotFound`."""
    return _artifact(run_id, "model.keras")


def weight_epochs(run_id: str) -> list[int]:
    """The epochs at which a run's weights were stored, in order; 0 is before training."""
    stored = _client().list_artifacts(run_id, WEIGHTS)
    return sorted(int(Path(file.path).stem.removeprefix("epoch_")) for file in stored)


def weights_file(run_id: str, epoch: int) -> Path:
    """All weights at an epoch, for `read_weights`. Raises `RunNotFound`."""
    return _artifact(run_id, f"{WEIGHTS}/{_weights_name(epoch)}")


def read_weights(file: Path) -> list[np.ndarray]:
    """The arrays of `keras.Model.get_weights`, float32."""
    with np.load(file, allow_pickle=False) as arrays:
        return list(arrays.values())


def save_weights(run_id: str, by_epoch: dict[int, list[np.ndarray]]) -> None:
    """Stores all weights at some epochs, in place of earlier ones."""
    with tempfile.TemporaryDirectory() as folder:
        for epoch, arrays in by_epoch.items():
            np.savez(Path(folder) / _weights_name(epoch), *arrays)
        _client().log_artifacts(run_id, folder, WEIGHTS)


def _weights_name(epoch: int) -> str:
    return f"epoch_{epoch:05}.npz"


def predictions(run_id: str) -> dict[str, np.ndarray]:
    """'probabilities' (N, classes) float32 and 'labels' (N,) of the test set. Raises `RunNotFound`."""
    return _load_npz(run_id, "test_predictions.npz")


def log_metrics(run_id: str, metrics: "list[Metric]") -> None:
    """Stores values of metrics in one go."""
    _client().log_batch(run_id, metrics=metrics)


def save(run_id: str, name: str, content: bytes) -> None:
    """Stores an artifact, in place of an earlier one of this name."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / name
        path.write_bytes(content)
        _client().log_artifact(run_id, str(path))


def save_npz(run_id: str, name: str, arrays: dict[str, np.ndarray]) -> None:
    """Stores arrays as an artifact."""
    buffer = io.BytesIO()
    np.savez(buffer, **arrays)
    save(run_id, name, buffer.getvalue())


def prepare() -> None:
    """Creates the store where there is none yet; takes seconds the first time."""
    _experiment()


@functools.cache
def _client() -> "MlflowClient":
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


@contextlib.contextmanager
def _one_at_a_time(folder: Path) -> Iterator[None]:
    """Lets one process at a time create the store: MLflow's migrations break each other otherwise.

    The lock is SQLite's own, which is also released where its holder dies.
    """
    lock = sqlite3.connect(folder / "creation.lock", timeout=120, isolation_level=None)
    try:
        lock.execute("BEGIN EXCLUSIVE")
        yield
    finally:
        lock.close()


@functools.cache
def _experiment() -> str:
    """The experiment's id; the experiment is created where there is none."""
    from mlflow.exceptions import MlflowException

    found = _client().get_experiment_by_name(EXPERIMENT)
    if found is None:
        folder = _sqlite_folder()
        artifacts = (folder / "artifacts").as_uri() if folder else None
        try:
            return _client().create_experiment(EXPERIMENT, artifact_location=artifacts)
        except MlflowException:  # another process was faster
            found = _client().get_experiment_by_name(EXPERIMENT)
            if found is None:
                raise
    return found.experiment_id


def _sqlite_folder() -> Path | None:
    uri = store_uri()
    return Path(uri.removeprefix("sqlite:///")).parent.resolve() if uri.startswith("sqlite:///") else None


def _stored(run_id: str) -> "MlflowRun":
    from mlflow.exceptions import MlflowException

    try:
        return _client().get_run(run_id)
    except MlflowException as error:
        raise RunNotFound(f"There is no run '{run_id}' in the store.") from error


def _search(query: str, limit: int) -> "list[MlflowRun]":
    return _client().search_runs(
        [_experiment()], query, max_results=limit, order_by=["attributes.start_time DESC"]
    )


def _unfinished(limit: int) -> "list[MlflowRun]":
    """The newest of each: MLflow's filters know no 'or'."""
    statuses = ("RUNNING", "SCHEDULED")
    return [run for status in statuses for run in _search(f"attributes.status = '{status}'", limit)]


def _read(run: "MlflowRun") -> Run | None:
    """The run, or None where cnnlab did not write it, or its settings are no longer cnnlab's."""
    tags = run.data.tags
    if "cnnlab.role" not in tags:
        return None
    try:
        epochs = tags.get("cnnlab.epochs", run.data.params.get("training.epochs"))
        spec = RunSpec.model_validate(unflatten(run.data.params | {"training.epochs": epochs}))
    except ValidationError:
        return None
    return Run(
        run_id=run.info.run_id,
        name=run.info.run_name or "",
        comparison=tags["cnnlab.comparison"],
        role=tags["cnnlab.role"],
        spec=spec,
        status=STATUSES[run.info.status],
        reason=tags.get("cnnlab.reason", ""),
        device=tags.get("cnnlab.device", ""),
        note=tags.get("cnnlab.note", ""),
        compared_with=tags.get("cnnlab.compared_with", ""),
        metrics={name: _as_reported(value) for name, value in run.data.metrics.items()},
        started=pd.Timestamp(run.info.start_time, unit="ms", tz="UTC"),
    )


def _history(run_id: str, after: int) -> list[tuple]:
    """A run's metrics by MLflow's interface, which gives whole histories only."""
    keys = _client().get_run(run_id).data.metrics
    return [
        (run_id, metric.key, metric.step, _as_reported(metric.value), metric.timestamp)
        for key in keys
        for metric in _client().get_metric_history(run_id, key)
        if metric.timestamp > after
    ]


def _sql_history(run_id: str, after: int) -> list[tuple]:
    """The same from MLflow's table of metrics: only the increment, in one query."""
    import sqlalchemy

    query = sqlalchemy.text(
        "SELECT run_uuid, key, step, CASE WHEN is_nan THEN NULL ELSE value END, timestamp "
        "FROM metrics WHERE run_uuid = :run_id AND timestamp > :after"
    )
    with _engine().connect() as connection:
        rows = connection.execute(query, {"run_id": run_id, "after": after}).all()
    return [(*row[:3], _as_reported(row[3]), row[4]) for row in rows]


def _as_reported(value: float | None) -> float:
    """MLflow stores NaN beside a flag, and infinity as the largest number."""
    if value is None or np.isnan(value):
        return float("nan")
    return value if abs(value) < np.finfo(np.float64).max else float(np.copysign(np.inf, value))


@functools.cache
def _engine() -> Any:
    import sqlalchemy

    _experiment()
    return sqlalchemy.create_engine(store_uri())


def _load_npz(run_id: str, name: str) -> dict[str, np.ndarray]:
    with np.load(_artifact(run_id, name), allow_pickle=False) as arrays:
        return dict(arrays)


def _artifact(run_id: str, name: str) -> Path:
    """Where the artifact is; of a store that is elsewhere, a copy of it."""
    from mlflow.exceptions import MlflowException

    folder = _artifact_folder(run_id)
    try:
        path = folder / name if folder else Path(_client().download_artifacts(run_id, name))
    except (MlflowException, OSError) as error:
        raise RunNotFound(MISSING.format(name)) from error
    if not path.exists():
        raise RunNotFound(MISSING.format(name))
    return path


@functools.lru_cache(maxsize=1000)
def _artifact_folder(run_id: str) -> Path | None:
    """A run's artifacts in this machine's files; None where they are elsewhere. Raises `RunNotFound`.

    MLflow's own download would copy each file, at each reading, into a folder that it leaves behind.
    """
    from mlflow.utils.file_utils import local_file_uri_to_path

    uri = _stored(run_id).info.artifact_uri
    return Path(local_file_uri_to_path(uri)) if uri.startswith("file:") or "://" not in uri else None


def _owner() -> str:
    """This process, so that a later one can tell whether it still lives."""
    process = psutil.Process()
    return json.dumps(
        {"host": socket.gethostname(), "pid": process.pid, "created": int(process.create_time())}
    )


def _alive(owner: dict[str, Any]) -> bool:
    try:
        return int(psutil.Process(owner["pid"]).create_time()) == owner["created"]
    except psutil.NoSuchProcess:
        return False
