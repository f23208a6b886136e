"""What each exercise card of the page Learn finds, and how long that takes; the table in the README.

To be run by hand, from the folder of the README: `python -m tests.benchmarks.exercises`. It takes about six
minutes, keeps nothing, prints the table as markdown, and ends with status 1 where a card takes longer than
two minutes. Each card is trained from nothing, by the dashboard's own queue and workers; what one card has
trained is not used by the next.
"""

import os
import sys
import tempfile
import time
from unittest import mock

import numpy as np

from cnnlab import runs, words
from cnnlab.bench.through_trainer import wait_until_ready
from cnnlab.evidence.seed_noise import Gap, gap
from cnnlab.lessons import exercises, texts
from cnnlab.studies import progress
from cnnlab.studies.queue import StudyQueue
from cnnlab.trainer.trainer import Trainer

TARGET = 120.0  # seconds
POLL_SECONDS = 0.5


def main() -> None:
    """Measures, prints, judges."""
    with tempfile.TemporaryDirectory() as folder:
        os.environ["MLFLOW_TRACKING_URI"] = f"sqlite:///{folder}/mlflow.db"
        trainer = Trainer()
        with trainer.running(), mock.patch.object(runs, "latest_matching", return_value=None):
            wait_until_ready(trainer)
            met = _measure(StudyQueue(trainer))
    sys.exit(not met)


def _measure(queue: StudyQueue) -> bool:
    print("| card | what changes | changed network | points (95% interval), p | so it is | seconds |")
    print("| --- | --- | --- | --- | --- | --- |")
    met = True
    for card in texts.cards().values():
        assert not isinstance(card, str), card
        began = time.monotonic()
        study = exercises.study(card)
        study_id = queue.submit(study)
        while (state := progress.read(study_id)).active:
            time.sleep(POLL_SECONDS)
        seconds = time.monotonic() - began
        met &= seconds <= TARGET and not state.missing
        accuracies = [[run.metrics["test_accuracy"] for run in pair] for pair in state.pairs().values()]
        seen = gap(*np.array(accuracies).T)
        changed = f"{study.networks[0]} against {study.networks[1]}"
        cells = [card.title, exercises.changes(card), changed, _numbers(seen), exercises.effect(seen)]
        print(f"| {' | '.join(cells)} | {seconds:.0f} |", flush=True)
    return met


def _numbers(seen: Gap) -> str:
    low, high = (words.signed(100 * end) for end in (seen.low, seen.high))
    return f"{words.signed(100 * seen.mean)} ({low} to {high}), {words.p_value(seen.p_value)}"


if __name__ == "__main__":
    main()
