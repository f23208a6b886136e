"""The table of runs: its order, its pages, and ticks that stay with their runs."""

from cnnlab.ui.runs import table as runs_table
from tests.dashboard import opened, press
from tests.runs_page import set_to, table, texts


def test_the_order_is_that_of_the_whole_store():
    app = opened("runs")
    set_to(app, "selectbox", "runs_order", "Test accuracy")
    assert table(app) == ["beta", "gamma", "alpha", "delta"]
    set_to(app, "toggle", "runs_ascending", True)
    assert table(app) == ["alpha", "gamma", "beta", "delta"]


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


def test_columns_are_chosen_and_the_name_always_stays():
    app = opened("runs")
    set_to(app, "multiselect", "runs_columns", ["Seed"])
    assert list(app.main.dataframe[0].proto.column_order) == ["Name", "Seed"]
