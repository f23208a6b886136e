"""The one place where pages catch errors whose message is a sentence for the person, `UserError`.

Every other exception is a fault of the program and reaches Streamlit.
"""

from collections.abc import Callable, Generator
from contextlib import contextmanager
from typing import Any

import streamlit as st

from cnnlab.errors import UserError


def refusal(action: Callable[..., object], *arguments: Any) -> str:
    """Acts. Returns why it could not be done, a sentence; empty where it was done."""
    try:
        action(*arguments)
    except UserError as error:
        return str(error)
    return ""


def attempt(action: Callable[..., object], *arguments: Any) -> None:
    """Acts, as the callback of a button; a toast says why where it could not be done."""
    if reason := refusal(action, *arguments):
        st.toast(reason, icon=":material/error:")


@contextmanager
def reported(before: str = "", after: str = "", icon: str = ":material/error:") -> Generator[None]:
    """Draws a part of a page. What cannot be drawn is replaced by its sentence, and the page goes on.

    Args:
        before, after: Further sentences around that of the error.
        icon: Of the warning.
    """
    try:
        yield
    except UserError as error:
        st.warning(" ".join(filter(None, [before, str(error), after])), icon=icon)
