"""The one rule of pickers: an address from outside, else the session's choice, else the newest."""

import pytest
from streamlit.testing.v1 import AppTest


def page() -> None:
    import streamlit as st

    from cnnlab.errors import RunNotFound
    from cnnlab.ui.choices.address_parameter import AddressParameter
    from cnnlab.ui.choices.picker import pick_one, pick_several

    stored = {"new": "Newest", "middle": "Second", "old": "Not listed"}
    listed = {} if st.session_state.get("empty") else {key: stored[key] for key in ("new", "middle")}

    def find(key: str) -> str:
        if key not in stored:
            raise RunNotFound(f"There is no run '{key}' in the store.")
        return stored[key]

    if st.session_state.get("several"):
        parameter = AddressParameter("runs", "several_box")
        chosen = pick_several(parameter, "Runs", listed, find, str, lambda: ["new"], 3, "Choose")
    else:
        chosen = pick_one(AddressParameter("run", "one_box"), "Run", listed, find, str)
    st.session_state["result"] = chosen


def opened(several: bool = False, **address: str) -> AppTest:
    app = AppTest.from_function(page)
    app.session_state["several"] = several
    app.query_params.update(address)
    return run(app)


def run(app: AppTest) -> AppTest:
    app.run()
    assert not app.exception
    return app


def warnings(app: AppTest) -> list[str]:
    return [warning.value for warning in app.warning]


def in_address(app: AppTest, name: str = "run") -> str:
    text = app.query_params[name]
    return text if isinstance(text, str) else text[0]  # a list where the page wrote it


def test_without_an_address_the_newest_is_shown_and_the_address_names_it():
    app = opened()
    assert app.session_state["result"] == "new" == in_address(app)


def test_a_link_decides_as_a_session_begins_even_for_what_is_not_listed():
    app = opened(run="old")
    assert app.session_state["result"] == "old" == in_address(app)
    assert warnings(app) == []


def test_what_is_not_in_the_store_is_named_and_the_newest_shown():
    app = opened(run="lost")
    assert app.session_state["result"] == "new" == in_address(app)
    assert warnings(app) == ["There is no run 'lost' in the store. The newest is shown."]
    assert warnings(run(app)) == [], "it is named once"


def test_the_choice_of_the_session_stands_against_its_own_address():
    app = opened(run="old")
    app.selectbox(key="one_box").select("middle")
    assert run(app).session_state["result"] == "middle" == in_address(app)
    assert run(app).session_state["result"] == "middle"


def test_the_choice_of_the_session_stands_where_an_address_names_nothing():
    app = opened()
    app.selectbox(key="one_box").select("middle")
    run(app)
    del app.query_params["run"]  # as after a visit to another page
    assert run(app).session_state["result"] == "middle" == in_address(app)


def test_an_address_that_was_changed_from_outside_decides_again():
    app = opened()
    app.selectbox(key="one_box").select("middle")
    run(app)
    app.query_params["run"] = "old"
    assert run(app).session_state["result"] == "old" == in_address(app)


def test_there_is_no_box_without_anything_stored():
    app = AppTest.from_function(page)
    app.session_state["empty"] = True
    run(app)
    assert app.session_state["result"] == "" and len(app.selectbox) == 0
    assert "run" not in app.query_params


@pytest.mark.parametrize(
    ("asked", "chosen", "named"),
    [
        ("old,middle", ["old", "middle"], []),
        ("old,old,,middle", ["old", "middle"], []),
        ("lost,middle", ["middle"], ["There is no run 'lost' in the store."]),
        ("a,b,c", [], [f"There is no run '{key}' in the store." for key in "abc"]),
    ],
)
def test_several_are_taken_from_the_address_and_what_is_not_stored_is_named(asked, chosen, named):
    app = opened(several=True, runs=asked)
    assert app.session_state["result"] == chosen
    assert warnings(app) == named


def test_several_follow_the_session_and_an_address_from_outside():
    app = opened(several=True)
    assert app.session_state["result"] == ["new"]
    app.multiselect(key="several_box").set_value([])
    assert run(app).session_state["result"] == [] and "runs" not in app.query_params
    app.query_params["runs"] = "middle,new"
    assert run(app).session_state["result"] == ["middle", "new"]
    assert in_address(app, "runs") == "middle,new"


def test_more_than_the_box_holds_are_left_out_and_this_is_told():
    app = opened(several=True, runs="new,middle,old,older")
    assert app.session_state["result"] == ["new", "middle", "old"]
    assert warnings(app) == ["The address asks for 4, the box holds 3: the others are left out."]


def alike() -> None:
    import streamlit as st

    from cnnlab.ui.choices.address_parameter import AddressParameter
    from cnnlab.ui.choices.picker import pick_one, pick_several

    stored = {"first run": "CNN (86.0%), 14:05", "second run": "CNN (86.0%), 14:05", "third": "Dense"}
    st.session_state["one"] = pick_one(AddressParameter("run", "one_box"), "Run", dict(stored), str, str)
    several = AddressParameter("runs", "several_box")
    st.session_state["some"] = pick_several(several, "Runs", dict(stored), str, str, lambda: [], 3, "Choose")


def test_options_that_read_the_same_are_told_apart():
    app = run(AppTest.from_function(alike))
    options = ["CNN (86.0%), 14:05 · first ru", "CNN (86.0%), 14:05 · second r", "Dense"]
    assert app.selectbox(key="one_box").options == app.multiselect(key="several_box").options == options
    app.selectbox(key="one_box").select("second run")
    app.multiselect(key="several_box").set_value(["second run", "third"])
    run(app)
    assert app.session_state["one"] == "second run"
    assert app.session_state["some"] == ["second run", "third"]
