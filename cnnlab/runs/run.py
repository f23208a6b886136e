"""What a run is, and how it is read from what MLflow stores. This file never asks the store."""

import hashlib
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal, cast, get_args

import numpy as np
import pandas as pd

from cnnlab.runs import tags
from cnnlab.spec import Role, RunSpec, added_at_default, unflatten

if TYPE_CHECKING:
    from mlflow.entities import Run as MlflowRun

Status = Literal["waiting", "training", "finished", "stopped", "failed"]
STATUSES: dict[str, Status] = {
    "SCHEDULED": "waiting",
    "RUNNING": "training",
    "FINISHED": "finished",
    "KILLED": "stopped",
    "FAILED": "failed",
}


@dataclass(frozen=True)
class Run:
    """One stored run."""

    run_id: str
    name: str
    comparison: str
    role: Role
    spec: RunSpec
    status: Status
    reason: str
    """Why it failed, or ended before its last epoch; which weights were put back. Empty otherwise."""
    device: str
    note: str
    """What it is busy with besides training, such as 'paused'; empty otherwise."""
    compared_with: str
    """The earlier run used as the other network of its comparison; empty if that was trained too."""
    metrics: dict[str, float]
    """The latest value of each metric."""
    started: pd.Timestamp
    """In UTC."""
    study: str = ""
    """The study that it was trained for; empty for a run of its own."""
    arm: str = ""
    """Which part of that study it is."""
    images: str = ""
    """The fingerprint of the images and classes that it was trained on; empty in runs of earlier versions."""
    visitor: str = ""
    """The id of the dashboard's visitor who started it; empty without one, as in runs of earlier versions."""
    pruned: str = ""
    """Of a trial of a sweep that was given up: the step after which it was; empty otherwise."""
    continued: bool = False
    """Whether it was taken up again after it had ended, for more epochs."""

    @property
    def active(self) -> bool:
        """Whether news of it may still come."""
        return self.status in ("waiting", "training")


def has_ended(run: "MlflowRun") -> bool:
    """Whether a run as MLflow stores it is neither waiting nor training."""
    return STATUSES[run.info.status] in ("finished", "stopped", "failed")


def read_run(run: "MlflowRun") -> Run | None:
    """The run, or None where cnnlab did not write it, or its settings are no longer cnnlab's."""
    stored = run.data.tags
    known = stored.get(tags.ROLE) in get_args(Role) and run.info.status in STATUSES
    if not known or tags.COMPARISON not in stored:
        return None
    try:
        epochs = stored.get(tags.EPOCHS, run.data.params.get("training.epochs"))
        spec = RunSpec.model_validate(unflatten(run.data.params | {"training.epochs": epochs}))
    except ValueError:
        return None
    return Run(
        run_id=run.info.run_id,
        name=run.info.run_name or "",
        comparison=stored[tags.COMPARISON],
        role=cast(Role, stored[tags.ROLE]),
        spec=spec,
        status=STATUSES[run.info.status],
        reason=stored.get(tags.REASON, ""),
        device=stored.get(tags.DEVICE, ""),
        note=stored.get(tags.ACTIVITY, ""),
        compared_with=stored.get(tags.COMPARED_WITH, ""),
        metrics=latest_metrics(run),
        started=started(run),
        study=stored.get(tags.STUDY, ""),
        arm=stored.get(tags.ARM, ""),
        images=stored.get(tags.IMAGES, ""),
        visitor=stored.get(tags.VISITOR, ""),
        pruned=stored.get(tags.PRUNED, ""),
        continued=tags.EPOCHS in stored,
    )


def started(run: "MlflowRun") -> pd.Timestamp:
    """In UTC; NaT where the store has no time, or none that there is."""
    return pd.to_datetime(run.info.start_time, unit="ms", utc=True, errors="coerce")


def latest_metrics(run: "MlflowRun") -> dict[str, float]:
    """The latest value of each metric.

    Outputs that are not numbers give a test loss that is none, and an accuracy that means nothing: both are
    left out, as if the network had not been tested.
    """
    metrics = {name: as_reported(value) for name, value in run.data.metrics.items()}
    if not np.isfinite(metrics.get("test_loss", 0.0)):
        del metrics["test_loss"]
        for name in ("test_accuracy", "tested_epoch"):
            metrics.pop(name, None)
    return metrics


def as_reported(value: float | None) -> float:
    """A metric as it was reported: MLflow stores NaN beside a flag, and infinity as the largest number."""
    if value is None or np.isnan(value):
        return float("nan")
    return value if abs(value) < np.finfo(np.float64).max else float(np.copysign(np.inf, value))


def fingerprint(spec: RunSpec) -> str:
    """By it runs with the same settings find each other among very many.

    Settings that were added later do not count at their defaults, so that older runs keep their fingerprints.
    """
    text = spec.model_dump_json(exclude=added_at_default(spec))
    return hashlib.sha256(text.encode()).hexdigest()[:32]
