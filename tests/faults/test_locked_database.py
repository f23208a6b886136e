"""A database that another program holds for a while, as a backup or an administrator's tool does."""

import os
import sqlite3
import subprocess
import sys
import time

from cnnlab import runs
from tests.waiting import wait_until

AWAY_SECONDS = 20
TRAIN = ["train", "--preset", "small", "--images", "300", "--epochs", "40", "--no-baseline"]


def test_a_training_outlasts_a_database_that_is_locked_for_long_and_loses_nothing(tmp_path, monkeypatch):
    uri = f"sqlite:///{tmp_path}/mlflow.db"
    monkeypatch.setenv("MLFLOW_TRACKING_URI", uri)
    runs.prepare()
    program = subprocess.Popen(
        [sys.executable, "-m", "cnnlab", *TRAIN],
        env=os.environ | {"PYTHONPATH": os.pathsep.join(sys.path)},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
    )
    wait_until(lambda: any(runs.weight_epochs(run.run_id) for run in runs.active()), seconds=120)
    holder = sqlite3.connect(tmp_path / "mlflow.db", timeout=60, isolation_level=None)
    try:
        holder.execute("BEGIN EXCLUSIVE")
        time.sleep(AWAY_SECONDS)
    finally:
        holder.close()
    _, said = program.communicate(timeout=120)
    assert program.returncode == 0, said
    assert "Traceback" not in said
    [run] = runs.recent()
    assert (run.status, run.reason) == ("finished", "")
    curves = runs.curves([run.run_id])
    assert curves.query("metric == 'val_loss'")["step"].is_unique
    assert len(curves.query("metric == 'val_loss'")) == 41
    assert runs.has_model(run.run_id)
