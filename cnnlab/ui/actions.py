"""The one place where pages catch errors whose message is a sentence for the person, `UserError`.

Every other exception is a fault of the program and reaches Streamlit.
"""

import functools
import time
from collections.abc import Callable, Generator
from contextlib import contextmanager
from typing import Any

import streamlit as st

from cnnlab.errors import StoreUnavailable, UserError
from cnnlab.ui.plain_text import plain

RETRY_SECONDS = 3.0


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
        st.toast(plain(reason), icon=":material/error:")


@contextmanager
def reported(before: str = "", after: str = "", icon: str = ":material/error:") -> Generator[None]:
    """Draws a part of a page. What cannot be drawn is replaced by its sentence, and the page goes on.

    Args:
        before, after: Further sentences around that of the error, in Markdown; the error's is plain text.
        icon: Of the warning.
    """
    try:
        yield
    except UserError as error:
        st.warning(" ".join(filter(None, [before, plain(str(error)), after])), icon=icon)


@contextmanager
def store_trouble() -> Generator[None]:
    """Runs a page; says in its place why the store cannot be used, and tries again if that may pass."""
    try:
        yield
    except StoreUnavailable as error:
        st.error(plain(str(error)), icon=":material/database_off:")
        st.button("Try again", icon=":material/refresh:", key="try_store_again")
        if error.passes:
            st.fragment(_run_again_later, run_every=RETRY_SECONDS)(time.monotonic())


def _run_again_later(failed_at: float) -> None:
    if time.monotonic() - failed_at >= RETRY_SECONDS / 2:  # not in the run that has just failed
        st.rerun()


def polled(draw: Callable[..., None], seconds: float | None) -> Callable[..., None]:
    """A fragment that is drawn again every so many seconds, whose `UserError`s are sentences.

    With None for the seconds it is drawn once.
    """

    @functools.wraps(draw)
    def in_words(*arguments: Any) -> None:
        with reported():
            draw(*arguments)

    return st.fragment(in_words, run_every=seconds)
