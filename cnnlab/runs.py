"""The one home of MLflow: writes runs, lists them, reads their curves and artifacts.

The store is SQLite under `runs/`, or wherever MLFLOW_TRACKING_URI points. One run is one trained
network; a model and its baseline share the tag `cnnlab.comparison`. MLflow is imported inside the
functions, since the import takes seconds and the first page does not need it.
"""

import contextlib
import functools
import hashlib
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
from typing import TYPE_CHECKING, Any, Literal, get_args

import numpy as np
import pandas as pd
import psutil

from cnnlab.spec import Role, RunSpec, flatten, network_title, unflatten

if TYPE_CHECKING:
    from mlflow import MlflowClient
    from mlflow.entities import Metric
    from mlflow.entities import Run as MlflowRun

EXPERIMENT = "cnnlab"
STUDIES = "cnnlab studies"  # the experiment that holds one entry for each study
STUDY_FILE = "study.json"
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
    """The run that stands in for the other network of its comparison; empty where that was trained too."""
    metrics: dict[str, float]
    """The latest value of each metric."""
    started: pd.Timestamp
    """In UTC."""
    study: str = ""
    """The study that it was trained for; empty for a run of its own."""
    arm: str = ""
    """Which part of that study it is."""

    @property
    def active(self) -> bool:
        """Whether news of it may still come."""
        return self.status in ("waiting", "training")


@dataclass(frozen=True)
class StoredStudy:
    """A study as the store lists it."""

    study_id: str
    kind: str
    title: str
    started: pd.Timestamp
    """In UTC."""


def store_uri() -> str:
    """Where the runs are kept, as MLflow names it."""
    return os.environ.get("MLFLOW_TRACKING_URI") or f"sqlite:///{(RUNS_FOLDER / 'mlflow.db').as_posix()}"


def create(
    role: Role,
    comparison: str,
    spec: RunSpec,
    compared_with: str = "",
    *,
    name: str = "",
    study: str = "",
    study_kind: str = "",
    arm: str = "",
) -> str:
    """A new run, waiting for a trainer; returns its id.

    Args:
        role: What it is in its comparison.
        comparison: The id that it shares with the other network of its comparison.
        spec: Its settings.
        compared_with: The run that it is held against where its comparison has no other of its own.
        name: What it is called; after its network where empty.
        study: The id of the study that it is a part of; empty for a run of its own.
        study_kind, arm: Of what kind that study is, and which part of it this run is.
    """
    from mlflow.entities import Param

    tags = {
        "cnnlab.comparison": comparison,
        "cnnlab.role": role,
        "cnnlab.owner": _owner(),
        "cnnlab.listed": "study" if study else "yes",
        "cnnlab.compared_with": compared_with,
        "cnnlab.settings": _fingerprint(spec),
        "mlflow.runName": name or network_title(spec.model),
    }
    if study:
        tags |= {"cnnlab.study": study, "cnnlab.study_kind": study_kind, "cnnlab.arm": arm}
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
    longer = run.spec.model_copy(update={"training": run.spec.training.model_copy(update={"epochs": epochs})})
    changed = {"epochs": str(epochs), "settings": _fingerprint(longer), "reason": "", "owner": _owner()}
    for name, value in changed.items():
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
        if _orphaned(run):
            end(run.info.run_id, "failed", "The program that trained this run was closed.")


def orphaned(run_id: str) -> bool:
    """Whether the program that was to train a run is known to have ended. Raises `RunNotFound`."""
    return _orphaned(_stored(run_id))


def _orphaned(run: "MlflowRun") -> bool:
    owner = json.loads(run.data.tags.get("cnnlab.owner", "null"))
    return bool(owner) and owner["host"] == socket.gethostname() and not _alive(owner)


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


def newest_like(spec: RunSpec, finished: bool = False) -> Run | None:
    """The newest run with these very settings that trains or has finished; None without one.

    What still trains is left out where `finished` is set, and where it belongs to a study, since it may
    wait for long. So is a run whose learning rate was changed while it trained.
    """
    for found in _search(f"tags.`cnnlab.settings` = '{_fingerprint(spec)}'", 20):
        run = _read(found)
        if run is None or run.spec != spec:
            continue
        if run.active and not finished and not run.study:
            return run
        if run.status == "finished" and _kept_its_rate(run):
            return run
    return None


def _kept_its_rate(run: Run) -> bool:
    reported = curves([run.run_id])
    rates = reported[reported["metric"] == "learning_rate"]["value"]
    return bool(np.allclose(rates, run.spec.training.learning_rate, rtol=1e-5, atol=0))


def _fingerprint(spec: RunSpec) -> str:
    """By it runs with the same settings find each other among very many."""
    return hashlib.sha256(spec.model_dump_json().encode()).hexdigest()[:32]


def members(comparison: str) -> dict[Role, Run]:
    """The runs of a comparison by role, the model first; empty where there is no such comparison.

    A run that stands in for the baseline, or for the model, takes its place, unless it is no longer stored.
    """
    if "'" in comparison:  # an address may ask for anything, and MLflow's filters have no escape
        return {}
    found = [_read(run) for run in _search(f"tags.`cnnlab.comparison` = '{comparison}'", 10)]
    by_role = {run.role: run for run in found if run}
    for own, other in (("model", "baseline"), ("baseline", "model")):
        if own in by_role and other not in by_role and by_role[own].compared_with:
            with contextlib.suppress(RunNotFound):
                by_role[other] = get(by_role[own].compared_with)
    return {role: by_role[role] for role in ("model", "baseline") if role in by_role}


def create_study(kind: str, title: str, content: bytes) -> str:
    """Keeps what a study consists of, as JSON in `content`; returns the study's id.

    Studies stand in an experiment of their own, so that no list of runs meets them.
    """
    tags = {"cnnlab.study_kind": kind, "mlflow.runName": title}
    study_id = _client().create_run(_experiment(STUDIES), tags=tags).info.run_id
    save(study_id, STUDY_FILE, content)
    _client().set_terminated(study_id)
    return study_id


def studies(limit: int = 50) -> list[StoredStudy]:
    """The newest studies, newest first."""
    order = ["attributes.start_time DESC"]
    found = _client().search_runs([_experiment(STUDIES)], "", max_results=limit, order_by=order)
    return [_read_study(study) for study in found]


def study(study_id: str) -> StoredStudy:
    """One study. Raises `RunNotFound`."""
    with contextlib.suppress(RunNotFound):
        found = _stored(study_id)
        if found.info.experiment_id == _experiment(STUDIES):
            return _read_study(found)
    raise RunNotFound(f"There is no study '{study_id}' in the store.")


def study_content(study_id: str) -> bytes:
    """What `create_study` was given. Raises `RunNotFound`."""
    return _artifact(study_id, STUDY_FILE).read_bytes()


def of_study(study_id: str) -> list[Run]:
    """The runs that were created for a study, newest first."""
    found = _search(f"tags.`cnnlab.study` = '{study_id}'", 1000)
    return [run for each in found if (run := _read(each))]


def kept(run_ids: list[str]) -> list[Run]:
    """Those of some runs that are stored and not deleted, newest first."""
    if not run_ids:
        return []
    quoted = ", ".join(f"'{run_id}'" for run_id in run_ids)
    found = _search(f"attributes.run_id IN ({quoted})", len(run_ids))
    return [run for each in found if (run := _read(each))]


def _read_study(study: "MlflowRun") -> StoredStudy:
    started = pd.Timestamp(study.info.start_time, unit="ms", tz="UTC")
    kind = study.data.tags.get("cnnlab.study_kind", "")
    return StoredStudy(study.info.run_id, kind, study.info.run_name or "", started)


def set_tags(run_ids: list[str], tags: dict[str, str | None]) -> None:
    """Sets tags of runs, and takes those away whose value is None. Raises `RunNotFound`.

    Among them are MLflow's own: `mlflow.runName` is the name, `mlflow.note.content` the description.
    """
    for run_id in run_ids:
        known = _stored(run_id).data.tags
        for key, value in tags.items():
            if value is not None:
                _client().set_tag(run_id, key, value)
            elif key in known:
                _client().delete_tag(run_id, key)


def delete(run_ids: list[str]) -> None:
    """Deletes runs as MLflow does: they leave all lists, and can be restored.

    Raises `RunNotFound`, and `RuntimeError` where one of them has not ended; then none is deleted.
    """
    for run_id in run_ids:
        status = STATUSES.get(_stored(run_id).info.status)
        if status in ("waiting", "training"):
            raise RuntimeError(f"A run that is {status} cannot be deleted: stop it on the page Train first.")
    for run_id in run_ids:
        _client().delete_run(run_id)


def restore(run_ids: list[str]) -> None:
    """Takes the deletion of runs back. Raises `RunNotFound`."""
    for run_id in run_ids:
        _stored(run_id)
        _client().restore_run(run_id)


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


def load_npz(run_id: str, name: str) -> dict[str, np.ndarray]:
    """The arrays that `save_npz` stored. Raises `RunNotFound` where the artifact is missing."""
    return _load_npz(run_id, name)


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
def _experiment(name: str = EXPERIMENT) -> str:
    """The experiment's id; the experiment is created where there is none."""
    from mlflow.exceptions import MlflowException

    found = _client().get_experiment_by_name(name)
    if found is None:
        folder = _sqlite_folder()
        artifacts = (folder / "artifacts").as_uri() if folder else None
        try:
            return _client().create_experiment(name, artifact_location=artifacts)
        except MlflowException:  # another process was faster
            found = _client().get_experiment_by_name(name)
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


def _started(run: "MlflowRun") -> pd.Timestamp:
    return pd.to_datetime(run.info.start_time, unit="ms", utc=True, errors="coerce")


def _latest(run: "MlflowRun") -> dict[str, float]:
    return {name: _as_reported(value) for name, value in run.data.metrics.items()}


def _read(run: "MlflowRun") -> Run | None:
    """The run, or None where cnnlab did not write it, or its settings are no longer cnnlab's."""
    tags = run.data.tags
    known = tags.get("cnnlab.role") in get_args(Role) and run.info.status in STATUSES
    if not known or "cnnlab.comparison" not in tags:
        return None
    try:
        epochs = tags.get("cnnlab.epochs", run.data.params.get("training.epochs"))
        spec = RunSpec.model_validate(unflatten(run.data.params | {"training.epochs": epochs}))
    except ValueError:
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
        metrics=_latest(run),
        started=_started(run),
        study=tags.get("cnnlab.study", ""),
        arm=tags.get("cnnlab.arm", ""),
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
