"""What a dashboard that starts takes up of one that has ended."""

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest

from cnnlab import runs
from cnnlab.runs import ownership, store, tags
from cnnlab.runs.taken_up import take_up
from tests.experiments import own_experiments
from tests.small_trainings import DENSE, spec_of

SPEC = spec_of(DENSE)


@pytest.fixture(autouse=True)
def _own_runs() -> Iterator[None]:
    """Other tests leave runs behind, too."""
    with own_experiments():
        yield


@pytest.fixture(scope="module")
def dead() -> str:
    """A process that has ended, as a run's owner."""
    code = "from cnnlab.runs import ownership; print(ownership.this_process().model_dump_json())"
    environment = os.environ | {"PYTHONPATH": str(Path.cwd())}
    return subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, env=environment
    ).stdout.strip()


def left(owner: str, *, status: str = "SCHEDULED", queued: bool = True, study: str = "", **more: str) -> str:
    """The id of a run that a process has left in this state."""
    run_id = runs.create(
        "model", "comparison", SPEC, study=study, study_kind="seeds", visitor="ann", queued=queued
    )
    for name, value in {tags.OWNER: owner, **more}.items():
        store.client().set_tag(run_id, name, value)
    store.client().update_run(run_id, status=status)
    return run_id


def no_wait(seconds: float) -> None:
    pass


def test_an_empty_store_has_nothing_to_take_up():
    assert take_up(no_wait) == []


def test_what_waited_waits_again_in_its_order_and_for_its_visitor(dead: str):
    first, second = (left(dead, **{tags.QUEUED: at}) for at in ("20.5", "100.25"))
    earlier = left(dead, **{tags.QUEUED: "3"})
    taken = take_up(no_wait)
    assert [run.run_id for run in taken] == [earlier, first, second]
    assert {(run.status, run.visitor) for run in taken} == {("waiting", "ann")}
    assert [runs.get(run.run_id).status for run in taken] == ["waiting"] * 3, "its owner lives"


def test_what_a_reader_has_called_interrupted_meanwhile_waits_again(dead: str):
    run_id = left(dead)
    assert runs.get(run_id).reason == ownership.INTERRUPTED
    [taken] = take_up(no_wait)
    assert (taken.run_id, taken.status, taken.reason) == (run_id, "waiting", "")


def test_a_study_goes_on_also_with_what_was_under_way(dead: str):
    under_way = left(dead, status="RUNNING", study="study", **{tags.ALIVE: "1.0"})
    interrupted = left(dead, status="RUNNING", study="study", **{tags.ALIVE: "1.0", tags.RESUMED: "yes"})
    runs.get(interrupted)
    assert {run.run_id for run in take_up(no_wait)} == {under_way, interrupted}


@pytest.mark.parametrize(
    "state",
    [
        {"status": "RUNNING", tags.ALIVE: "1.0"},  # a person's training under way: for Continue
        {"queued": False},  # of the command line, or of an earlier version
        {"status": "FINISHED"},
        {"status": "FAILED", tags.REASON: "out of memory"},
        {"status": "KILLED"},
    ],
    ids=str,
)
def test_other_runs_of_dead_programs_stay_as_they_are(dead: str, state: dict):
    run_id = left(dead, **state)
    before = runs.get(run_id)
    assert take_up(no_wait) == [] and runs.get(run_id) == before


def test_runs_of_programs_that_live_or_may_live_elsewhere_are_left_alone():
    elsewhere = ownership.this_process().model_copy(update={"host": "another", "pid": 1})
    left(ownership.this_process().model_dump_json())
    left(elsewhere.model_dump_json())
    left("")  # waits in a cluster
    assert take_up(no_wait) == []


def test_a_reader_that_ends_a_run_while_it_is_claimed_does_not_win(dead: str):
    run_id = left(dead)

    def interfere(seconds: float) -> None:
        if store.client().get_run(run_id).data.tags[tags.RESUMED] == "":
            store.client().set_tag(run_id, tags.RESUMED, "once")
            store.client().set_tag(run_id, tags.INTERRUPTED, "yes")
            store.client().set_terminated(run_id, "FAILED")

    [taken] = take_up(interfere)
    assert taken.run_id == run_id and runs.get(run_id).status == "waiting"


def test_of_two_dashboards_that_start_at_once_each_run_gets_one(dead: str):
    run_id = left(dead)
    parent = psutil.Process(os.getppid())
    other = ownership.this_process().model_copy(
        update={"pid": parent.pid, "created": int(parent.create_time())}
    )

    def claimed_by_the_other(seconds: float) -> None:
        store.client().set_tag(run_id, tags.OWNER, other.model_dump_json())

    assert take_up(claimed_by_the_other) == []
    assert runs.get(run_id).status == "waiting"
