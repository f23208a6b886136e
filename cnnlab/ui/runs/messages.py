"""What was done with runs last, or why it was refused, and the way back from it."""

from collections.abc import Callable
from typing import Any

import streamlit as st

from cnnlab.runs.search.finder import Entry
from cnnlab.ui.actions import refusal
from cnnlab.ui.plain_text import plain

SAID = "runs_said"  # the sentence, its icon, and what takes the action back: a function and its argument
MOST_NAMED = 3
DONE, REFUSED = ":material/check:", ":material/block:"


def act(action: Callable[..., object], *arguments: Any) -> None:
    """Acts, as the callback of a button; why it could not be done is shown until it is dismissed."""
    dismiss()
    if reason := refusal(action, *arguments):
        st.session_state[SAID] = reason, REFUSED, None


def dismiss() -> None:
    """Takes the last message away."""
    st.session_state[SAID] = None


def say(text: str, undo: Callable | None = None, argument: Any = None) -> None:
    """Tells what was done, and offers to take it back."""
    st.session_state[SAID] = text, DONE, undo and (undo, argument)


def render() -> None:
    """What was done or refused last, until it is dismissed."""
    if not (last := st.session_state.get(SAID)):
        return
    text, icon, undo = last
    with st.container(horizontal=True, vertical_alignment="center", gap="small", key="runs_said_row"):
        (st.success if icon == DONE else st.error)(plain(text), icon=icon)
        if undo:
            st.button("Undo", icon=":material/undo:", key="undo_runs", on_click=act, args=undo)
        st.button("Dismiss", key="dismiss_runs", type="tertiary", on_click=dismiss)


def named(entries: list[Entry]) -> str:
    """The runs as a sentence calls them: '2 runs: CNN 64-64 and Dense 128'."""
    names = [entry.name or entry.run_id[:8] for entry in entries[:MOST_NAMED]]
    if len(entries) > MOST_NAMED:
        names.append(f"{len(entries) - MOST_NAMED} more")
    listed = " and ".join([", ".join(names[:-1]), names[-1]]) if len(names) > 1 else names[0]
    return f"{counted(len(entries))}: {listed}"


def counted(number: int) -> str:
    """'1 run', '2 runs'."""
    return "1 run" if number == 1 else f"{number:,} runs"
