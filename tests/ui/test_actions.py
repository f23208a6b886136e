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
