"""The whole embedded trainer killed, scheduler and workers, while it trains."""

import psutil

from cnnlab import runs
from cnnlab.spec import PRESETS
from cnnlab.trainer.trainer import Trainer
from tests.waiting import wait_until

SPEC = PRESETS["small"].with_setting("data.images", 300).with_setting("training.epochs", 200)


def test_an_embedded_trainer_that_is_killed_is_started_again_and_its_training_goes_on():
    trainer = Trainer()
    with trainer.running():
        wait_until(lambda: trainer.status().state == "ready", seconds=180)
        comparison = trainer.trainings.submit(SPEC.model_copy(update={"baseline": None}))
        [run_id] = [run.run_id for run in runs.members(comparison).values()]
        wait_until(lambda: len(runs.weight_epochs(run_id)) > 1, seconds=120)

        first = trainer.connection.embedded_process_id()
        process = psutil.Process(first)
        for each in [process, *process.children(recursive=True)]:
            each.kill()
        wait_until(lambda: trainer.connection.embedded_process_id() != first)
        wait_until(lambda: trainer.status().state == "ready", seconds=180)
        wait_until(lambda: runs.get(run_id).status == "training", seconds=120)
        trainer.trainings.order([run_id], stop=True)
        wait_until(lambda: runs.get(run_id).status == "stopped", seconds=60)
