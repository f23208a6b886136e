"""The curves of a stored run, read as the pages read them."""

import dataclasses

import numpy as np
import pandas as pd

from cnnlab import runs
from cnnlab.comparison.candidates import candidates
from cnnlab.comparison.curve_readings import read_curves
from cnnlab.comparison.side_by_side import learning_curves
from cnnlab.data.split import steps_per_epoch
from cnnlab.runs import CURVE_COLUMNS, Run
from cnnlab.spec import PRESETS, RunSpec

SPEC = PRESETS["small"].with_setting("training.epochs", 12).runs()["model"]
EPOCH = np.arange(1, 13)


def run_of(spec: RunSpec) -> Run:
    run_id = runs.create("model", "read", spec)
    runs.end(run_id, "stopped")
    return runs.get(run_id)


def curves_of(run: Run, val_loss: np.ndarray) -> pd.DataFrame:
    """A training whose loss falls; its validation loss is given epoch by epoch."""
    steps = EPOCH * steps_per_epoch(run.spec)
    metrics = {
        "loss": 1.0 - 0.05 * EPOCH,
        "accuracy": 0.5 + 0.02 * EPOCH,
        "val_loss": val_loss,
        "val_accuracy": 0.5 + 0.01 * EPOCH,
    }
    rows = [
        (run.run_id, metric, int(step), value, 1000 + number)
        for metric, values in metrics.items()
        for number, (step, value) in enumerate(zip(steps, values, strict=True))
    ]
    return pd.DataFrame(rows, columns=list(CURVE_COLUMNS)).sort_values(["milliseconds", "metric"])


def test_a_run_that_overfits_is_told_in_the_section_of_curves_with_its_rule():
    run = run_of(SPEC)
    wobble = 0.002 * np.resize([1, -1], 12)
    curves = curves_of(run, 0.6 + 0.03 * np.abs(EPOCH - 4) + wobble)
    [reading] = read_curves(run, "CNN", curves)
    assert reading.finding.claim == "CNN overfits since epoch 4"
    section = learning_curves(candidates([run]), {run.run_id: curves})
    assert [finding.claim.partition(" overfits ")[2] for finding in section.findings] == ["since epoch 4"]
    assert section.notes == (reading.rule,)


def test_a_run_that_is_active_or_of_unknown_data_is_not_read():
    run = run_of(SPEC)
    curves = curves_of(run, 1.0 + 0.05 * EPOCH)
    active = dataclasses.replace(run, status="training")
    assert learning_curves(candidates([active]), {run.run_id: curves}).findings == ()
    foreign = SPEC.model_copy(update={"data": SPEC.data.model_copy(update={"dataset": "pets"})})
    assert read_curves(dataclasses.replace(run, spec=foreign), "CNN", curves) == []
