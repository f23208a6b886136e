"""A dashboard killed while trainings wait in its queue, and started again."""

import os
import subprocess
import sys
import textwrap
from pathlib import Path

import pytest

from cnnlab import runs
from cnnlab.runs import Run
from cnnlab.runs.ownership import INTERRUPTED
from tests.browser.conftest import dashboard
from tests.waiting import wait_until

ROOT = Path(__file__).parents[2]

# What the pages of a dashboard do: Ann trains for long, Ben starts a study, Cleo trains.
PROGRAM = """
    import time
    from cnnlab.spec import PRESETS
    from cnnlab.studies import plan
    from cnnlab.studies.queue import StudyQueue
    from cnnlab.trainer.trainer import Trainer

    small = PRESETS["small"].with_setting("data.images", 200).with_setting("training.epochs", 1)
    trainer = Trainer()
    with trainer.running():
        while trainer.status().state != "ready" or len(trainer.workers()) < 2:
            time.sleep(0.1)
        long = small.with_setting("training.batch_size", 2).with_setting("training.epochs", 500)
        ann = trainer.trainings.submit(long, visitor="ann")
        while not all(runs.has_model(run.run_id) for run in members(ann)):
            time.sleep(0.1)
        ben = StudyQueue(trainer).submit(plan.seeds(small, 3), "ben")
        cleo = trainer.trainings.submit(small.with_setting("training.seed", 7), visitor="cleo")
        print(ann, ben, cleo, flush=True)
        input()
"""
MEMBERS = """
from cnnlab import runs
def members(comparison):
    return runs.members(comparison).values()
"""


def killed_dashboard(store: str) -> tuple[str, str, str]:
    """Leaves a queue behind; returns Ann's comparison, Ben's study and Cleo's comparison."""
    process = subprocess.Popen(
        [sys.executable, "-c", MEMBERS + textwrap.dedent(PROGRAM)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        cwd=ROOT,
        env=os.environ | {"MLFLOW_TRACKING_URI": store},
    )
    try:
        ann, ben, cleo = process.stdout.readline().split()
    finally:
        process.kill()
        process.communicate()
    return ann, ben, cleo


def test_what_waited_in_a_killed_dashboard_is_trained_by_the_next_one_in_its_order(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    store = f"sqlite:///{tmp_path}/mlflow.db"
    ann, ben, cleo = killed_dashboard(store)
    monkeypatch.setenv("MLFLOW_TRACKING_URI", store)
    log = tmp_path / "server.log"
    with dashboard(log):
        wait_until(lambda: all(run.status == "finished" for run in of(ben, cleo)), seconds=150)
    assert {run.visitor for run in runs.of_study(ben)} == {"ben"}
    assert {run.visitor for run in runs.members(cleo).values()} == {"cleo"}
    assert max(begun(run) for run in runs.members(cleo).values()) < max(
        begun(run) for run in runs.of_study(ben)
    ), "what a person trains goes before a study"
    under_way = list(runs.members(ann).values())
    assert {(run.status, run.reason) for run in under_way} == {("failed", INTERRUPTED)}
    assert all(runs.has_model(run.run_id) for run in under_way), "'Continue' goes on from there"
    assert "Traceback" not in log.read_text()


def of(study: str, comparison: str) -> list[Run]:
    return [*runs.of_study(study), *runs.members(comparison).values()]


def begun(run: Run) -> int:
    return int(runs.curves([run.run_id])["milliseconds"].min())
