"""Runs of other visitors on the page Runs: they are changed only once one has been told whose they are."""

import pytest
from streamlit.testing.v1 import AppTest

from cnnlab.runs import store, tags
from cnnlab.ui import visitor
from tests.dashboard import opened, press, run
from tests.people import ANN, BEN, BENS_NAME, look_as
from tests.runs_page import listed


@pytest.fixture(autouse=True)
def _owners(stored, monkeypatch) -> None:
    """Alpha is Ann's, gamma is Ben's, beta and delta are no visitor's."""
    look_as(monkeypatch, ANN)
    for name, owner in {"alpha": ANN, "gamma": BEN}.items():
        store.client().set_tag(stored[name], tags.VISITOR, owner)


def page() -> AppTest:
    app = opened("runs")
    app.segmented_control(key="runs_whose").set_value("Everyone's")
    return run(app)


def asks(app: AppTest) -> str:
    return "\n".join(each.value for each in app.markdown if "started" in each.value)


def test_ones_own_and_those_of_no_visitor_are_deleted_at_once(tick):
    app = page()
    tick(app, "alpha", "beta")
    press(app, "delete_runs")
    assert listed("deleted") == {"alpha", "beta"} and not asks(app)


def test_anothers_are_deleted_once_one_has_said_so(tick):
    app = page()
    tick(app, "alpha", "gamma")
    press(app, "delete_runs")
    assert listed("deleted") == set()
    assert asks(app) == f"{BENS_NAME} started 1 of these 2 runs."
    press(app, "confirm_runs")
    assert listed("deleted") == {"alpha", "gamma"}
    assert not asks(app)
    press(app, "undo_runs")
    assert listed("deleted") == set()


@pytest.mark.parametrize("key", ["archive_runs", "delete_runs"])
def test_a_dialog_that_is_closed_changes_nothing(tick, key):
    app = page()
    tick(app, "gamma")
    press(app, key)
    assert asks(app) == f"{BENS_NAME} started this run."
    run(app)
    assert listed() == {"alpha", "beta", "gamma", "delta"}


def test_anothers_run_can_be_renamed_after_the_question(tick):
    app = page()
    tick(app, "gamma")
    press(app, "edit_runs")
    assert not [each for each in app.text_input if each.label == "Name"]
    press(app, "confirm_runs")
    assert [each.value for each in app.text_input if each.label == "Name"] == ["gamma"]


def test_the_question_is_about_others_alone(tick, monkeypatch):
    monkeypatch.setattr(visitor, "listens_on_loopback", lambda: False)
    app = page()
    tick(app, "alpha", "delta")
    press(app, "archive_runs")
    assert listed("archived") == {"alpha", "delta"}
