"""The page Runs without a browser: ticks are given by hand, since a test cannot tick a drawn table."""

from pathlib import Path

import pytest
from mlflow.entities import Metric
from streamlit.testing.v1 import AppTest

from cnnlab import runs
from cnnlab.runs import edits, store
from cnnlab.runs.metrics import log_metrics
from cnnlab.runs.search import finder
from cnnlab.runs.search.query import Query
from cnnlab.runs.tags import LISTED, NOTE
from cnnlab.spec import PRESETS
from cnnlab.ui.choices import run as run_choice
from cnnlab.ui.runs import actions, edit
from cnnlab.ui.runs import table as runs_table
from tests.dashboard import opened, press, run, turned_to

SPECS = PRESETS["small"].runs()
NAMES = ["alpha", "beta", "gamma", "delta"]  # of the stored runs, the newest last
ACCURACIES = [0.7, 0.9, 0.8]  # the newest has none yet


@pytest.fixture(autouse=True)
def stored(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> dict[str, str]:
    """Four runs in an experiment of their own, the newest one still training; ids by name."""
    experiment = store.client().create_experiment(str(tmp_path), artifact_location=tmp_path.as_uri())
    monkeypatch.setattr(store, "experiment", lambda name="": experiment)
    made = {}
    for number, name in enumerate(NAMES):
        role = "baseline" if number == 1 else "model"
        made[name] = runs.create(role, f"comparison {number}", SPECS[role], name=name)
    for run_id, accuracy in zip(made.values(), ACCURACIES, strict=False):
        log_metrics(run_id, [Metric("test_accuracy", accuracy, 1, 0), Metric("loss", 1.0, 1, 0)])
        runs.end(run_id, "finished")
    runs.start(made["delta"], "CPU")
    return made


@pytest.fixture
def tick(monkeypatch: pytest.MonkeyPatch):
    """Lets the next drawing of the table report these runs as ticked, whatever is drawn."""
    draw = runs_table._draw

    def ticked(app: AppTest, *names: str) -> None:
        def _draw(entries, query, rows):
            draw(entries, query, rows)
            return [row for row, entry in enumerate(entries) if entry.name in names]

        with monkeypatch.context() as patched:
            patched.setattr(runs_table, "_draw", _draw)
            run(app)
        # From here on, what was ticked is remembered by the page alone.
        monkeypatch.setattr(runs_table, "_draw", lambda *given: [draw(*given), given[2]][1])

    return ticked


def table(app: AppTest) -> list[str]:
    """The names in the table, from top to bottom."""
    return app.main.dataframe[0].value["Name"].tolist()


def texts(app: AppTest) -> str:
    kinds = ("markdown", "caption", "info", "warning", "error", "success")
    return "\n".join(str(element.value) for kind in kinds for element in app.main.get(kind))


def listed(view: str = "listed") -> set[str]:
    return {entry.name for entry in finder.find(Query(view)).entries}


def set_to(app: AppTest, kind: str, key: str, value: object) -> None:
    getattr(app, kind)(key=key).set_value(value)
    run(app)


def disabled(app: AppTest) -> dict[str, bool]:
    keys = ("compare_runs", "look_inside_run", "edit_runs", "archive_runs", "delete_runs", "clear_runs")
    return {key: app.button(key=key).disabled for key in keys}


def test_the_newest_run_stands_first_with_its_results():
    app = opened("runs")
    assert table(app) == NAMES[::-1]
    row = app.main.dataframe[0].value.iloc[2]
    assert (row["Name"], row["Role"], row["Test accuracy"]) == ("beta", "baseline", 90.0)
    assert (row["Loss curve"], row["State"]) == ([1.0], "finished")
    assert app.main.dataframe[0].value.iloc[0]["State"] == "training"
    assert "4 runs" in texts(app)


def test_the_search_and_its_emptiness_are_answered():
    app = opened("runs")
    set_to(app, "text_input", "runs_text", "BETA")
    assert table(app) == ["beta"]
    set_to(app, "text_input", "runs_text", "nowhere")
    assert "change 'Search' or remove filters" in texts(app)
    assert not app.main.dataframe


def test_the_order_is_that_of_the_whole_store():
    app = opened("runs")
    set_to(app, "selectbox", "runs_order", "Test accuracy")
    assert table(app) == ["beta", "gamma", "alpha", "delta"]
    set_to(app, "toggle", "runs_ascending", True)
    assert table(app) == ["alpha", "gamma", "beta", "delta"]


def test_a_filter_is_added_shown_and_removed():
    app = opened("runs")
    set_to(app, "selectbox", "runs_about", "model.kind")
    set_to(app, "selectbox", "runs_value_model.kind", "dense")
    press(app, "add_filter")
    assert table(app) == ["beta"]
    assert app.button(key="remove_filter_0").label == "Kind of network is dense"
    set_to(app, "selectbox", "runs_about", "test_accuracy")
    set_to(app, "text_input", "runs_value_test_accuracy", "75%")
    press(app, "remove_filter_0")
    press(app, "add_filter")
    assert table(app) == ["gamma", "beta"]


def test_a_filter_that_is_refused_is_answered_and_what_was_typed_stays():
    app = opened("runs")
    set_to(app, "selectbox", "runs_about", "training.seed")
    set_to(app, "text_input", "runs_value_training.seed", "seven")
    press(app, "add_filter")
    assert "Seed must be a whole number" in texts(app) and "change 'Value'" in texts(app)
    assert app.text_input(key="runs_value_training.seed").value == "seven"
    assert table(app) == NAMES[::-1]


def test_what_was_asked_for_stays_on_the_way_over_another_page():
    app = opened("runs")
    set_to(app, "text_input", "runs_text", "beta")
    set_to(app, "selectbox", "runs_order", "Name")
    turned_to(app, "architecture")
    assert table(turned_to(app, "runs")) == ["beta"]
    assert app.selectbox(key="runs_order").value == "Name"


def test_the_buttons_wait_for_what_they_need(tick):
    app = opened("runs")
    assert all(disabled(app).values())
    tick(app, "alpha")
    assert [key for key, off in disabled(app).items() if off] == ["compare_runs"]
    tick(app, "alpha", "beta")
    assert [key for key, off in disabled(app).items() if off] == ["look_inside_run"]
    assert "2 selected" in texts(app)


def test_ticks_stay_when_the_rows_are_sorted_or_searched_and_go_when_cleared(tick):
    app = opened("runs")
    tick(app, "alpha", "gamma")
    set_to(app, "selectbox", "runs_order", "Test accuracy")
    set_to(app, "text_input", "runs_text", "alpha")
    assert "2 selected" in texts(app)
    press(app, "clear_runs")
    assert "None selected" in texts(app)


def test_pages_are_turned_and_keep_what_was_ticked_before(tick, monkeypatch):
    monkeypatch.setattr(runs_table, "PAGE_SIZES", (3, 50))
    app = opened("runs")
    set_to(app, "selectbox", "runs_rows", 3)
    assert "Runs 1 to 3 of 4" in texts(app)
    tick(app, "gamma")
    press(app, "next_runs")
    assert table(app) == ["alpha"] and "Runs 4 to 4 of 4" in texts(app)
    assert "1 selected" in texts(app) and app.button(key="next_runs").disabled
    press(app, "previous_runs")
    assert table(app) == ["delta", "gamma", "beta"]


def test_a_page_that_was_emptied_gives_way_to_the_one_before(tick, monkeypatch):
    monkeypatch.setattr(runs_table, "PAGE_SIZES", (3, 50))
    app = opened("runs")
    set_to(app, "selectbox", "runs_rows", 3)
    press(app, "next_runs")
    tick(app, "alpha")
    press(app, "delete_runs")
    assert table(app) == ["delta", "gamma", "beta"]


def test_deleted_runs_come_back_and_only_they(tick, stored):
    app = opened("runs")
    tick(app, "beta")
    press(app, "delete_runs")
    tick(app, "alpha", "gamma")
    press(app, "delete_runs")
    assert table(app) == ["delta"] and "Deleted 2 runs: " in texts(app)
    assert listed("deleted") == {"alpha", "beta", "gamma"}
    press(app, "undo_runs")
    assert table(app) == ["delta", "gamma", "alpha"] and "Restored 2 runs" in texts(app)
    assert listed("deleted") == {"beta"}
    set_to(app, "selectbox", "runs_view", "deleted")
    tick(app, "beta")
    press(app, "restore_runs")
    assert listed() == set(NAMES)


def test_an_active_run_is_not_deleted_nor_what_was_ticked_with_it(tick):
    app = opened("runs")
    tick(app, "alpha", "delta")
    press(app, "delete_runs")
    assert "A run that is training cannot be deleted: stop it on the page Train first." in texts(app)
    assert listed() == set(NAMES)


def test_archived_runs_leave_the_list_and_come_back(tick):
    app = opened("runs")
    tick(app, "alpha")
    press(app, "archive_runs")
    assert "alpha" not in table(app) and "Archived 1 run: alpha." in texts(app)
    assert "alpha" not in [other.name for other in runs.recent()]
    press(app, "undo_runs")
    assert "alpha" in table(app)
    tick(app, "alpha", "beta")
    press(app, "archive_runs")
    set_to(app, "selectbox", "runs_view", "archived")
    assert table(app) == ["beta", "alpha"] and "None selected" in texts(app)
    tick(app, "beta")
    press(app, "list_runs")
    assert listed() == {"beta", "gamma", "delta"}


def test_a_run_gets_a_name_a_note_and_tags(tick, stored):
    app = opened("runs")
    tick(app, "alpha")
    press(app, "edit_runs")
    number = app.session_state[edit._OPENED]
    app.text_input(key=f"edited_name_{number}").set_value("omega")
    app.text_area(key=f"edited_note_{number}").set_value("worth keeping")
    app.multiselect(key=f"edited_tags_{number}").set_value(["keep", "by: Ann"])
    press(app, "save_runs")
    changed = store.client().get_run(stored["alpha"])
    assert changed.info.run_name == "omega" and changed.data.tags[NOTE] == "worth keeping"
    assert (changed.data.tags["keep"], changed.data.tags["by"]) == ("", "Ann")
    assert "Saved 'omega'." in texts(app) and "omega" in table(app)
    press(app, "edit_runs")
    assert app.multiselect(key=f"edited_tags_{number + 1}").value == ["by: Ann", "keep"]
    app.multiselect(key=f"edited_tags_{number + 1}").set_value(["keep"])
    press(app, "save_runs")
    assert "by" not in store.client().get_run(stored["alpha"]).data.tags


def test_an_empty_name_is_refused_and_what_was_typed_stays(tick, stored):
    app = opened("runs")
    tick(app, "alpha")
    press(app, "edit_runs")
    number = app.session_state[edit._OPENED]
    app.text_input(key=f"edited_name_{number}").set_value(" ")
    app.text_area(key=f"edited_note_{number}").set_value("a long note")
    press(app, "save_runs")
    assert "A run needs a name: fill in 'Name'." in [error.value for error in app.error]
    assert app.text_area(key=f"edited_note_{number}").value == "a long note"
    assert runs.get(stored["alpha"]).name == "alpha"


def test_several_runs_are_tagged_at_once(tick, stored):
    edits.set_tags([stored["alpha"]], {"old": "1"})
    app = opened("runs")
    tick(app, "alpha", "beta")
    press(app, "edit_runs")
    number = app.session_state[edit._OPENED]
    app.multiselect(key=f"edited_tags_{number}").set_value(["keep"])
    app.multiselect(key=f"edited_away_{number}").set_value(["old: 1"])
    press(app, "save_runs")
    for name in ("alpha", "beta"):
        tags = store.client().get_run(stored[name]).data.tags
        assert tags["keep"] == "" and "old" not in tags
    assert "Changed the tags of 2 runs: beta and alpha." in texts(app)


def test_look_inside_opens_the_comparison_of_the_run(tick, monkeypatch):
    went = []
    monkeypatch.setattr(actions.st, "switch_page", lambda page, query_params: went.append(query_params))
    app = opened("runs")
    tick(app, "alpha")
    press(app, "look_inside_run")
    assert went == [{"comparison": "comparison 0"}]
    assert app.session_state[run_choice.CHOSEN] == "comparison 0"


def test_compare_hands_the_ticked_runs_over_in_the_order_of_the_ticks(tick, stored, monkeypatch):
    went = []
    monkeypatch.setattr(
        actions.st, "switch_page", lambda page, query_params: went.append((page, query_params))
    )
    app = opened("runs")
    tick(app, "gamma")
    tick(app, "alpha", "gamma")
    press(app, "compare_runs")
    assert went == [("../../pages/compare.py", {"runs": f"{stored['gamma']},{stored['alpha']}"})]


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
    assert "No run is listed: the others are under 'Archived'" in texts(opened("runs"))


@pytest.mark.parametrize(
    "view, sentence",
    [("archived", "press Archive"), ("deleted", "No run is deleted"), ("foreign", "No other")],
)
def test_a_view_without_runs_says_so(view, sentence):
    app = opened("runs")
    set_to(app, "selectbox", "runs_view", view)
    assert sentence in texts(app) and not app.main.dataframe


def test_columns_are_chosen_and_the_name_always_stays():
    app = opened("runs")
    set_to(app, "multiselect", "runs_columns", ["Seed"])
    assert list(app.main.dataframe[0].proto.column_order) == ["Name", "Seed"]
