"""One widget for each kind of setting, labelled and bound to its key."""

from collections.abc import Callable, Sequence
from typing import Any

import streamlit as st

from cnnlab.ui.sidebar.controls import CONTROLS


def slider(key: str, least: float, most: float, **options: Any) -> Any:
    """A slider for the setting of this key."""
    return st.slider(CONTROLS[key].title, least, most, st.session_state[key], key=key, **options)


def steps_slider(key: str, steps: Sequence[int], **options: Any) -> int:
    """A slider over useful numbers; others that a session has had are among them, once they were set."""
    had = st.session_state.setdefault(f"numbers of {key}", set())
    had |= {*steps, st.session_state[key]}
    return st.select_slider(CONTROLS[key].title, sorted(had), st.session_state[key], key=key, **options)


def exact_field(key: str, least: int, most: int) -> None:
    """An empty field that sets a slider's value to any number, and is empty again.

    It does not show the slider's value: a field that follows a slider comes anew with each of its moves, and
    quick moves after that are lost.
    """
    field = f"{key} exactly"
    st.number_input(
        f"{CONTROLS[key].title}, any number",
        least,
        most,
        None,
        key=field,
        placeholder=f"{least} to {most}",
        on_change=_take_over,
        args=(field, key),
    )


def _take_over(field: str, key: str) -> None:
    number = st.session_state[field]
    if number is not None:
        st.session_state[key], st.session_state[field] = number, None


def number_field(key: str, step: float = 1, **options: Any) -> Any:
    """A field for a number."""
    return st.number_input(CONTROLS[key].title, value=st.session_state[key], step=step, key=key, **options)


def switch(key: str, **options: Any) -> bool:
    """A switch for a setting that is on or off."""
    return st.toggle(CONTROLS[key].title, st.session_state[key], key=key, **options)


def select(key: str, options: Sequence[str], show: Callable[[str], str] = str, **more: Any) -> str:
    """A choice among some options."""
    index = options.index(st.session_state[key])
    return st.selectbox(CONTROLS[key].title, options, index, format_func=show, key=key, **more)
