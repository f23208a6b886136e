"""What can be done with the ticked runs: the row of buttons between the controls and the table."""

from collections.abc import Callable
from typing import Any

import streamlit as st

from cnnlab import runs, words
from cnnlab.comparison.candidates import MOST
from cnnlab.runs import Run, edits
from cnnlab.runs.groups import MOST_RUNS, Group
from cnnlab.runs.search.finder import Entry
from cnnlab.runs.search.query import View
from cnnlab.ui.choices.address_parameter import COMPARED_GROUPS, COMPARED_RUNS, COMPARISON, RUN
from cnnlab.ui.compare import group_choice
from cnnlab.ui.runs import confirm, edit, grouping, table
from cnnlab.ui.runs.messages import act, counted, named, say
from cnnlab.ui.sidebar import from_runs

NO_CONTROLS = "This comparison has no convolutional network, for which the controls are."


def render(chosen: list[Entry], view: View, groups: list[Group] | None = None) -> None:
    """The buttons; they stay in place, and can be pressed where they mean something.

    Args:
        chosen: The ticked runs, or those of the ticked groups.
        view: Which runs are listed.
        groups: The ticked groups, where the rows of the table are groups.
    """
    if view == "foreign":
        st.caption("Another tool wrote these runs into the experiment of cnnlab: they are only listed.")
        return
    with st.container(horizontal=True, vertical_alignment="center", gap="small"):
        if view == "deleted":
            _change("Restore", "restore_from_trash", _restore, chosen)
        else:
            _open(chosen, groups)
            _change("Edit", "edit", _edit, chosen)
            if view == "listed":
                _change("Archive", "archive", _archive, chosen)
            else:
                _change("List", "unarchive", _put_back, chosen)
            _change("Delete", "delete", _delete, chosen)
        _button("Clear", "deselect", bool(chosen), _forget_ticks, None)
        st.caption(_selected(chosen, groups), width="content")


def _forget_ticks() -> None:
    table.forget_ticks()
    grouping.forget_ticks()


def _selected(chosen: list[Entry], groups: list[Group] | None) -> str:
    if not chosen:
        return "None selected"
    if groups:
        return f"{words.count(len(groups), 'group')} selected, {counted(len(chosen))}"
    unknown = sum(entry.run is None for entry in chosen)
    note = f"; the settings of {unknown} cannot be read, so they are not compared" if unknown else ""
    return f"{len(chosen)} selected{note}"


def _open(chosen: list[Entry], groups: list[Group] | None) -> None:
    """The ways to other pages; a group of one run is that run."""
    readable = all(entry.run for entry in chosen)
    few = 2 <= len(chosen) <= MOST if groups is None else 1 <= len(groups) <= MOST
    compare = st.button(
        "Compare",
        icon=":material/compare_arrows:",
        key="compare_runs",
        type="primary",
        disabled=not readable or not few,
        help=f"Side by side, for 2 to {MOST} runs."
        if groups is None
        else f"Over seeds, for 1 to {MOST} groups, each with its newest {MOST_RUNS} runs at most.",
    )
    one = readable and len(chosen) == 1
    look = st.button(
        "Look inside",
        icon=":material/visibility:",
        key="look_inside_run",
        disabled=not one,
        help="Opens the comparison of one run on the page Inside.",
    )
    details = st.button(
        "Open",
        icon=":material/article:",
        key="open_run",
        disabled=not one,
        help="One run by itself: its settings, curves and files.",
    )
    use = st.button(
        "Use these settings",
        icon=":material/tune:",
        key="use_run",
        disabled=not one,
        help="Sets the controls on the page Lab to what the comparison of one run was trained with.",
    )
    if compare and groups:
        address = {COMPARED_GROUPS.name: group_choice.address(groups)}
        st.switch_page("../../pages/compare.py", query_params=address)
    if compare:
        ids = ",".join(entry.run_id for entry in chosen)
        st.switch_page("../../pages/compare.py", query_params={COMPARED_RUNS.name: ids})
    if one and (run := chosen[0].run):
        if look:
            st.switch_page("../../pages/inside.py", query_params={COMPARISON.name: run.comparison})
        if details:
            st.switch_page("../../pages/run.py", query_params={RUN.name: run.run_id})
        if use:
            _use_settings(run)


def _use_settings(run: Run) -> None:
    members = runs.members(run.comparison)
    if from_runs.has_controls(members):
        from_runs.use(members)
    else:
        st.toast(NO_CONTROLS, icon=":material/tune:")


def _change(label: str, icon: str, action: Callable[[list[Entry]], None], chosen: list[Entry]) -> None:
    """A button that changes the ticked runs; it asks first where some of them are another visitor's."""
    if confirm.concerns_others(chosen):
        _button(label, icon, True, confirm.begin, confirm.Asked(label, action, chosen))
    else:
        _button(label, icon, bool(chosen), action, chosen)


def _button(label: str, icon: str, enabled: bool, action: Callable[..., None], argument: Any) -> None:
    st.button(
        label,
        icon=f":material/{icon}:",
        key=f"{label.lower()}_runs",
        disabled=not enabled,
        on_click=act,
        args=(action, *([] if argument is None else [argument])),
    )


def _edit(chosen: list[Entry]) -> None:
    edit.begin([entry.run_id for entry in chosen])


def _archive(chosen: list[Entry]) -> None:
    before = edits.archive([entry.run_id for entry in chosen])
    _done(f"Archived {named(chosen)}.", _list_as, before)


def _put_back(chosen: list[Entry]) -> None:
    before = edits.put_back([entry.run_id for entry in chosen])
    _done(f"Listed {named(chosen)} again.", _list_as, before)


def _list_as(before: dict[str, str]) -> None:
    edits.list_as(before)
    _done(f"Put {counted(len(before))} back to where they were." if len(before) > 1 else "Put the run back.")


def _delete(chosen: list[Entry]) -> None:
    ids = [entry.run_id for entry in chosen]
    runs.delete(ids)
    _done(f"Deleted {named(chosen)}.", _undelete, ids)


def _undelete(ids: list[str]) -> None:
    runs.restore(ids)
    _done(f"Restored {counted(len(ids))}.")


def _restore(chosen: list[Entry]) -> None:
    runs.restore([entry.run_id for entry in chosen])
    _done(f"Restored {named(chosen)}.")


def _done(text: str, undo: Callable | None = None, argument: Any = None) -> None:
    _forget_ticks()
    say(text, undo, argument)
