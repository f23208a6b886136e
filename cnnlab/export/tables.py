"""Curves and results of runs as tables to download: DataFrames, and DataFrames as files.

Numbers are exported as they are stored; tables for reading, with rounded numbers, are in `cnnlab.views`.
"""

import io

import pandas as pd

from cnnlab import runs
from cnnlab.data.split import images_to_learn_from, steps_per_epoch
from cnnlab.runs import Run
from cnnlab.spec import flatten
from cnnlab.views.figures.curve_lines import current
from cnnlab.views.training_time import seconds_at

CURVES_COLUMNS = ["run_id", "name", "metric", "step", "epoch", "seconds", "value"]
DESCRIBED = ["run_id", "name", "comparison", "role", "status", "reason", "device", "started"]


def curves(of: list[Run]) -> pd.DataFrame:
    """Every metric of some runs over their trainings, one row for each value, run by run.

    Columns: run_id, name, metric, step (optimizer steps), epoch (steps as a share of an epoch's), seconds
    (of training up to there, pauses left out), value. Values that are not finite are NaN or infinite; what
    the continuation of a training has replaced is left out.
    """
    stored = runs.curves([run.run_id for run in of])
    tables = [_curves(run, current(stored[stored["run_id"] == run.run_id])) for run in of]
    return pd.concat(tables, ignore_index=True) if tables else pd.DataFrame(columns=CURVES_COLUMNS)


def _curves(run: Run, stored: pd.DataFrame) -> pd.DataFrame:
    steps = steps_per_epoch(run.spec)
    images_per_step = images_to_learn_from(run.spec) / steps
    return stored.assign(
        name=run.name,
        epoch=stored["step"] / steps,
        seconds=seconds_at(stored, stored["step"].to_numpy(), images_per_step),
    )[CURVES_COLUMNS]


def results(of: list[Run]) -> pd.DataFrame:
    """One row for each run: its description, its settings, and the latest value of each metric.

    Columns: run_id, name, comparison, role, status, reason, device, started (UTC); the settings under
    their paths, such as 'model.blocks.0.filters'; the metrics under their names, accuracies in [0, 1].
    Missing values are empty.
    """
    described = pd.DataFrame(
        [{name: getattr(run, name) for name in DESCRIBED} for run in of], columns=DESCRIBED
    )
    settings = pd.DataFrame([flatten(run.spec) for run in of], dtype=object).convert_dtypes()  # 64, not 64.0
    metrics = pd.DataFrame([run.metrics for run in of], dtype=float)
    return pd.concat([described, settings, metrics], axis=1)


def csv(table: pd.DataFrame) -> bytes:
    """Comma-separated values with a heading, UTF-8; infinite numbers as 'inf', missing ones empty."""
    return table.to_csv(index=False).encode()


def parquet(table: pd.DataFrame) -> bytes:
    """An Apache Parquet file, with the types of the columns."""
    buffer = io.BytesIO()
    table.to_parquet(buffer, index=False)
    return buffer.getvalue()
