"""The dialog that changes the name, the note and the tags of runs."""

from cnnlab import runs
from cnnlab.runs import edits, store
from cnnlab.runs.tags import NOTE
from cnnlab.ui.runs import edit
from tests.dashboard import opened, press
from tests.runs_page import table, texts


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
