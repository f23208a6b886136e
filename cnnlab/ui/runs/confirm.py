"""The dialog that asks before runs are changed that another visitor has started, and says whose they are."""

from collections.abc import Callable
from typing import NamedTuple

import streamlit as st

from cnnlab.runs import tags
from cnnlab.runs.search.finder import Entry
from cnnlab.ui import visitor
from cnnlab.ui.plain_text import plain
from cnnlab.ui.runs.messages import act, counted

ASKED = "runs_confirmed"  # session state: what is asked while the dialog is open


class Asked(NamedTuple):
    """What is to be done with some runs."""

    verb: str
    """What its button says, such as 'Delete'."""
    action: Callable[[list[Entry]], None]
    chosen: list[Entry]


def concerns_others(chosen: list[Entry]) -> bool:
    """Whether another visitor has started one of them."""
    return bool(_of_others(chosen))


def begin(asked: Asked) -> None:
    """Opens the dialog."""
    st.session_state[ASKED] = asked


def render() -> None:
    """The dialog, while it is open."""
    if asked := st.session_state.get(ASKED):
        st.dialog(f"{asked.verb} another visitor's runs?", on_dismiss=_close)(_body)(asked)


def _close() -> None:
    st.session_state[ASKED] = None


def _body(asked: Asked) -> None:
    others = _of_others(asked.chosen)
    names = visitor.whose(_owner(entry) for entry in others)
    all_of_them = "this run" if len(asked.chosen) == 1 else f"these {counted(len(asked.chosen))}"
    part = "" if len(others) == len(asked.chosen) else f"{len(others)} of "
    st.write(plain(f"{names} started {part}{all_of_them}."))
    st.button(
        f"{asked.verb} all the same", key="confirm_runs", type="primary", on_click=_confirmed, args=(asked,)
    )


def _confirmed(asked: Asked) -> None:
    _close()
    act(asked.action, asked.chosen)


def _of_others(chosen: list[Entry]) -> list[Entry]:
    return [entry for entry in chosen if _owner(entry) and not visitor.is_mine(_owner(entry))]


def _owner(entry: Entry) -> str:
    return entry.tags.get(tags.VISITOR, "")
