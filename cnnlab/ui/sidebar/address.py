"""The page's address as the whole configuration: what it asks for, what of it was ignored, what it is now.

Streamlit can bind widgets to parameters of the address, but then it writes labels instead of values,
leaves out widgets that appear with a value of their own, and drops a bad value without a word. So the
controls are plain keys of the session's state, and this file carries them from and to the address.
A control at its default is left out; the version tells which defaults these were.
"""

from typing import Any

import streamlit as st
from pydantic import ValidationError

from cnnlab.ui.sidebar.controls import CONTROLS, in_use

VERSION = "1"
OF_PAGES = ("comparison", "runs", "study")  # parameters that pages set for themselves
_NOTES = "notes on the address"


def read() -> bool:
    """Sets the controls as the address asks when a session begins, and gives all others their defaults.

    Returns whether the session begins now.
    """
    begins = _NOTES not in st.session_state
    if begins:
        st.session_state[_NOTES] = [
            note for name, text in st.query_params.items() if (note := _take(name, text))
        ]
    for name, control in CONTROLS.items():
        # Only what is missing: a value that is written goes back to the browser, and would overtake
        # a slider that has moved on.
        if name not in st.session_state:
            st.session_state[name] = control.default
    return begins


def _take(name: str, text: str) -> str | None:
    """Sets one control; or a sentence that says why it was ignored."""
    if name in OF_PAGES:
        return None
    if name == "v":
        if text == VERSION:
            return None
        return (
            f"The address was made for version {text} of its settings; they were read as version {VERSION}."
        )
    if name not in CONTROLS:
        return f"'{name}={text}' in the address was ignored: there is no such setting."
    control = CONTROLS[name]
    try:
        st.session_state[name] = control.rule.validate_strings(text)
    except ValidationError:
        return f"'{name}={text}' in the address was ignored: {control.title} must be {control.rule_text}."
    return None


def notes() -> list[str]:
    """What of the session's first address was ignored, one sentence each."""
    return st.session_state[_NOTES]


def dismiss_notes() -> None:
    """Once read, the notes are not shown again."""
    st.session_state[_NOTES] = []


def write() -> None:
    """Makes the address say what the controls say."""
    state = st.session_state
    used = in_use(state["same_blocks"], state["blocks"])
    for name in CONTROLS.keys() - used:
        state[name] = state[name]  # Streamlit drops the state of a control that is not drawn
    settings = {name: _text(state[name]) for name in used if state[name] != CONTROLS[name].default}
    of_page = {name: st.query_params[name] for name in OF_PAGES if name in st.query_params}
    wanted = ({"v": VERSION} if settings else {}) | settings | of_page
    if st.query_params.to_dict() != wanted:
        st.query_params.from_dict(wanted)


def _text(value: Any) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)
