"""What a person brings: a zip, a folder, an `.npz`, or a folder below CNNLAB_DATA_DIR.

What was found stays in the session, also while the person is on another page, where the uploads themselves
are let go; taking the file away, or another way, forgets it.
"""

import uuid
from collections.abc import Callable
from pathlib import PurePosixPath
from typing import Any, NamedTuple

import streamlit as st

from cnnlab import words
from cnnlab.data.own.archive import zip_files
from cnnlab.data.own.arrays import find_arrays
from cnnlab.data.own.choices import FILES
from cnnlab.data.own.contents import Contents
from cnnlab.data.own.files import folder_files, uploaded_files
from cnnlab.data.own.pictures import find_pictures
from cnnlab.data.own.places import data_folder, folders_to_choose
from cnnlab.data.registry import BUILT_IN
from cnnlab.ui.plain_text import plain

ZIP, FOLDER, NPZ, ON_DISK = "A zip", "A folder", "An .npz file", "A folder of this machine"
WAY, BROUGHT, ROUND = "bring_way", "brought", "bring_round"  # session state
UPLOAD_MB = 200  # of one file


class Brought(NamedTuple):
    """What was found in the files."""

    token: str
    """Tells it from everything else that was brought."""
    way: str
    source: tuple[str, ...]
    """Which files: the ids of uploads, or a folder."""
    name: str
    """What they are called, without an ending."""
    contents: Contents


def render() -> Brought | None:
    """The controls, and what was brought; None where there is nothing yet. Raises `InputRefused`."""
    ways = (ZIP, FOLDER, NPZ, *([ON_DISK] if data_folder() else []))
    way = st.segmented_control(
        FILES, ways, default=ZIP, required=True, key=WAY, persist_state="session", on_change=forget
    )
    if way == ON_DISK:
        return _on_disk()
    files = _uploads(way)
    if files:
        return _found(way, tuple(file.file_id for file in files), _name(files[0].name), _finder(way, files))
    return _still_here(way)


def forget() -> None:
    """What was brought is no longer there, and the uploaders are empty."""
    st.session_state[BROUGHT] = None
    st.session_state[ROUND] = st.session_state.get(ROUND, 0) + 1


def _uploads(way: str) -> list[Any]:
    """The uploaded files."""
    kinds: dict[str, tuple[str, list[str] | None, Any]] = {
        ZIP: ("A zip with one folder of pictures for each class", ["zip"], False),
        FOLDER: ("A folder with one folder of pictures for each class", None, "directory"),
        NPZ: ("x_train and y_train; x_test, y_test and classes if you have them", ["npz"], False),
    }
    label, endings, several = kinds[way]
    chosen = st.file_uploader(
        label,
        endings,
        accept_multiple_files=several,
        key=f"bring_{way}_{st.session_state.get(ROUND, 0)}",
        max_upload_size=UPLOAD_MB,
        on_change=_let_go,
    )
    if way == FOLDER:
        st.caption("Of more than about a thousand files a zip is uploaded faster.")
    return (chosen if several else [chosen]) if chosen else []


def _let_go() -> None:
    st.session_state[BROUGHT] = None


def _finder(way: str, files: list[Any]) -> Callable[[], Contents]:
    if way == NPZ:
        return lambda: find_arrays(files[0])
    if way == ZIP:
        return lambda: find_pictures(zip_files(files[0]))
    return lambda: find_pictures(uploaded_files(files))


def _on_disk() -> Brought | None:
    root, folders = data_folder(), folders_to_choose(tuple(BUILT_IN))
    if not folders or root is None:
        st.info(
            plain(f"There is no folder in '{root}', which CNNLAB_DATA_DIR names: make one there.")
            + " It must hold one folder of pictures for each class.",
            icon=":material/folder_off:",
        )
        return None
    with st.container(horizontal=True, vertical_alignment="bottom"):
        name = st.selectbox(
            "Folder", folders, None, key="bring_folder", persist_state="session", placeholder="Choose"
        )
        st.button("Look again", icon=":material/refresh:", key="bring_again", on_click=_let_go)
    if name not in folders:
        return None
    folder = root / name
    return _found(ON_DISK, (str(folder),), name, lambda: find_pictures(folder_files(folder)))


def _found(way: str, source: tuple[str, ...], name: str, find: Callable[[], Contents]) -> Brought:
    """What is in the files, which are looked through once."""
    known: Brought | None = st.session_state.get(BROUGHT)
    if known and (known.way, known.source) == (way, source):
        return known
    with st.spinner("Looking through the files", show_time=True):
        brought = Brought(uuid.uuid4().hex, way, source, name, find())
    st.session_state[BROUGHT] = brought
    return brought


def _still_here(way: str) -> Brought | None:
    """What was brought before the person went to another page."""
    known: Brought | None = st.session_state.get(BROUGHT)
    if not known or known.way != way:
        return None
    with st.container(horizontal=True, vertical_alignment="center"):
        number = words.count(len(known.contents.labels), "image")
        st.caption(f"{plain(known.name)} is still here, with {number}.", width="content")
        st.button("Discard", key="bring_discard", type="tertiary", on_click=forget)
    return known


def _name(path: str) -> str:
    """'pets' for 'pets.zip' and for the folder of 'pets/cat/1.png'."""
    first = next(iter(PurePosixPath(path.replace("\\", "/")).parts), "")
    return PurePosixPath(first).stem
