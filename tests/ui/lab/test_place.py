"""The place of a waiting training in the queue, on the pages Lab and Studies."""

from collections.abc import Iterator

import pytest
from streamlit.testing.v1 import AppTest

from cnnlab import runs
from cnnlab.spec import PRESETS
from cnnlab.studies import plan
from cnnlab.studies.queue import StudyQueue
from cnnlab.trainer.status import TrainerStatus
from cnnlab.trainer.trainings import Trainings
from cnnlab.ui.cached import places
from cnnlab.ui.cached.trainer import trainer
from tests.dashboard import answer_here, opened
from tests.trainer.stubs import StubConnection

SMALL = PRESETS["small"].with_setting("data.images", 200).with_setting("training.epochs", 1)


@pytest.fixture
def queue(monkeypatch: pytest.MonkeyPatch) -> Iterator[Trainings]:
    """A queue before two workers that never finish anything."""
    connection = StubConnection()
    waiting = Trainings(connection)
    monkeypatch.setattr(trainer(), "connection", connection)
    monkeypatch.setattr(trainer(), "trainings", waiting)
    monkeypatch.setattr(trainer(), "status", lambda: TrainerStatus("ready", ("CPU", "CPU")))
    answer_here(monkeypatch)
    places._stored.clear()
    yield waiting
    waiting.order([run.run_id for run in runs.active()], stop=True)


def text(app: AppTest) -> str:
    written = [str(each.value) for kind in ("markdown", "caption") for each in app.main.get(kind)]
    return "\n".join([*written, *(bar.proto.text for bar in app.main.get("progress"))])


def test_what_no_queue_has_no_place(queue: Trainings):
    assert places.place_in_words([]) == places.place_in_words(["unknown"]) == ""


def test_the_lab_says_how_many_trainings_are_ahead(queue: Trainings):
    queue.submit(SMALL, visitor="ann")
    queue.submit(SMALL, visitor="ann")
    comparison = queue.submit(SMALL, visitor="ben")
    assert "waiting: next" in text(opened(comparison=comparison))
    other = queue.submit(SMALL, visitor="cleo")
    places._stored.clear()
    assert "waiting: 2 ahead of you" in text(opened(comparison=other))
    assert "waiting: next" in text(opened(comparison=comparison))


def test_the_time_is_told_once_such_trainings_were_measured(
    queue: Trainings, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(places.durations, "seconds", lambda spec: 20.0)
    queue.submit(SMALL, visitor="ann")
    queue.submit(SMALL, visitor="ben")
    comparison = queue.submit(SMALL, visitor="cleo")
    waiting = [run.run_id for run in runs.members(comparison).values()]
    assert places.place_in_words(waiting) == "2 ahead of you, about 40 s"


def test_a_study_says_where_its_next_training_stands(queue: Trainings):
    queue.submit(SMALL, visitor="ann")
    study = StudyQueue(trainer()).submit(plan.seeds(SMALL.with_setting("training.seed", 50), 3), "ben")
    assert "6 waiting · next ·" in text(opened("studies", study=study))
    queue.submit(SMALL, visitor="cleo")
    places._stored.clear()
    assert "6 waiting · 2 ahead of you ·" in text(opened("studies", study=study))
