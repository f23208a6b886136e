"""Which class each file belongs to, read from the folders that it lies in.

Expected is one folder for each class, all of them within one more folder or not. Folders 'train' and 'test'
with the classes in each of them say which images are for test; what is for validation counts as training,
since each run draws its own images for validation. Hidden files and what macOS and Windows add are ignored.
"""

import re
import unicodedata
from collections.abc import Iterable
from typing import NamedTuple

from cnnlab.data.own import class_names
from cnnlab.data.own.choices import FILES
from cnnlab.data.own.files import OwnFile
from cnnlab.errors import InputRefused

IGNORED_FOLDERS = {"__macosx"}
IGNORED_FILES = {"thumbs.db", "desktop.ini"}
TEST_FOLDERS = {"test", "testing"}
PART_FOLDERS = {"train", "training", "val", "valid", "validation"} | TEST_FOLDERS
MOST_NAMED = 3

DRIVE = re.compile(r"[A-Za-z]:")


class Placed(NamedTuple):
    """A file in the folder of a class."""

    file: OwnFile
    folder: str
    """The class as it is called by its folder."""
    for_test: bool


class Layout(NamedTuple):
    """All files by what they are."""

    placed: list[Placed]
    elsewhere: list[OwnFile]
    """Those in no folder of a class."""
    repeated: list[OwnFile]
    """Those whose path another one has."""
    ignored: int
    """How many are hidden, or were added by the operating system."""


def layout(files: Iterable[OwnFile]) -> Layout:
    """Places every file by its path.

    Raises `InputRefused` for a path that leads out of the folder, and for folders within that of a class.
    """
    paths: dict[tuple[str, ...], OwnFile] = {}
    ignored, repeated = 0, []
    for file in files:
        parts = _parts(file.path)
        if _is_ignored(parts):
            ignored += 1
        elif parts in paths:
            repeated.append(file)
        else:
            paths[parts] = file
    outer, parted = _depth(paths)
    elsewhere = [file for parts, file in paths.items() if len(parts) < outer + parted + 2]
    inside = {parts[outer:]: file for parts, file in paths.items() if len(parts) >= outer + parted + 2}
    _check_nesting(inside, parted + 2)
    placed = [
        Placed(file, parts[parted], bool(parted) and parts[0].lower() in TEST_FOLDERS)
        for parts, file in inside.items()
    ]
    return Layout(placed, elsewhere, repeated, ignored)


def _parts(path: str) -> tuple[str, ...]:
    """The names in a path, in one form of Unicode; Windows' backslash separates them too."""
    plain = unicodedata.normalize("NFC", path.replace("\\", "/"))
    parts = tuple(part for part in plain.split("/") if part not in ("", "."))
    if plain.startswith("/") or DRIVE.match(plain) or ".." in parts:
        raise InputRefused(
            f"The name {path!r} leads out of the folder: choose another zip under '{FILES}', or make it anew."
        )
    return parts


def _is_ignored(parts: tuple[str, ...]) -> bool:
    hidden = any(part.startswith(".") or part.lower() in IGNORED_FOLDERS for part in parts)
    return hidden or not parts or parts[-1].lower() in IGNORED_FILES


def _depth(paths: Iterable[tuple[str, ...]]) -> tuple[int, int]:
    """How many folders stand around those of the classes: outer ones, and 1 or 0 for 'train' and 'test'."""
    folders = {parts[:-1] for parts in paths if len(parts) > 1}
    outer = 0
    while True:
        first = {parts[outer].lower() for parts in folders if len(parts) > outer}
        deeper = any(len(parts) > outer + 1 for parts in folders)
        if deeper and first <= PART_FOLDERS and first - TEST_FOLDERS:
            return outer, 1
        if len(first) != 1 or not deeper:
            return outer, 0
        outer += 1


def _check_nesting(inside: Iterable[tuple[str, ...]], length: int) -> None:
    """Raises `InputRefused` where the path of a file is longer than its class's folder and its name."""
    nested = class_names.in_order({"/".join(parts[:-1]) for parts in inside if len(parts) > length})
    if nested:
        shown = ", ".join(f"'{folder}'" for folder in nested[:MOST_NAMED])
        more = ", …" if len(nested) > MOST_NAMED else ""
        raise InputRefused(
            f"There must be one folder for each class, and none in it, but there is {shown}{more}: "
            f"move its files up, and choose the folder again under '{FILES}'."
        )
