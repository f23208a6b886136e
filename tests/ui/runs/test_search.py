"""Searching and filtering the table of runs."""

from tests.dashboard import opened, press
from tests.runs_page import NAMES, set_to, table, texts


def test_the_search_and_its_emptiness_are_answered():
    app = opened("runs")
    set_to(app, "text_input", "runs_text", "BETA")
    assert table(app) == ["beta"]
    set_to(app, "text_input", "runs_text", "nowhere")
    assert "change 'Search' or remove filters" in texts(app)
    assert not app.main.dataframe


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
