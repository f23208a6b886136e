"""The metrics of runs over time: written in one go, read as curves.

A store in SQLite is asked by SQL, since MLflow's interface gives whole histories only.
"""

from typing import TYPE_CHECKING

import pandas as pd

from cnnlab.runs import run, store

if TYPE_CHECKING:
    from mlflow.entities import Metric

CURVE_COLUMNS = {
    "run_id": "object",
    "metric": "object",
    "step": "int64",
    "value": "float64",
    "milliseconds": "int64",
}


def log_metrics(run_id: str, metrics: "list[Metric]") -> None:
    """Stores values of metrics in one go."""
    store.client().log_batch(run_id, metrics=metrics)


def curves(run_ids: list[str], after: dict[str, int] | None = None) -> pd.DataFrame:
    """The metrics of some runs, oldest first.

    Args:
        run_ids: Which runs.
        after: run id → milliseconds; only what was reported later is read.

    Returns a frame with the columns run_id, metric, step (optimizer steps), value, and milliseconds
    (since 1970, strictly increasing from report to report of one run).
    """
    read = _sql_history if "sqlite:" in store.store_uri() else _history
    rows = [row for run_id in run_ids for row in read(run_id, (after or {}).get(run_id, -1))]
    frame = pd.DataFrame(rows, columns=list(CURVE_COLUMNS)).astype(CURVE_COLUMNS)
    return frame.sort_values(["run_id", "milliseconds", "metric"], ignore_index=True)


def _history(run_id: str, after: int) -> list[tuple]:
    """A run's metrics by MLflow's interface, which gives whole histories only."""
    keys = store.client().get_run(run_id).data.metrics
    return [
        (run_id, metric.key, metric.step, run.as_reported(metric.value), metric.timestamp)
        for key in keys
        for metric in store.client().get_metric_history(run_id, key)
        if metric.timestamp > after
    ]


def _sql_history(run_id: str, after: int) -> list[tuple]:
    """The same from MLflow's table of metrics: only the increment, in one query."""
    import sqlalchemy

    query = sqlalchemy.text(
        "SELECT run_uuid, key, step, CASE WHEN is_nan THEN NULL ELSE value END, timestamp "
        "FROM metrics WHERE run_uuid = :run_id AND timestamp > :after"
    )
    with store.engine().connect() as connection:
        rows = connection.execute(query, {"run_id": run_id, "after": after}).all()
    return [(*row[:3], run.as_reported(row[3]), row[4]) for row in rows]
