"""Whose runs are asked for, with both readers of the store, and what visitors want to be called."""

from collections.abc import Iterator

import pytest

from cnnlab import runs
from cnnlab.errors import InputRefused
from cnnlab.runs import store, visitors
from cnnlab.runs.mlflow_reader import MlflowReader
from cnnlab.runs.search import finder
from cnnlab.runs.search.query import Query
from cnnlab.spec import PRESETS, Role
from tests.experiments import own_experiments

SPECS = PRESETS["small"].runs()


@pytest.fixture(autouse=True)
def _own_experiments() -> Iterator[None]:
    with own_experiments():
        yield


@pytest.fixture(params=["sqlite", "mlflow"])
def reader(request, monkeypatch):
    chosen = store.reader() if request.param == "sqlite" else MlflowReader(store.client())
    monkeypatch.setattr(store, "reader", lambda: chosen)
    return chosen


def new_run(visitor: str, role: Role = "model") -> str:
    return runs.create(role, f"of {visitor}", SPECS[role], visitor=visitor)


def ids(found: list[runs.Run]) -> list[str]:
    return [run.run_id for run in found]


def test_the_newest_of_one_visitor_are_found_however_many_others_there_are(reader):
    first, second = new_run("ann"), new_run("ann", "baseline")
    others = [new_run("ben"), new_run("")]
    assert ids(runs.recent(2)) == others[::-1]
    assert ids(runs.recent(2, visitor="ann")) == [second, first]
    assert ids(runs.recent(2, "model", "ann")) == [first]
    assert runs.recent(2, visitor="nobody") == []


def test_a_query_asks_for_some_visitors_runs_and_for_those_without_a_visitor(reader):
    made = {who: new_run(who) for who in ("ann", "ben", "")}

    def found(*whose: str, text: str = "") -> set[str]:
        page = finder.find(Query(visitors=whose, text=text), reader=reader)
        return {entry.run_id for entry in page.entries}

    assert found() == set(made.values())
    assert found("ann") == {made["ann"]}
    assert found("ann", "") == {made["ann"], made[""]}
    assert found("") == {made[""]}
    assert found("ann", "ben") == {made["ann"], made["ben"]}
    assert found("ann", text="CNN") == {made["ann"]} and found("ann", text="nothing") == set()


def test_the_newest_studies_of_one_visitor_are_found():
    own = runs.create_study("seeds", "Ann's", b"{}", "ann")
    runs.create_study("seeds", "Ben's", b"{}", "ben")
    assert [study.study_id for study in runs.studies(1, "ann")] == [own]


def test_there_is_company_where_another_visitor_has_a_run():
    assert not visitors.others_than("ann")
    new_run("")
    new_run("ann")
    assert not visitors.others_than("ann")
    assert visitors.others_than("ben") and visitors.others_than("")


def test_a_visitors_name_is_kept_changed_and_taken_back():
    visitors.call("ann", "  Ann\tMüller ")
    visitors.call("ben", "Ben")
    assert visitors.names() == {"ann": "Ann Müller", "ben": "Ben"}
    visitors.call("ann", "Ännchen")
    assert visitors.names()["ann"] == "Ännchen"
    visitors.call("ann", " ")
    assert visitors.names() == {"ben": "Ben"}


@pytest.mark.parametrize("name", ["x" * 41, "a\x00b", "a\u202eb"])
def test_what_is_no_name_is_refused_with_the_control(name):
    with pytest.raises(InputRefused, match="'Your name' can have at most 40 characters"):
        visitors.call("ann", name)
    assert visitors.names() == {}
