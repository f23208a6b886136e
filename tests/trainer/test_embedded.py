"""The embedded trainer's process: what is said of its end, and that it is started again."""

import asyncio
import subprocess
import sys
from pathlib import Path
from typing import cast

import psutil
import pytest
from distributed import Worker

from cnnlab.errors import TrainerUnavailable
from cnnlab.trainer import cluster, embedded
from cnnlab.trainer.connection import Connection
from cnnlab.trainer.embedded import EmbeddedTrainer, KeptTrainer, last_error
from cnnlab.worker.gpus import Gpus
from tests.waiting import wait_until

FAILING = "raise OSError('the store is gone')"
LIVING = "import sys; sys.stdin.read()"


@pytest.mark.parametrize(
    ("log", "said"),
    [
        (
            "Traceback (most recent call last):\n  File 'a'\nOSError: no space\n"
            "/usr/lib/python3.11/resource_tracker.py:254: UserWarning: resource_tracker: There are 6\n"
            "  warnings.warn('resource_tracker: There appear to be %d '\n",
            "Its log ends with: OSError: no space",
        ),
        ("mlflow.exceptions.MlflowException: locked\nbye\n", "MlflowException: locked"),
        ("started\nSomeWarning: old\n", "Its log ends with: started"),
        ("", "Its log says nothing."),
    ],
)
def test_the_line_of_a_log_that_counts_is_its_last_error(log, said):
    assert last_error(log).endswith(said)


@pytest.fixture
def kept(monkeypatch: pytest.MonkeyPatch, tmp_path: Path):
    """Starts a kept trainer whose process runs this program; it is stopped at the end."""
    trainers = []

    def start(program: str) -> KeptTrainer:
        def begin(self: EmbeddedTrainer, folder: Path) -> None:
            self._scheduler_file = folder / "scheduler.json"
            self._log_file = folder / "trainer.log"
            with self._log_file.open("wb") as log:
                self.process = subprocess.Popen(
                    [sys.executable, "-c", program], stdin=subprocess.PIPE, stderr=log
                )

        monkeypatch.setattr(EmbeddedTrainer, "__init__", begin)
        trainers.append(KeptTrainer(tmp_path))
        return trainers[-1]

    monkeypatch.setattr(embedded, "PAUSES", (0.0, 0.0, 0.0))
    yield start
    for trainer in trainers:
        trainer.stop()


def test_a_trainer_that_was_killed_is_started_again(kept):
    trainer = kept(LIVING)
    first = trainer.process_id
    trainer._trainer.process.kill()
    wait_until(lambda: trainer.process_id != first)
    assert trainer.scheduler() is None and not trainer.given_up


def test_a_trainer_that_dies_again_and_again_is_given_up_with_the_reason_until_it_is_wanted(
    kept, monkeypatch
):
    trainer = kept(FAILING)
    wait_until(lambda: trainer.given_up)
    with pytest.raises(TrainerUnavailable, match=r"ended 4 times in a row.*OSError: the store is gone"):
        trainer.scheduler()
    trainer.start_again()
    wait_until(lambda: trainer._starts == 8)


def test_an_end_from_outside_names_the_signal(kept, monkeypatch):
    monkeypatch.setattr(embedded, "MOST_RESTARTS", 0)
    trainer = kept(LIVING)
    trainer._trainer.process.kill()
    wait_until(lambda: trainer.given_up)
    with pytest.raises(TrainerUnavailable, match="ended from outside, by SIGKILL"):
        trainer.scheduler()


def test_a_trainer_that_runs_already_is_used_and_left_running(kept):
    trainer, connection = kept(LIVING), Connection()
    with connection.running(trainer):
        assert connection.embedded_process_id() == trainer.process_id
    assert connection.embedded_process_id() is None and connection.is_closing
    assert psutil.pid_exists(trainer.process_id)


def test_none_is_started_where_a_scheduler_is_named(monkeypatch):
    monkeypatch.setenv("CNNLAB_SCHEDULER", "tcp://127.0.0.1:8786")
    with embedded.kept_trainer() as trainer:
        assert trainer is None


def test_the_first_worker_goes_before_the_others_until_it_is_warm(monkeypatch):
    """A person waits for one worker; two that share the cores would keep them waiting twice as long."""
    steps = []
    monkeypatch.setattr(cluster.train, "warm_up", lambda: steps.append("warm"))
    monkeypatch.setattr(cluster.train, "open_store", lambda: None)
    monkeypatch.setattr(cluster, "lower_priority", lambda: steps.append("lower"))
    monkeypatch.setattr(cluster.gpus, "visible_gpus", lambda: ())
    monkeypatch.setattr(cluster.device, "name", lambda: "CPU")

    class Joining:
        def __init__(self, name: str) -> None:
            self.name = name

        async def plugin_add(self, plugin: object, name: str) -> None:
            steps.append(self.name)

    for name in cluster.worker_specs(Gpus()):
        asyncio.run(cluster.dask_setup(cast(Worker, Joining(name))))
    assert steps == ["warm", "lower", "worker-1", "lower", "warm", "lower", "worker-2"]
