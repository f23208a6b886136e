"""Who trains a run, and what becomes of it when that process is dead."""

import json
import socket
import subprocess
import sys
import time
from types import SimpleNamespace

import psutil
import pytest

from cnnlab import runs
from cnnlab.errors import NotTrainedHere, RunNotFound, StoreUnavailable
from cnnlab.runs import heartbeat, lifecycle, ownership, store, tags
from cnnlab.runs.ownership import SILENCE_SECONDS, Process, life, this_process
from cnnlab.spec import PRESETS
from cnnlab.spec.orders import Orders

SPEC = PRESETS["small"].runs()["model"]
NOW = 1_000_000.0


@pytest.fixture(scope="module")
def dead() -> Process:
    """A process of this machine that has ended."""
    process = subprocess.Popen([sys.executable, "-c", ""])
    created = int(psutil.Process(process.pid).create_time())
    process.wait()
    return this_process().model_copy(update={"pid": process.pid, "created": created})


def elsewhere() -> Process:
    return this_process().model_copy(update={"host": "another-machine"})


def new_run() -> str:
    return runs.create("model", "owned", SPEC)


def claim(run_id: str, owner: Process | str) -> str:
    text = owner if isinstance(owner, str) else owner.model_dump_json()
    store.client().set_tag(run_id, tags.OWNER, text)
    return run_id


def test_a_process_of_this_machine_is_seen_to_live_or_not(dead):
    assert life(this_process(), None, NOW) == "alive"
    assert life(dead, None, NOW) == "dead"
    assert life(dead, NOW, NOW) == "dead", "its last sign of life does not matter"
    reborn = this_process().model_copy(update={"created": 0})
    assert life(reborn, None, NOW) == "dead", "another process has got its id"


def test_a_process_elsewhere_is_judged_by_its_signs_of_life(dead):
    for owner in (elsewhere(), None):
        assert life(owner, None, NOW) == "unknown"
        assert life(owner, NOW - SILENCE_SECONDS + 1, NOW) == "alive"
        assert life(owner, NOW - SILENCE_SECONDS - 1, NOW) == "dead"
        assert life(owner, NOW + 1000, NOW) == "alive", "its clock is ahead"
    in_a_container = dead.model_copy(update={"namespace": "pid:[1]"})
    assert life(in_a_container, None, NOW) == "unknown"


def test_a_process_that_lives_but_has_stopped_training_is_dead_to_its_run():
    assert life(this_process(), NOW - SILENCE_SECONDS - 1, NOW) == "dead"


def test_an_owner_of_an_older_version_is_still_understood(dead):
    text = json.dumps({"host": socket.gethostname(), "pid": dead.pid, "created": dead.created})
    run_id = claim(new_run(), text)
    assert runs.get(run_id).status == "failed"


def test_whoever_reads_the_run_of_a_dead_process_ends_it_with_the_reason(dead):
    waiting, training = claim(new_run(), dead), new_run()
    runs.start(training, "CPU")
    runs.note(training, "paused")
    claim(training, dead)
    assert runs.get(waiting).status == "failed"
    assert {run.run_id for run in runs.active()}.isdisjoint({waiting, training})
    ended = runs.get(training)
    assert (ended.status, ended.reason, ended.note) == ("failed", ownership.INTERRUPTED, "")


@pytest.mark.parametrize("read", ["members", "recent", "existing"])
def test_lists_end_it_too(dead, read):
    run_id = claim(new_run(), dead)
    lists = {
        "members": lambda: runs.members("owned").values(),
        "recent": lambda: runs.recent(50),
        "existing": lambda: runs.existing([run_id]),
    }
    lists[read]()
    assert store.client().get_run(run_id).info.status == "FAILED"


def test_all_of_them_are_ended_when_a_trainer_starts(dead):
    ended = claim(new_run(), dead)
    finished = new_run()
    runs.end(finished, "finished")
    claim(finished, dead)
    others = [claim(new_run(), elsewhere()), new_run()]
    foreign = store.client().create_run(store.experiment()).info.run_id
    runs.end_dead()
    assert store.client().get_run(ended).info.status == "FAILED"
    assert runs.get(finished).status == "finished"
    assert {runs.get(run_id).status for run_id in others} == {"waiting"}
    assert store.client().get_run(foreign).info.status == "RUNNING"


@pytest.mark.parametrize("text", ["", "no JSON", "[]", "null", '{"host": 3}', '{"host": "a", "pid": "x"}'])
def test_an_owner_that_cannot_be_read_stops_nobody(text):
    run_id = claim(new_run(), text)
    runs.end_dead()
    assert runs.get(run_id).status == "waiting"
    assert runs.unheard(run_id)
    runs.end(run_id, "stopped")


def test_a_run_that_ended_by_itself_meanwhile_keeps_its_ending(dead, monkeypatch):
    run_id = claim(new_run(), dead)
    seen = store.client().get_run(run_id)
    runs.end(run_id, "finished")
    assert ownership.up_to_date(seen).info.status == "FINISHED"


def test_a_dead_run_can_be_deleted(dead):
    run_id = claim(new_run(), dead)
    runs.delete([run_id])
    with pytest.raises(RunNotFound, match="was deleted"):
        runs.get(run_id)


def silent(run_id: str) -> None:
    """As if the training had written nothing for long."""
    store.client().set_tag(run_id, tags.ALIVE, str(time.time() - SILENCE_SECONDS - 5))


def test_a_training_that_was_taken_for_dead_counts_again_at_its_next_sign_of_life():
    run_id = new_run()
    runs.start(run_id, "CPU")
    silent(run_id)
    assert runs.get(run_id).status == "failed"
    runs.Heartbeat(run_id, lambda orders: None).beat()
    again = runs.get(run_id)
    assert (again.status, again.reason) == ("training", "")
    silent(run_id)
    assert runs.get(run_id).status == "failed"
    runs.end(run_id, "finished")
    assert (runs.get(run_id).status, runs.get(run_id).reason) == ("finished", "")
    runs.end(run_id, "stopped")
    assert runs.get(run_id).status == "finished", "a real ending stays"


def test_a_heartbeat_writes_the_time_when_it_is_due(monkeypatch):
    run_id = new_run()
    runs.start(run_id, "CPU")
    store.client().set_tag(run_id, tags.ALIVE, "1.0")
    beat = runs.Heartbeat(run_id, lambda orders: None)
    beat.beat()
    assert ownership.alive_at(store.client().get_run(run_id)) == 1.0
    monkeypatch.setattr(heartbeat, "ALIVE_SECONDS", 0.0)
    beat.beat()
    written = ownership.alive_at(store.client().get_run(run_id))
    assert written and abs(written - time.time()) < 60


def test_orders_reach_a_training_through_its_run():
    run_id, taken = new_run(), []
    runs.start(run_id, "CPU")
    beat = runs.Heartbeat(run_id, taken.append)
    beat.beat()
    runs.write_orders(run_id, paused=True)
    runs.write_orders(run_id, learning_rate=0.01)
    beat.beat()
    beat.beat()
    assert taken == [Orders(paused=True, learning_rate=0.01)]
    store.client().set_tag(run_id, tags.ORDERS, "no orders")
    beat.beat()
    assert len(taken) == 1


def test_the_orders_that_changed_last_are_in_force():
    direct = [Orders()]
    orders = heartbeat.OrdersInForce(lambda: direct[-1])
    orders.take(Orders(paused=True))
    assert orders() == Orders(paused=True)
    direct.append(Orders(stop=True))
    assert orders() == Orders(stop=True)
    orders.take(Orders(learning_rate=0.5))
    assert orders() == Orders(learning_rate=0.5)


def test_a_continued_run_begins_without_the_orders_and_signs_of_before(monkeypatch):
    run_id = new_run()
    runs.start(run_id, "CPU")
    runs.write_orders(run_id, stop=True)
    silent(run_id)
    assert runs.get(run_id).status == "failed"
    monkeypatch.setattr("cnnlab.runs.artifacts.require_whole_model", lambda run_id: None)
    runs.reopen(run_id, 9)
    assert runs.get(run_id).status == "waiting"
    assert heartbeat.stored_orders(run_id) is None
    assert ownership.alive_at(store.client().get_run(run_id)) is None


def test_the_newest_run_that_can_be_read_is_found_behind_many_that_cannot():
    readable = new_run()
    for number in range(13):
        run_id = new_run()
        store.client().set_tag(run_id, tags.EPOCHS, f"of a newer version {number}")
    assert runs.recent(1, role="model")[0].run_id == readable


def test_a_training_whose_run_was_ended_by_somebody_else_stops():
    run_id, taken = new_run(), []
    runs.start(run_id, "CPU")
    runs.end(run_id, "stopped")
    runs.Heartbeat(run_id, taken.append).beat()
    assert taken == [Orders(stop=True)]
    assert runs.get(run_id).status == "stopped"


def test_a_store_that_is_busy_when_a_trainer_starts_is_asked_again(dead, monkeypatch):
    run_id, waited = claim(new_run(), dead), []
    unfinished = lifecycle.listing.unfinished

    def busy(limit: int) -> list:
        if len(waited) < 2:
            raise StoreUnavailable("busy", passes=True)
        return unfinished(limit)

    monkeypatch.setattr(lifecycle.listing, "unfinished", busy)
    runs.end_dead(wait=waited.append)
    assert waited == [1, 2]
    assert store.client().get_run(run_id).info.status == "FAILED"


def begun_elsewhere(task: str, process: Process) -> str:
    """A run that a task has begun in another process."""
    run_id = new_run()
    runs.wait_in_cluster(run_id, task)
    runs.start(run_id, "CPU", task)
    return claim(run_id, process)


def test_a_task_that_dask_starts_again_takes_its_run_up_once(dead):
    run_id = begun_elsewhere("train-1", dead)
    assert runs.get(run_id).status == "failed", "a reader may be the first to see that it is dead"
    assert runs.start(run_id, "CPU", "train-1")
    assert (runs.get(run_id).status, runs.get(run_id).reason) == ("training", "")
    claim(run_id, dead)
    with pytest.raises(NotTrainedHere, match="died twice"):
        runs.start(run_id, "CPU", "train-1")
    assert (runs.get(run_id).status, runs.get(run_id).reason) == ("failed", ownership.WORKER_DIED)


def test_a_run_is_taken_up_by_no_other_task_and_by_none_once_it_has_ended(dead):
    run_id = begun_elsewhere("train-1", dead)
    for task in ("train-2", ""):
        with pytest.raises(NotTrainedHere, match="cannot be trained again"):
            runs.start(run_id, "CPU", task)
    runs.end(run_id, "stopped")
    with pytest.raises(NotTrainedHere, match="it is stopped"):
        runs.start(run_id, "CPU", "train-1")
    assert runs.get(run_id).status == "stopped"


def test_a_process_that_may_still_train_elsewhere_gets_time_to_let_go(dead, monkeypatch):
    waited = []
    monkeypatch.setattr(lifecycle, "time", SimpleNamespace(sleep=waited.append, time=time.time))
    assert runs.start(begun_elsewhere("train-1", dead), "CPU", "train-1")
    assert waited == []
    assert runs.start(begun_elsewhere("train-1", elsewhere()), "CPU", "train-1")
    assert waited == [lifecycle.LET_GO_SECONDS]
    assert lifecycle.LET_GO_SECONDS > 2 * heartbeat.ORDERS_SECONDS


def test_a_training_whose_run_belongs_to_another_process_is_given_up(dead):
    run_id, orders = new_run(), heartbeat.OrdersInForce(Orders)
    runs.start(run_id, "CPU")
    beat = runs.Heartbeat(run_id, orders.take, orders.give_up)
    beat.beat()
    assert orders() == Orders()
    claim(run_id, elsewhere())
    beat.beat()
    with pytest.raises(NotTrainedHere, match="another process"):
        orders()


def test_a_training_that_is_handed_over_once_more_as_it_begins_goes_on(monkeypatch):
    """A second dashboard saw it wait, and says so in its run after it has begun."""
    run_id, orders = new_run(), heartbeat.OrdersInForce(Orders)
    runs.wait_in_cluster(run_id, "train-1")
    seen = store.stored(run_id)
    runs.start(run_id, "CPU", "train-1")
    with monkeypatch.context() as patched:
        patched.setattr(store, "stored", lambda _: seen)
        runs.wait_in_cluster(run_id, "train-2")
    assert store.stored(run_id).data.tags[tags.OWNER] == ""
    beat = runs.Heartbeat(run_id, orders.take, orders.give_up, "train-1")
    beat.beat()
    assert orders() == Orders(), "it is not given up"
    assert ownership.is_owned_here(store.stored(run_id)) and runs.task_of(run_id) == "train-1"
    assert runs.get(run_id).status == "training"


def test_a_training_whose_run_waits_for_another_worker_is_given_up():
    run_id, orders = new_run(), heartbeat.OrdersInForce(Orders)
    runs.start(run_id, "CPU", "train-1")
    store.client().update_run(run_id, status="SCHEDULED")
    runs.wait_in_cluster(run_id, "train-2")
    runs.Heartbeat(run_id, orders.take, orders.give_up, "train-1").beat()
    with pytest.raises(NotTrainedHere, match="another process"):
        orders()
    assert runs.task_of(run_id) == "train-2"
