"""A training on the command line, ordered about by another process, and then killed."""

import subprocess
import sys

from cnnlab import runs
from cnnlab.runs import ownership
from cnnlab.trainer.trainer import Trainer
from tests.waiting import wait_until

FOREVER = ["--preset", "small", "--images", "300", "--epochs", "400"]


def test_a_training_of_the_command_line_takes_orders_and_holds_nobody_once_it_is_killed():
    before = {run.run_id for run in runs.active()}
    program = subprocess.Popen(
        [sys.executable, "-m", "cnnlab", "train", *FOREVER],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        wait_until(lambda: any(run.status == "training" for run in ours(before)), seconds=120)
        [training] = [run for run in ours(before) if run.status == "training"]
        [waiting] = [run for run in ours(before) if run.status == "waiting"]
        trainings = Trainer().trainings
        trainings.order([training.run_id], paused=True)
        wait_until(lambda: runs.get(training.run_id).note == "paused", seconds=60)
        assert runs.get(training.run_id).active
    finally:
        program.kill()
        program.wait()
    for run in (training, waiting):
        ended = runs.get(run.run_id)
        assert (ended.status, ended.reason) == ("failed", ownership.INTERRUPTED)
    runs.delete([waiting.run_id])


def ours(before: set[str]) -> list[runs.Run]:
    return [run for run in runs.active() if run.run_id not in before]
