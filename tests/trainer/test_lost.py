"""Trainings whose scheduler was lost, without any scheduler."""

from cnnlab import runs
from cnnlab.errors import TrainerUnavailable
from cnnlab.runs import ownership, store, tags
from cnnlab.spec import PRESETS
from cnnlab.trainer.lost import LostTrainings
from cnnlab.trainer.trainings import Trainings
from tests.trainer.stubs import StubConnection
from tests.waiting import wait_until

SPEC = PRESETS["small"].runs()["model"]


class Submitted:
    """What was handed in, and how."""

    def __init__(self) -> None:
        self.again: list[str] = []
        self.anew: list[str] = []
        self.ready = True
        self.fails = False
        self.lost = LostTrainings(
            lambda: self.ready, self.take_again, lambda run: self.anew.append(run.run_id)
        )

    def take_again(self, run: runs.Run) -> None:
        if self.fails:
            raise TrainerUnavailable("No Dask scheduler answers.")
        self.again.append(run.run_id)

    def take_anew(self, run: runs.Run) -> None:
        self.anew.append(run.run_id)


def waiting() -> str:
    return runs.create("model", "lost", SPEC)


def test_what_waits_is_the_same_task_again_and_what_was_cut_off_a_new_one():
    submitted, queued, cut_off, alive, ended = Submitted(), *(waiting() for _ in range(4))
    for run_id in (cut_off, alive, ended):
        runs.start(run_id, "CPU")
    dead = ownership.Process(host=ownership.this_process().host, pid=1, created=1)
    store.client().set_tag(cut_off, tags.OWNER, dead.model_dump_json())
    runs.end(ended, "finished")
    submitted.ready = False  # the thread leaves the looking to this test
    for run_id in (queued, cut_off, alive, ended):
        submitted.lost.add(run_id)
    submitted.lost.look()
    submitted.lost.look()
    assert (submitted.again, submitted.anew) == ([queued], [cut_off])
    runs.end(alive, "finished")
    submitted.lost.look()
    assert (submitted.again, submitted.anew) == ([queued], [cut_off])
    assert runs.get(cut_off).status == "waiting"


def test_it_is_tried_again_where_the_scheduler_is_lost_once_more():
    submitted, queued = Submitted(), waiting()
    submitted.ready, submitted.fails = False, True
    submitted.lost.add(queued)
    submitted.lost.look()
    assert submitted.again == []
    submitted.fails = False
    submitted.lost.look()
    assert submitted.again == [queued]


def test_a_run_that_waits_in_a_cluster_is_handed_in_under_its_old_key(monkeypatch):
    monkeypatch.setenv("CNNLAB_SCHEDULER", "tcp://127.0.0.1:1")
    monkeypatch.setattr("cnnlab.trainer.lost.LOOK_SECONDS", 0.05)
    connection = StubConnection()
    monkeypatch.setattr(connection, "status", lambda: type("Status", (), {"state": "ready"}))
    run_id = waiting()
    Trainings(connection).submit_run(run_id, "model", worker="")
    connection.futures[0].end("cancelled")
    wait_until(lambda: len(connection.submitted) == 2)
    first, second = (submitted.options["key"] for submitted in connection.submitted)
    assert first == second == runs.task_of(run_id)
    assert runs.get(run_id).status == "waiting"
    runs.end(run_id, "stopped")
