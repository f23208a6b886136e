"""One widget for each kind of setting, labelled and bound to its key."""

from collections.abc import Callable, Sequence
from typing import Any

import streamlit as st

from cnnlab.ui.sidebar.controls import CONTROLS


def slider(key: str, least: float, most: float, **options: Any) -> Any:
    """A slider for the setting of this key."""
    return st.slider(CONTROLS[key].title, least, most, st.session_state[key], key=key, **options)


def number_field(key: str, step: float = 1, **options: Any) -> Any:
    """A field for a number."""
    return st.number_input(CONTROLS[key].title, value=st.session_state[key], step=step, key=key, **options)


def switch(key: str, **options: Any) -> bool:
    """A switch for a setting that is on or off."""
    return st.toggle(CONTROLS[key].title, st.session_state[key], key=key, **options)


def select(
    key: str, options: Sequence[str], show: Callable[[str], str] = str, on_change: Callable | None = None
) -> str:
    """A choice among some options."""
    index = options.index(st.session_state[key])
    return st.selectbox(CONTROLS[key].title, options, index, format_func=show, key=key, on_change=on_change)
