"""The metrics of runs over time: written in one go, read as curves."""

from collections.abc import Container
from typing import TYPE_CHECKING

import pandas as pd

from cnnlab.runs import store
from cnnlab.runs.run import as_reported

if TYPE_CHECKING:
    from mlflow.entities import Metric

    from cnnlab.runs.reader import Reader

CURVE_COLUMNS = {
    "run_id": "object",
    "metric": "object",
    "step": "int64",
    "value": "float64",
    "milliseconds": "int64",
}


NO_CURVES = pd.DataFrame(columns=pd.Index(CURVE_COLUMNS)).astype(CURVE_COLUMNS)


def rate_in_force(metrics: Container[str]) -> str:
    """The metric that says which learning rate a person has set: under a schedule its peak.

    `metrics`: the names of those that a run has.
    """
    return "peak_learning_rate" if "peak_learning_rate" in metrics else "learning_rate"


def log_metrics(run_id: str, metrics: "list[Metric]") -> None:
    """Stores values of metrics in one go."""
    store.client().log_batch(run_id, metrics=metrics)


def curves(
    run_ids: list[str], after: dict[str, int] | None = None, reader: "Reader | None" = None
) -> pd.DataFrame:
    """The metrics of some runs, oldest first.

    Args:
        run_ids: Which runs.
        after: run id → milliseconds; only what was reported later is read.
        reader: Of the store; by default the one that suits it.

    Returns a frame with the columns run_id, metric, step (optimizer steps), value, and milliseconds
    (since 1970, strictly increasing from report to report of one run).
    """
    reader = reader or store.reader()
    rows = [
        (run_id, point.metric, point.step, as_reported(point.value), point.milliseconds)
        for run_id in run_ids
        for point in reader.history(run_id, (after or {}).get(run_id, -1))
    ]
    if not rows:
        return NO_CURVES.copy()
    frame = pd.DataFrame(rows, columns=pd.Index(CURVE_COLUMNS)).astype(CURVE_COLUMNS)
    return frame.sort_values(["run_id", "milliseconds", "metric"], ignore_index=True)
