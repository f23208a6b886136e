"""The page Runs without a browser: which runs it lists, and where it says that there are none."""

import uuid

import pytest

from cnnlab import runs
from cnnlab.runs import edits, store
from cnnlab.runs.tags import LISTED
from cnnlab.spec import PRESETS
from cnnlab.studies import plan
from tests.dashboard import opened, press, turned_to
from tests.runs_page import NAMES, listed, set_to, table, texts


def test_the_newest_run_stands_first_with_its_results():
    app = opened("runs")
    assert table(app) == NAMES[::-1]
    row = app.main.dataframe[0].value.iloc[2]
    assert (row["Name"], row["Role"], row["Test accuracy"]) == ("beta", "baseline", 90.0)
    assert (row["Loss curve"], row["State"]) == ([1.0], "finished")
    assert app.main.dataframe[0].value.iloc[0]["State"] == "training"
    assert "4 runs" in texts(app)


def test_runs_of_studies_are_folded_away_until_they_are_shown_with_their_study():
    study = plan.seeds(PRESETS["small"], 3)
    study_id = runs.create_study(study.kind, study.title, study.model_dump_json().encode())
    for training in study.trainings[:2]:
        options = {"name": training.name, "study": study_id, "study_kind": study.kind, "arm": training.arm}
        run_id = runs.create(training.role, uuid.uuid4().hex, training.spec, **options)
        runs.end(run_id, "stopped")
    app = opened("runs")
    assert table(app) == NAMES[::-1] and "2 runs of studies are folded away." in texts(app)
    press(app, "unfold_studies")
    assert set(table(app)) == {"CNN 8-16, seed 0", "Dense 32, seed 0"}
    assert set(app.main.dataframe[0].value["Study"]) == {study.title}
    assert "folded away" not in texts(app)


def test_without_studies_nothing_is_folded():
    assert "folded" not in texts(opened("runs"))


def test_what_was_asked_for_stays_on_the_way_over_another_page():
    app = opened("runs")
    set_to(app, "text_input", "runs_text", "beta")
    set_to(app, "selectbox", "runs_order", "Name")
    turned_to(app, "lab")
    assert table(turned_to(app, "runs")) == ["beta"]
    assert app.selectbox(key="runs_order").value == "Name"


def test_a_run_of_another_tool_is_listed_as_foreign_and_left_alone():
    store.client().create_run(store.experiment(), run_name="theirs")
    app = opened("runs")
    assert "theirs" not in table(app)
    set_to(app, "selectbox", "runs_view", "foreign")
    assert table(app) == ["theirs"]
    assert "Another tool wrote these runs" in texts(app)
    assert not [button for button in app.main.button if button.key == "delete_runs"]


def test_a_run_whose_settings_cannot_be_read_is_listed_but_not_compared(tick):
    tags = {"cnnlab.role": "model", "cnnlab.comparison": "x", "cnnlab.listed": "yes"}
    odd = store.client().create_run(store.experiment(), run_name="odd", tags=tags).info.run_id
    store.client().set_terminated(odd)
    app = opened("runs")
    tick(app, "odd", "alpha")
    assert "the settings of 1 cannot be read, so they are not compared" in texts(app)
    assert app.button(key="compare_runs").disabled
    press(app, "archive_runs")
    assert {"odd", "alpha"} <= listed("archived")


def test_a_list_from_which_all_were_taken_says_where_they_are(stored):
    runs.end(stored["delta"], "stopped")
    edits.set_tags(list(stored.values()), {LISTED: "archived"})
    assert "No run is listed: others are under 'Of studies', 'Archived'" in texts(opened("runs"))


@pytest.mark.parametrize(
    "view, sentence",
    [("archived", "press Archive"), ("deleted", "No run is deleted"), ("foreign", "No other")],
)
def test_a_view_without_runs_says_so(view, sentence):
    app = opened("runs")
    set_to(app, "selectbox", "runs_view", view)
    assert sentence in texts(app) and not app.main.dataframe
