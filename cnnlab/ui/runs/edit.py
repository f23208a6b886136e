"""The dialog that gives a run another name, a note and tags, or tags to several runs at once."""

import streamlit as st

from cnnlab.runs import edits
from cnnlab.runs.search import finder
from cnnlab.runs.search.finder import Entry
from cnnlab.runs.tags import NOTE, user_tags
from cnnlab.ui.actions import refusal
from cnnlab.ui.plain_text import plain
from cnnlab.ui.runs.messages import named, say
from cnnlab.views.tables.runs import tag_text, tag_texts

EDITED = "runs_edited"  # their ids while the dialog is open
PROBLEM = "runs_edit_problem"
_OPENED = "runs_edit_opened"  # counted up, so that a dialog never begins with what another one left
TAG_HELP = "Type a tag and press Enter; 'name: value' gives it a value. 'mlflow ui' shows them too."


def begin(run_ids: list[str]) -> None:
    """Opens the dialog."""
    state = st.session_state
    state[EDITED], state[PROBLEM], state[_OPENED] = run_ids, "", state.get(_OPENED, 0) + 1


def render(suggested: list[str]) -> None:
    """The dialog, while it is open; `suggested` are tags to choose from."""
    if ids := st.session_state.get(EDITED):
        title = "Edit run" if len(ids) == 1 else f"Tag {len(ids)} runs"
        st.dialog(title, on_dismiss=_close)(_body)(suggested)


def _close() -> None:
    st.session_state[EDITED] = []


def _body(suggested: list[str]) -> None:
    edited = finder.entries(st.session_state[EDITED])
    if not edited:  # closed, or the runs are gone
        _close()
        st.rerun()
    (_one if len(edited) == 1 else _several)(edited, suggested)
    if problem := st.session_state[PROBLEM]:
        st.error(plain(problem), icon=":material/block:")
    st.button("Save", key="save_runs", type="primary", on_click=_save, args=(edited,))


def _one(edited: list[Entry], suggested: list[str]) -> None:
    entry = edited[0]
    st.text_input("Name", entry.name, key=_key("name"))
    st.text_area("Note", entry.tags.get(NOTE, ""), key=_key("note"))
    st.multiselect(
        "Tags",
        sorted({*suggested, *tag_texts(entry)}),
        tag_texts(entry),
        key=_key("tags"),
        accept_new_options=True,
        placeholder="Choose or type",
        help=TAG_HELP,
    )


def _several(edited: list[Entry], suggested: list[str]) -> None:
    has = sorted({text for entry in edited for text in tag_texts(entry)})
    st.multiselect(
        "Tags",
        sorted({*suggested, *has}),
        key=_key("tags"),
        accept_new_options=True,
        placeholder="Choose or type tags to add",
        help=TAG_HELP,
    )
    st.multiselect("Tags to take away", has, key=_key("away"), placeholder="Choose")


def _key(name: str) -> str:
    return f"edited_{name}_{st.session_state[_OPENED]}"


def _save(edited: list[Entry]) -> None:
    """Stores the changes and closes the dialog, which stays open with the reason if they are refused."""
    st.session_state[PROBLEM] = refusal(_store, edited)
    if not st.session_state[PROBLEM]:
        _close()


def _store(edited: list[Entry]) -> None:
    """The name and the note of one run, or tags of several."""
    state = st.session_state
    has = {tag_text(*tag): tag for entry in edited for tag in user_tags(entry.tags).items()}
    chosen = state[_key("tags")]
    wanted = edits.tags_from(text for text in chosen if text not in has)
    wanted |= dict(has[text] for text in chosen if text in has)
    if len(edited) == 1:
        removed = list(user_tags(edited[0].tags))
        edits.change(edited[0].run_id, state[_key("name")], state[_key("note")])
        done = f"Saved '{state[_key('name')].strip()}'."
    else:
        removed = [has[text][0] for text in state[_key("away")]]
        done = f"Changed the tags of {named(edited)}."
    edits.tag([entry.run_id for entry in edited], wanted, removed)
    say(done)
