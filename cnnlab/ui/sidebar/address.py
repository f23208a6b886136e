"""The settings in the page's address: reads them, notes what it had to ignore, and writes them back.

Streamlit can bind widgets to parameters of the address, but then it writes labels instead of values,
leaves out widgets that appear with a value of their own, and drops a bad value without a word. So the
controls are plain keys of the session's state, and this file carries them from and to the address.
A control at its default is left out; the version tells which defaults these were.

The address decides when a session begins, and when a person comes to a page by the browser's Back and Forward
or by a link with settings: by the version, which is always there. The navigation leads to addresses without
one. On the same page the controls decide: what a browser sends may be older than what it has been told.
"""

from typing import Any

import streamlit as st
from pydantic import ValidationError

from cnnlab import words
from cnnlab.spec import DEPENDENT
from cnnlab.ui.choices.address_parameter import OF_PAGES
from cnnlab.ui.sidebar.controls import BLOCK_SETTINGS, CONTROLS, LARGEST, in_use

VERSION = "1"
OWN_NAMES = [parameter.name for parameter in OF_PAGES]  # parameters that pages set by themselves
_NOTES = "notes on the address"
_PAGE = "page in the address"
MOST_CHARACTERS = 60  # of a text from the address that a note repeats


def read(page: str) -> bool:
    """Sets the controls as the address asks, if it decides now; gives others without a value their defaults.

    `page`: the page that is shown. Returns whether the address decided.
    """
    state = st.session_state
    begins, arrives = _NOTES not in state, page != state.get(_PAGE)
    state[_PAGE] = page
    if arrives:
        for parameter in OF_PAGES:
            parameter.arrive()
    replaces = not begins and arrives and "v" in st.query_params and _asked() != _settings()
    if replaces:
        for name in CONTROLS:
            del state[name]
    decides = begins or replaces
    if decides:
        state[_NOTES] = [
            note
            for name in st.query_params
            for note in (*_repeated(name), _take(name, st.query_params[name]))
            if note
        ]
    for name, control in CONTROLS.items():
        # Only what is missing: a value that is written goes back to the browser, and would overtake
        # a slider that has moved on.
        if name not in state:
            state[name] = control.default
    if decides:
        state[_NOTES] += _without_effect()
    return decides


def _asked() -> dict[str, str]:
    """What the address says of the settings."""
    return {name: text for name, text in st.query_params.items() if name not in OWN_NAMES}


def _settings() -> dict[str, str]:
    """What the controls say, as the address should."""
    state = st.session_state
    used = in_use(state)
    changed = {name: _text(state[name]) for name in used if state[name] != CONTROLS[name].default}
    return {"v": VERSION} | changed


def _repeated(name: str) -> list[str]:
    """Sentences on all values of a parameter but the last, the one that counts."""
    *earlier, last = st.query_params.get_all(name)
    return [_ignored(name, text, f"it was given again, as '{_short(last)}'") for text in earlier]


def _without_effect() -> list[str]:
    """Sentences on controls that are not in use, unless they ask for what stands anyway.

    A control that every block shares is not in use while the blocks differ; nor is that of one block while
    all are alike, or where the network has fewer blocks; nor one that depends on another, such as a stop
    rule's value without a rule.
    """
    state = st.session_state
    unused = CONTROLS.keys() - in_use(state)
    return [
        _ignored(name, st.query_params[name], _why_unused(name))
        for name in CONTROLS
        if name in unused and name in st.query_params and state[name] != CONTROLS[name].default
    ]


def _why_unused(name: str) -> str:
    title = CONTROLS["same_blocks"].title
    if name in DEPENDENT:
        other, _ = DEPENDENT[name]
        return f"'{CONTROLS[other].title}' is '{st.session_state[other]}'"
    if name in BLOCK_SETTINGS:
        return f"'{title}' is off, so that each block has a control of its own"
    if st.session_state["same_blocks"]:
        return f"'{title}' is on. Switch it off, or add 'same_blocks=false' to the address"
    return f"the network has {words.count(st.session_state['blocks'], 'block')}"


def _take(name: str, text: str) -> str | None:
    """Sets one control; or a sentence that says why it was ignored."""
    if name in OWN_NAMES:
        return None
    if name == "v":
        if text == VERSION:
            return None
        return (
            f"The address was made for version {_short(text)} of its settings; "
            f"they were read as version {VERSION}."
        )
    if name not in CONTROLS:
        return _ignored(name, text, "there is no such setting")
    control = CONTROLS[name]
    try:
        value = control.rule.validate_strings(text)
    except ValidationError:
        return _ignored(name, text, f"{control.title} must be {control.rule_text}")
    if isinstance(value, int | float) and abs(value) > LARGEST:
        return _ignored(name, text, f"{control.title} must be at most {LARGEST:,}")
    st.session_state[name] = value
    return None


def _ignored(name: str, text: str, reason: str) -> str:
    return f"'{_short(name)}={_short(text)}' in the address was ignored: {reason}."


def _short(text: str) -> str:
    """A text from the address in one line, with its beginning alone where it is long."""
    line = " ".join(text.split())
    return line if len(line) <= MOST_CHARACTERS else f"{line[:MOST_CHARACTERS]}…"


def notes() -> list[str]:
    """What of the session's first address was ignored, one sentence each."""
    return st.session_state[_NOTES]


def dismiss_notes() -> None:
    """Once read, the notes are not shown again."""
    st.session_state[_NOTES] = []


def write(drawn: bool = True) -> None:
    """Makes the address say what the controls say.

    `drawn`: whether those in use are drawn on this page.
    """
    state = st.session_state
    used = in_use(state) if drawn else []
    for name in CONTROLS.keys() - used:
        state[name] = state[name]  # Streamlit drops the state of a control that is not drawn
    of_page = {name: st.query_params[name] for name in OWN_NAMES if name in st.query_params}
    wanted = _settings() | of_page
    if st.query_params.to_dict() != wanted:
        st.query_params.from_dict(wanted)


def _text(value: Any) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)
