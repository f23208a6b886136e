"""Thousands of runs are read again only where they have changed."""

from collections.abc import Iterator

import pytest

from cnnlab import runs
from cnnlab.runs import edits, store
from cnnlab.runs.mlflow_reader import MlflowReader
from cnnlab.runs.search import finder
from cnnlab.runs.search.query import Query
from cnnlab.spec import PRESETS
from tests.experiments import own_experiments


@pytest.fixture
def ended() -> Iterator[list[str]]:
    """Three runs that have ended, and one that waits, the newest last."""
    with own_experiments():
        made = [runs.create("model", "many", PRESETS["small"].runs()["model"]) for _ in range(4)]
        for run_id in made[:3]:
            runs.end(run_id, "stopped")
        yield made


def found(query: Query | None = None, limit: int = 9) -> list[tuple[str, str, str]]:
    return [(each.run_id, each.name, each.status) for each in finder.many(query or Query(), limit).entries]


def test_they_are_those_of_the_search_in_its_order_for_every_reader(ended):
    for query in (Query(), Query(ascending=True), Query(text="8-16"), Query("archived"), Query(order="Seed")):
        page = finder.find(query, limit=2)
        for reader in (None, MlflowReader(store.client())):
            many = finder.many(query, 2, reader)
            assert [each.run_id for each in many.entries] == [each.run_id for each in page.entries]
            assert bool(many.following) == bool(page.following)
    assert finder.many(Query(), 2).total == 4


def test_a_run_that_was_renamed_ended_or_set_aside_is_not_shown_as_before(ended):
    assert {status for _, _, status in found()} == {"stopped", "waiting"}
    edits.change(ended[0], "renamed", "")
    runs.end(ended[3], "failed")
    edits.archive([ended[1]])
    assert {(run_id, status) for run_id, _, status in found()} == {
        (ended[0], "stopped"),
        (ended[2], "stopped"),
        (ended[3], "failed"),
    }
    assert "renamed" in {name for _, name, _ in found()}


def test_what_has_not_changed_is_not_read_again(ended, monkeypatch):
    found()
    read, reader = [], store.reader()
    runs_of = reader.runs
    monkeypatch.setattr(reader, "runs", lambda of, ids: [read.extend(ids), runs_of(of, ids)][1])
    assert len(found()) == 4 and read == [ended[3]]
