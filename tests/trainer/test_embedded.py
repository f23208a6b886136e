"""The embedded trainer's process: what is said of its end, and that it is started again."""

import subprocess
import sys
from pathlib import Path

import pytest

from cnnlab.errors import TrainerUnavailable
from cnnlab.trainer import embedded
from cnnlab.trainer.embedded import EmbeddedTrainer, KeptTrainer, last_error
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
