"""What a person is told where something cannot be done."""

import pytest
from streamlit.testing.v1 import AppTest

from cnnlab.errors import RunNotFound
from cnnlab.ui.actions import refusal


def no_run() -> None:
    raise RunNotFound("There is no run 'x'.")


def test_an_action_that_is_refused_gives_its_sentence_and_another_one_nothing():
    assert refusal(no_run) == "There is no run 'x'."
    assert refusal(str, 1) == ""


def test_a_fault_of_the_program_is_not_swallowed():
    with pytest.raises(ZeroDivisionError):
        refusal(lambda: 1 / 0)


def page_with_a_gap() -> None:
    import streamlit as st

    from cnnlab.errors import RunNotFound
    from cnnlab.ui.actions import reported

    st.write("before")
    with reported("Not drawn.", "Choose another one."):
        raise RunNotFound("There is no run 'x'.")
    st.write("after")


def test_a_part_that_cannot_be_drawn_is_replaced_by_its_sentence_and_the_page_goes_on():
    app = AppTest.from_function(page_with_a_gap).run()
    assert [text.value for text in app.markdown] == ["before", "after"]
    assert [warning.value for warning in app.warning] == [
        "Not drawn. There is no run 'x'. Choose another one."
    ]


def page_with_marks() -> None:
    from cnnlab.errors import RunNotFound
    from cnnlab.ui.actions import attempt, reported

    def refuse() -> None:
        raise RunNotFound("There is no run '![x](https://elsewhere.example/x.png)': choose another one.")

    with reported():
        refuse()
    attempt(refuse)


def test_a_sentence_of_an_error_is_shown_as_text():
    app = AppTest.from_function(page_with_marks).run()
    shown = r"There is no run '!\[x\](https\:" "\u2060" r"//elsewhere.example/x.png)': choose another one."
    assert [each.value for each in (*app.warning, *app.toast)] == [shown, shown]
