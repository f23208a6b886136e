"""Runs beside each other as tables: results with their distance to the baseline, settings, layers."""

import pandas as pd

from cnnlab.arithmetic.layers import LayerRow
from cnnlab.runs import Run
from cnnlab.runs.comparable import NOT_SET, Setting


def results_frame(labels: list[str], runs: list[Run], baseline: Run) -> pd.DataFrame:
    """One row a run, as numbers.

    Columns: Run, Test accuracy and Best validation [in %], Points [percentage points of test
    accuracy more than the baseline], Test loss [nats], Loss difference, Parameters, Multiply-adds [for an
    image], Times the baseline [multiply-adds], Seconds, Images/s, State; where a run has patience also
    Tested epoch, whose weights were tested. What a run lacks is missing.
    """
    base = baseline.metrics
    rows = [
        _row(label, run.metrics, base) | {"State": run.status}
        for label, run in zip(labels, runs, strict=True)
    ]
    if any(run.spec.training.patience for run in runs):
        for row, run in zip(rows, runs, strict=True):
            row["Tested epoch"] = run.metrics.get("tested_epoch")
    return pd.DataFrame(rows)


def _row(label: str, metrics: dict[str, float], base: dict[str, float]) -> dict[str, object]:
    own, other = metrics.get, base.get
    return {
        "Run": label,
        "Test accuracy": _times(own("test_accuracy"), 100),
        "Points": _times(_less(own("test_accuracy"), other("test_accuracy")), 100),
        "Test loss": own("test_loss"),
        "Loss difference": _less(own("test_loss"), other("test_loss")),
        "Best validation": _times(own("best_val_accuracy"), 100),
        "Parameters": own("params"),
        "Multiply-adds": own("macs"),
        "Times the baseline": _ratio(own("macs"), other("macs")),
        "Seconds": own("seconds"),
        "Images/s": own("images_per_second"),
    }


def _times(value: float | None, factor: float) -> float | None:
    return None if value is None else value * factor


def _less(value: float | None, other: float | None) -> float | None:
    return None if value is None or other is None else value - other


def _ratio(value: float | None, other: float | None) -> float | None:
    return value / other if value and other else None


def settings_frame(labels: list[str], settings: list[Setting]) -> pd.DataFrame:
    """Settings down, runs across; the first column is Setting."""
    rows = [{"Setting": each.title} | dict(zip(labels, each.words, strict=True)) for each in settings]
    return pd.DataFrame(rows, columns=["Setting", *labels])


def layers_frame(labels: list[str], tables: list[list[LayerRow]]) -> pd.DataFrame:
    """Layers down, runs across: output shape and parameters; layers of the same name share a row.

    The order is that of the longest network; the last row holds the sums.
    """
    by_name = [{row.name: row for row in rows} for rows in tables]
    longest = max(tables, key=len, default=[])
    names = [row.name for row in longest]
    for rows in tables:
        for place, row in enumerate(rows):
            if row.name not in names:
                before = rows[place - 1].name if place else None
                names.insert(names.index(before) + 1 if before in names else 0, row.name)
    layers = [
        {"Layer": name} | {label: _layer(rows.get(name)) for label, rows in zip(labels, by_name, strict=True)}
        for name in names
    ]
    total = {"Layer": "Total"} | {
        label: f"{sum(row.params for row in rows):,} parameters"
        for label, rows in zip(labels, tables, strict=True)
    }
    return pd.DataFrame([*layers, total], columns=["Layer", *labels])


def _layer(row: LayerRow | None) -> str:
    if row is None:
        return NOT_SET
    shape = "×".join(f"{size:,}" for size in row.output_shape)
    return f"{shape} · {row.params:,}" if row.params else shape
