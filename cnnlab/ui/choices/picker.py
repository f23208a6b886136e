"""Boxes to choose from what is stored, newest first, by the rule of `cnnlab.ui.choices.address_parameter`."""

from collections import Counter
from collections.abc import Callable, Iterable
from typing import TypeVar

import streamlit as st

from cnnlab.ui.actions import reported
from cnnlab.ui.choices.address_parameter import AddressParameter

Item = TypeVar("Item")

NEWEST_FIRST = "The newest is at the top, your own before everyone else's."


def pick_one(
    parameter: AddressParameter,
    title: str,
    options: dict[str, Item],
    find: Callable[[str], Item],
    label: Callable[[Item], str],
    named: bool = True,
    on_change: Callable[[], None] | None = None,
    first: bool = True,
) -> str:
    """A box with one choice; returns the chosen key, empty if there is nothing to choose from.

    Args:
        parameter: Of the page's address.
        title: Of the box.
        options: What is listed, by key, newest first; an older one that is asked for is added.
        find: Reads what is not listed by its key. Raises `UserError` if it is not stored.
        label: An option in a few words.
        named: Whether the address names what is shown.
        on_change: Called when a person has chosen.
        first: Whether the first option is chosen where neither the address nor the session says; else none.
    """
    wanted = parameter.asked() or st.session_state.get(parameter.key, "")
    add_missing(
        options, [wanted] if wanted else [], find, "The newest is shown." if options and first else ""
    )
    if not options:
        return ""
    keys = list(options)
    at_first = keys[0] if first else None
    choose(parameter.key, wanted if wanted in options else at_first, always=parameter.has_arrived())
    chosen_before = st.session_state[parameter.key]
    chosen = st.selectbox(
        title,
        keys,
        None if chosen_before is None else keys.index(chosen_before),
        format_func=distinct_labels(options, label).__getitem__,
        key=parameter.key,
        persist_state="session",
        on_change=on_change,
        placeholder="Choose",
        help=NEWEST_FIRST,
    )
    parameter.write(chosen if chosen and named else "")
    return chosen or ""


def pick_several(
    parameter: AddressParameter,
    title: str,
    options: dict[str, Item],
    find: Callable[[str], Item],
    label: Callable[[Item], str],
    at_first: Callable[[], list[str]],
    most: int,
    placeholder: str,
) -> list[str]:
    """A box with several choices; returns the chosen keys in their order.

    `at_first` gives what is chosen if neither the address nor the session says. Other arguments are those of
    `pick_one`; keys in the address are separated by commas.
    """
    if asked := parameter.asked():
        wanted = list(dict.fromkeys(key for key in asked.split(",") if key))
        if len(wanted) > most:
            st.warning(
                f"The address asks for {len(wanted):,}, the box holds {most}: the others are left out.",
                icon=":material/link_off:",
            )
            wanted = wanted[:most]
    else:
        chosen_before = st.session_state.get(parameter.key)
        wanted = at_first() if chosen_before is None else list(chosen_before)
    add_missing(options, wanted, find)
    choose(parameter.key, [key for key in wanted if key in options])
    chosen = st.multiselect(
        title,
        list(options),
        st.session_state[parameter.key],
        format_func=distinct_labels(options, label).__getitem__,
        key=parameter.key,
        max_selections=most,
        persist_state="session",
        placeholder=placeholder,
        help=f"{NEWEST_FIRST} On the page Runs they can be searched, ticked and sent here.",
    )
    parameter.write(",".join(chosen))
    return chosen


def distinct_labels(options: dict[str, Item], label: Callable[[Item], str]) -> dict[str, str]:
    """A label for each key; the key tells apart what would read the same, which Streamlit would mix up."""
    labels = {key: label(option) for key, option in options.items()}
    counts = Counter(labels.values())
    return {key: text if counts[text] == 1 else f"{text} · {key[:8]}" for key, text in labels.items()}


def add_missing(
    options: dict[str, Item], wanted: Iterable[str], find: Callable[[str], Item], after: str = ""
) -> None:
    """Adds what is wanted and not listed, because it is older; what is not stored is named in a sentence.

    `after` is a further sentence that says what is shown instead.
    """
    for key in wanted:
        if key not in options:
            with reported(after=after, icon=":material/link_off:"):
                options[key] = find(key)


def choose(key: str, value: object, always: bool = False) -> None:
    """Sets a widget's value before it is drawn.

    Only if it differs: a value that is set is sent to the browser, and would overtake what a person does.
    `always`: also where it seems to be the same, since each page has a box of its own under this key.
    """
    if always or key not in st.session_state or st.session_state[key] != value:
        st.session_state[key] = value
