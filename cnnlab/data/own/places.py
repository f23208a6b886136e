"""Images on this machine's disk: at a path, or in a folder of the one that CNNLAB_DATA_DIR names."""

import os
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path

from cnnlab.data.own.archive import zip_files
from cnnlab.data.own.arrays import find_arrays
from cnnlab.data.own.choices import FILES
from cnnlab.data.own.class_names import in_order
from cnnlab.data.own.contents import Contents
from cnnlab.data.own.files import folder_files
from cnnlab.data.own.pictures import find_pictures
from cnnlab.errors import InputRefused


@contextmanager
def contents_of(path: Path) -> Generator[Contents]:
    """What is in a folder, a zip or an `.npz`; it can be read within the block. Raises `InputRefused`."""
    try:
        file = None if path.is_dir() else path.open("rb")
    except (OSError, ValueError) as error:  # the latter of a name with a null character
        reason = getattr(error, "strerror", None) or error
        raise InputRefused(
            f"'{path}' cannot be opened: {reason}. '{FILES}' must be a folder, a zip or an .npz file."
        ) from error
    if file is None:
        yield find_pictures(folder_files(path))
        return
    with file:
        yield find_arrays(file) if path.suffix.lower() == ".npz" else find_pictures(zip_files(file))


def data_folder() -> Path | None:
    """The folder that CNNLAB_DATA_DIR names; None where it names none."""
    configured = os.environ.get("CNNLAB_DATA_DIR")
    try:
        folder = Path(configured).expanduser() if configured else None
        return folder if folder and folder.is_dir() else None
    except (OSError, RuntimeError):  # a name that is too long, a home of nobody: reading a full set says so
        return None


def folders_to_choose(built_in: tuple[str, ...]) -> list[str]:
    """The names of the folders in `data_folder`, without those of the data sets that come with cnnlab.

    Raises `InputRefused` where they cannot be listed.
    """
    root = data_folder()
    if root is None:
        return []
    try:
        names = [entry.name for entry in root.iterdir() if entry.is_dir() and entry.name.isprintable()]
    except OSError as error:
        raise InputRefused(f"The folder '{root}' cannot be read: {error.strerror}.") from error
    return in_order(name for name in names if name not in built_in and not name.startswith("."))
