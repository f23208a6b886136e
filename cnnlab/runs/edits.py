"""What a person does to stored runs: name, note and tags; set them aside, delete them, and put them back.

Name, note and tags are MLflow's own, so that `mlflow ui` shows them too. What is refused is answered with
a sentence that names the control. This file knows nothing of screens.
"""

import re
from collections.abc import Iterable

from cnnlab.errors import InputRefused, RunNotReady
from cnnlab.runs import ownership, store, tags
from cnnlab.runs.run import STATUSES
from cnnlab.runs.search import finder

LONGEST_NAME = 250
LONGEST_NOTE = 5000
LONGEST_TAG = 100
TAG_RULE = "letters, digits, spaces and _ - . / only, and none of the last two at an end"


def set_tags(run_ids: list[str], values: dict[str, str | None]) -> None:
    """Sets tags of runs, and takes those away whose value is None. Raises `RunNotFound`.

    Among them may be `NAME` and `NOTE` of `cnnlab.runs.tags`.
    """
    for run_id in run_ids:
        known = store.stored(run_id).data.tags
        for key, value in values.items():
            if value is not None:
                store.client().set_tag(run_id, key, value)
            elif key in known:
                store.client().delete_tag(run_id, key)


def change(run_id: str, name: str, note: str) -> None:
    """Gives a run another name and note. Raises `InputRefused`, and `RunNotFound`."""
    name, note = " ".join(name.split()), note.strip()
    if not name:
        raise InputRefused("A run needs a name: fill in 'Name'.")
    _at_most(name, LONGEST_NAME, "Name")
    _at_most(note, LONGEST_NOTE, "Note")
    set_tags([run_id], {tags.NAME: name, tags.NOTE: note or None})


def _at_most(text: str, longest: int, control: str) -> None:
    if len(text) > longest:
        raise InputRefused(
            f"At most {longest:,} characters are kept, but there are {len(text):,}: shorten '{control}'."
        )


def tags_from(texts: Iterable[str]) -> dict[str, str]:
    """Tags as a person writes them: 'keep', or with a value 'checked by: Ann'.

    Raises `InputRefused` where MLflow could not keep one under its name.
    """
    found = {}
    for text in texts:
        key, _, value = (part.strip() for part in text.partition(":"))
        if not re.fullmatch(r"\w([\w .\-/]*[\w\-])?", key) or "//" in key or "/." in key or "./" in key:
            raise InputRefused(f"A tag has {TAG_RULE}, not '{text}': change 'Tags'.")
        if key.startswith(tags.RESERVED):
            raise InputRefused(
                f"Tags that begin with '{key.partition('.')[0]}.' have other uses: change 'Tags'."
            )
        _at_most(text, LONGEST_TAG, "Tags")
        found[key] = value
    return found


def tag(run_ids: list[str], wanted: dict[str, str], away: Iterable[str] = ()) -> None:
    """Gives tags to runs and takes others away. Raises `RunNotFound`."""
    set_tags(run_ids, {key: None for key in away if key not in wanted} | wanted)


def archive(run_ids: list[str]) -> dict[str, str]:
    """Sets runs aside: they are in no list but the archive. Returns how each was listed, for `list_as`."""
    before = {entry.run_id: entry.tags.get(tags.LISTED, "yes") for entry in finder.entries(run_ids)}
    set_tags(run_ids, {tags.LISTED: "archived"})
    return before


def put_back(run_ids: list[str]) -> dict[str, str]:
    """Lists runs that were archived or superseded. Returns how each was listed, for `list_as`."""
    found = finder.entries(run_ids)
    list_as({entry.run_id: "study" if entry.tags.get(tags.STUDY) else "yes" for entry in found})
    return {entry.run_id: entry.tags.get(tags.LISTED, "yes") for entry in found}


def list_as(listed: dict[str, str]) -> None:
    """Lists each run in its own way. Raises `RunNotFound`."""
    for run_id, value in listed.items():
        set_tags([run_id], {tags.LISTED: value})


def delete(run_ids: list[str]) -> None:
    """Deletes runs as MLflow does: they leave all lists, and can be restored.

    Raises `RunNotFound`, and `RunNotReady` where one of them has not ended; then none is deleted.
    """
    for run_id in run_ids:
        status = STATUSES.get(ownership.up_to_date(store.stored(run_id)).info.status)
        if status in ("waiting", "training"):
            raise RunNotReady(f"A run that is {status} cannot be deleted: stop it on the page Lab first.")
    for run_id in run_ids:
        store.client().delete_run(run_id)


def restore(run_ids: list[str]) -> None:
    """Takes the deletion of runs back. Raises `RunNotFound`."""
    for run_id in run_ids:
        store.stored(run_id)
        store.client().restore_run(run_id)
