"""One file among those that a person brings: where it lies, and how it is read. From a folder or an upload.

The zip has a file of its own, `cnnlab.data.own.archive`.
"""

import os
import stat
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import NamedTuple, Protocol

from cnnlab.data.own.choices import FILES
from cnnlab.data.picture_files import Unreadable
from cnnlab.errors import InputRefused

MOST_FILES = 100_000
MOST_FILE_BYTES = 50_000_000  # of one picture's file


class OwnFile(NamedTuple):
    """A file that may be a picture of a class."""

    path: str
    """Relative to the folder that was brought, with '/'."""
    size: int
    """Bytes."""
    read: Callable[[], bytes]
    """Its content. Raises `Unreadable`."""
    problem: str = ""
    """Why it is not to be read at all, a part of a sentence."""


class Uploaded(Protocol):
    """A file as Streamlit hands it over; of an uploaded folder, `name` holds the path within it."""

    name: str
    size: int

    def getvalue(self) -> bytes:
        """Its content."""
        ...


def uploaded_files(uploads: Iterable[Uploaded]) -> list[OwnFile]:
    """The files of an uploaded folder. Raises `InputRefused` where there are too many."""
    files = [
        OwnFile(upload.name, upload.size, upload.getvalue, size_problem(upload.size)) for upload in uploads
    ]
    check_number(len(files))
    return files


def folder_files(folder: Path) -> list[OwnFile]:
    """The files in a folder and those below it, by name; symbolic links are not followed.

    Raises `InputRefused` where it cannot be listed, or holds too many.
    """
    try:
        if not folder.is_dir():
            raise InputRefused(f"There is no folder '{folder}': choose another under '{FILES}'.")
        files = list(_walk(folder))
    except (OSError, ValueError) as error:  # the latter of a name with a null character
        reason = getattr(error, "strerror", None) or error
        raise InputRefused(f"The folder '{folder}' cannot be read: {reason}.") from error
    return sorted(files, key=lambda file: file.path)


def _walk(folder: Path) -> Iterable[OwnFile]:
    number = 0
    for parent, folders, names in os.walk(folder, onerror=_raise):
        links = [name for name in folders if Path(parent, name).is_symlink()]
        for name in [*names, *links]:
            number += 1
            check_number(number)
            yield _on_disk(folder, Path(parent, name))


def _raise(error: OSError) -> None:
    raise error


def _on_disk(folder: Path, path: Path) -> OwnFile:
    status = path.lstat()
    shown = os.fsencode(path.relative_to(folder).as_posix()).decode("utf-8", "replace")
    problem = size_problem(status.st_size)
    if stat.S_ISLNK(status.st_mode):
        problem = "it is a symbolic link, which is not followed"
    elif not stat.S_ISREG(status.st_mode):
        problem = "it is no ordinary file"

    def read() -> bytes:
        try:
            return path.read_bytes()
        except OSError as error:
            raise Unreadable("damaged", f"it cannot be read ({error.strerror})") from error

    return OwnFile(shown, status.st_size, read, problem)


def size_problem(size: int) -> str:
    """Why a file of so many bytes is not read; empty if it is."""
    return f"it has more than {MOST_FILE_BYTES / 1e6:,.0f} MB" if size > MOST_FILE_BYTES else ""


def check_number(number: int) -> None:
    """Raises `InputRefused` for more files than are taken."""
    if number > MOST_FILES:
        raise InputRefused(
            f"A data set may have {MOST_FILES:,} files, these are more: bring fewer under '{FILES}'."
        )
