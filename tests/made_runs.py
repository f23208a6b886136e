"""Runs that were never stored, for what only looks at them: settings, seed, results, and how they ended."""

import itertools
from typing import Any

import pandas as pd

from cnnlab.runs import Run
from cnnlab.spec import PRESETS, ComparisonSpec, Role, network_title

SMALL = PRESETS["small"]


def seeded_run(
    number: int,
    seed: int = 0,
    accuracy: float | None = 0.8,
    role: Role = "model",
    spec: ComparisonSpec = SMALL,
    **changes: Any,
) -> Run:
    """A finished run; `number` is its id and its minute of start."""
    settings = spec.with_setting("training.seed", seed).runs()[role]
    metrics = {} if accuracy is None else {"test_accuracy": accuracy, "best_val_accuracy": accuracy + 0.01}
    fields: dict[str, Any] = {
        "run_id": f"run{number}",
        "name": network_title(settings.model),
        "comparison": "made",
        "role": role,
        "spec": settings,
        "status": "finished",
        "reason": "",
        "device": "CPU",
        "note": "",
        "compared_with": "",
        "metrics": {"loss": 0.5, "learning_rate": settings.training.learning_rate, **metrics},
        "started": pd.Timestamp("2026-01-01", tz="UTC") + pd.Timedelta(minutes=number),
    }
    return Run(**fields | changes)


def series(accuracies: list[float], first: int = 0, seed: int = 0, **options: Any) -> list[Run]:
    """A run for each accuracy, with consecutive ids and seeds."""
    numbers = zip(itertools.count(first), itertools.count(seed), accuracies, strict=False)
    return [seeded_run(number, each, accuracy, **options) for number, each, accuracy in numbers]
