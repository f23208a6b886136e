"""The row of controls above the table of runs: which runs, in which order; and what they ask the store."""

from dataclasses import replace
from typing import get_args

import streamlit as st

from cnnlab.runs.search import finder
from cnnlab.runs.search.conditions import RESULTS, SETTINGS, TITLES, condition, words
from cnnlab.runs.search.query import ORDERS, Condition, Query, View
from cnnlab.ui import visitor
from cnnlab.ui.actions import refusal
from cnnlab.ui.plain_text import plain

TEXT, VIEW, ORDER, ASCENDING = "runs_text", "runs_view", "runs_order", "runs_ascending"
GROUPED = "runs_grouped"
CONDITIONS = "runs_conditions"
WHOSE, MINE, EVERYONES = "runs_whose", "Mine", "Everyone's"
WHOSE_HELP = "Mine: what was started in this browser, or by you where you have signed in."
ABOUT, RULE, VALUE = "runs_about", "runs_rule", "runs_value"
PROBLEM = "runs_filter_problem"
UPWARDS = ("Name", "Role", "Data set", "State", "Device", "Seed", "Note", "Run id")  # read from A to Z first
VIEWS: dict[View, str] = {
    "listed": "Active",
    "study": "Of studies",
    "archived": "Archived",
    "superseded": "Superseded",
    "deleted": "Deleted",
    "foreign": "Foreign",
}
VIEW_HELP = (
    "Active: all that count, but for those of studies. Superseded: replaced while 'Train as I tweak' was on. "
    "Deleted: can be restored. Foreign: written into this experiment by another tool."
)
GROUPED_HELP = (
    "One row for all runs that are equal but for the seed, with the mean and its spread. Those of studies "
    "are then among the active ones."
)


def render() -> Query:
    """The controls; they keep what they say on the way over other pages."""
    state = st.session_state
    for key, value in {TEXT: "", VIEW: "listed", ORDER: "Started", ASCENDING: False, CONDITIONS: ()}.items():
        state.setdefault(key, value)
    with st.container(horizontal=True, vertical_alignment="bottom"):
        visitors = _whose()
        text = st.text_input(
            "Search", key=TEXT, persist_state="session", width=190, placeholder="Name, tag or note"
        )
        view = st.selectbox(
            "Show",
            get_args(View),
            format_func=VIEWS.__getitem__,
            key=VIEW,
            persist_state="session",
            width=150,
            help=VIEW_HELP,
        )
        order = st.selectbox("Sort by", list(ORDERS), key=ORDER, persist_state="session", width=190)
        ascending = st.toggle("Ascending", key=ASCENDING, persist_state="session")
        st.toggle("Group equal runs", key=GROUPED, persist_state="session", help=GROUPED_HELP)
        with st.popover(_filter_label(), icon=":material/filter_alt:", key="runs_filter"):
            _filter()
    _conditions()
    # Another tool's runs have no visitors.
    return Query(view, text, state[CONDITIONS], order, ascending, () if view == "foreign" else visitors)


def _whose() -> tuple[str, ...]:
    """The ids whose runs are asked for; there is a choice where another visitor has runs in the store."""
    if not visitor.has_company():
        return ()
    mine = visitor.my_ids()
    if WHOSE not in st.session_state:
        st.session_state[WHOSE] = MINE if finder.find(Query(visitors=mine), limit=1).entries else EVERYONES
    whose = st.segmented_control(
        "Whose", (MINE, EVERYONES), required=True, key=WHOSE, persist_state="session", help=WHOSE_HELP
    )
    return mine if whose == MINE else ()


def show_everyones() -> None:
    """Turns to the runs of all visitors."""
    st.session_state[WHOSE] = EVERYONES


def is_grouped(query: Query) -> bool:
    """Whether equal runs are one row; runs of other tools have no settings that could be equal."""
    return st.session_state.get(GROUPED, False) and query.view != "foreign"


def show(view: View) -> None:
    """Turns to another view."""
    st.session_state[VIEW] = view


def sort_by(column: str) -> None:
    """Sorts by a column, or the other way round where it is sorted by it already."""
    state = st.session_state
    again = state[ORDER] == column
    state[ORDER], state[ASCENDING] = column, not state[ASCENDING] if again else column in UPWARDS


def _filter_label() -> str:
    number = len(st.session_state[CONDITIONS])
    return f"Filter ({number})" if number else "Filter"


def _filter() -> None:
    """Makes one more condition."""
    about = st.selectbox(
        "Setting or result", list(TITLES), format_func=TITLES.__getitem__, key=ABOUT, persist_state="session"
    )
    if about in RESULTS:
        st.segmented_control(
            "Compared",
            ("at least", "at most"),
            default="at least",
            required=True,
            key=RULE,
            persist_state="session",
        )
    choices = SETTINGS[about].choices if about in SETTINGS else ()
    key = f"{VALUE}_{about}"
    if choices:
        st.selectbox("Value", choices, key=key, accept_new_options=about == "data.dataset")
    else:
        st.text_input("Value", key=key, placeholder="A number", on_change=_forget_problem)
    if problem := st.session_state.get(PROBLEM):
        st.error(plain(problem), icon=":material/block:")
    st.button("Add filter", key="add_filter", on_click=_add, args=(about, key))


def _forget_problem() -> None:
    st.session_state[PROBLEM] = ""


def _add(about: str, key: str) -> None:
    """Adds the condition in the popover; one that is refused stays there with the reason."""
    st.session_state[PROBLEM] = refusal(_add_condition, about, st.session_state.get(key) or "")


def _add_condition(about: str, value: str) -> None:
    """Replaces the condition with the same rule on the same thing, if there is one."""
    state = st.session_state
    new = condition(about, state.get(RULE) or "at least", value)
    others = [other for other in state[CONDITIONS] if (other.name, other.rule) != (new.name, new.rule)]
    state[CONDITIONS] = (*others, new)


def _conditions() -> None:
    """The conditions in force, each with a button that takes it back."""
    if not st.session_state[CONDITIONS]:
        return
    with st.container(horizontal=True, gap="small"):
        for number, each in enumerate(st.session_state[CONDITIONS]):
            st.button(
                plain(words(each)),
                icon=":material/close:",
                key=f"remove_filter_{number}",
                help="Removes this filter.",
                on_click=_remove,
                args=(each,),
            )


def _remove(condition: Condition) -> None:
    state = st.session_state
    state[CONDITIONS] = tuple(other for other in state[CONDITIONS] if other != condition)


def is_narrowed(query: Query) -> bool:
    """Whether the query asks for less than all runs of its view."""
    return replace(query, view="listed", order="Started", ascending=False, visitors=()) != Query()
