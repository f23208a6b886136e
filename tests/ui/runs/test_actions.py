"""What can be done with ticked runs: compare, look inside, archive, delete, bring back."""

from cnnlab import runs
from cnnlab.spec import PRESETS
from cnnlab.ui.choices.address_parameter import COMPARISON
from cnnlab.ui.runs import actions
from cnnlab.ui.sidebar import from_runs
from tests.dashboard import opened, press, turned_to
from tests.runs_page import NAMES, disabled, listed, set_to, table, texts


def test_the_buttons_wait_for_what_they_need(tick):
    app = opened("runs")
    assert all(disabled(app).values())
    tick(app, "alpha")
    assert [key for key, off in disabled(app).items() if off] == ["compare_runs"]
    tick(app, "alpha", "beta")
    assert [key for key, off in disabled(app).items() if off] == [
        "look_inside_run",
        "open_run",
        "use_run",
    ]
    assert "2 selected" in texts(app)


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
    assert "A run that is training cannot be deleted: stop it on the page Lab first." in texts(app)
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


def test_look_inside_opens_the_comparison_of_the_run(tick, monkeypatch):
    went = []
    monkeypatch.setattr(actions.st, "switch_page", lambda page, query_params: went.append(query_params))
    app = opened("runs")
    tick(app, "alpha")
    press(app, "look_inside_run")
    assert went == [{"comparison": "comparison 0"}]
    assert opened("inside", **went[0]).selectbox(key=COMPARISON.key).value == "comparison 0"


def test_a_run_is_opened_by_itself(tick, stored, monkeypatch):
    went = []
    monkeypatch.setattr(actions.st, "switch_page", lambda page, query_params: went.append(query_params))
    app = opened("runs")
    tick(app, "beta")
    press(app, "open_run")
    assert went == [{"run": stored["beta"]}]
    shown = opened("run", **went[0])
    assert shown.subheader[0].value == "beta" and "90.0%" in texts(shown)
    assert "Epochs" in shown.main.dataframe[0].value["Setting"].tolist()


def test_the_settings_of_a_run_are_put_back(tick, monkeypatch):
    monkeypatch.setattr(from_runs.st, "switch_page", lambda page: None)
    app = opened("runs")
    tick(app, "alpha")
    press(app, "use_run")
    small = PRESETS["small"]
    assert app.session_state["cnnlab"].comparison.model != small.model, "it is used on the page Lab"
    app.query_params.clear()  # as the browser does on its way to another page
    turned_to(app, "lab")
    assert app.session_state["cnnlab"].comparison.model == small.model


def test_without_a_convolutional_network_there_is_nothing_to_put_back(tick):
    app = opened("runs")
    tick(app, "beta")  # a baseline alone
    press(app, "use_run")
    assert [toast.value for toast in app.toast] == [actions.NO_CONTROLS]


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
