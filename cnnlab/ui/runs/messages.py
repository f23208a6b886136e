"""What was done with runs last, or why it was refused, and the way back from it."""

from collections.abc import Callable
from typing import Any

import streamlit as st

from cnnlab.errors import UserError
from cnnlab.runs.search.finder import Entry

SAID = "runs_said"  # the sentence, its icon, and what takes the action back: a function and its argument
MOST_NAMED = 3
DONE, REFUSED = ":material/check:", ":material/block:"


def safely(act: Callable, *arguments: Any) -> None:
    """What cannot be done is answered with its sentence."""
    st.session_state[SAID] = None
    try:
        act(*arguments)
    except UserError as error:
        st.session_state[SAID] = str(error), REFUSED, None


def say(text: str, undo: Callable | None = None, argument: Any = None) -> None:
    """Tells what was done, and offers to take it back."""
    st.session_state[SAID] = text, DONE, undo and (undo, argument)


def show() -> None:
    """What was done or refused last, until it is dismissed."""
    if not (last := st.session_state.get(SAID)):
        return
    text, icon, undo = last
    with st.container(horizontal=True, vertical_alignment="center", gap="small", key="runs_said_row"):
        (st.success if icon == DONE else st.error)(text, icon=icon)
        if undo:
            st.button("Undo", icon=":material/undo:", key="undo_runs", on_click=safely, args=undo)
        st.button("Dismiss", key="dismiss_runs", type="tertiary", on_click=safely, args=(list,))


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
