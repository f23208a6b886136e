"""The files of this machine for the data sets that people brought: copies from the store, and an index.

The index says which data sets the store had when it was last read, so that the first page knows them before
the store has been opened, which takes seconds.
"""

import logging
import uuid
from collections.abc import Mapping
from hashlib import sha256
from pathlib import Path

from pydantic import TypeAdapter

from cnnlab import store_address
from cnnlab.data.catalogue import DatasetInfo
from cnnlab.errors import DatasetUnavailable
from cnnlab.runs import artifacts

INFO_FILE, IMAGES_FILE, INDEX_FILE = "info.json", "images.npz", "index.json"
INFO = TypeAdapter(DatasetInfo)
INDEX = TypeAdapter(dict[str, DatasetInfo])
DAMAGED = (OSError, ValueError)  # raised in reading an info or an index
UNUSABLE = "The folder '{}', in which cnnlab keeps copies of data sets, cannot be used: {}."

log = logging.getLogger(__name__)


def local_file(dataset: str, name: str, entry: str) -> Path:
    """An artifact of a data set's entry as a file of this machine: the store's own, or else a copy.

    Raises `RunNotFound` where the store lacks it, and `DatasetUnavailable` where it cannot be written.
    """
    local = artifacts.folder_of(entry)
    if local:
        return local / name
    copy = _folder() / dataset / name
    if not copy.exists():
        _write(copy, artifacts.read(entry, name))
    return copy


def forget(dataset: str) -> None:
    """Deletes the copies of a data set that was removed."""
    for name in (INFO_FILE, IMAGES_FILE):
        (_folder() / dataset / name).unlink(missing_ok=True)


def read_index() -> dict[str, DatasetInfo]:
    """What the store had when it was last read; empty without an index, or with a damaged one."""
    path = _folder() / INDEX_FILE
    if not path.exists():
        return {}
    try:
        return INDEX.validate_json(path.read_bytes())
    except DAMAGED as error:
        log.warning("%s cannot be read, and is made anew: %s", path, error)
        return {}


def write_index(infos: Mapping[str, DatasetInfo]) -> None:
    """Keeps what the store has, for the next program. Where that fails, a line in the log says so."""
    try:
        _write(_folder() / INDEX_FILE, INDEX.dump_json(dict(infos)))
    except DatasetUnavailable as error:
        log.warning("%s", error)


def _folder() -> Path:
    """Of the store that is in use."""
    beside_store = store_address.sqlite_folder()
    if beside_store:
        return beside_store / "data"
    import pooch  # here, because it loads requests

    return (
        Path(pooch.os_cache("cnnlab"))
        / "stores"
        / sha256(store_address.store_uri().encode()).hexdigest()[:16]
    )


def _write(path: Path, content: bytes) -> None:
    """Writes a file at once; readers never see half of it. Raises `DatasetUnavailable`."""
    partial = path.with_name(f".{path.name}.{uuid.uuid4().hex}")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        try:
            partial.write_bytes(content)
            partial.replace(path)
        finally:
            partial.unlink(missing_ok=True)
    except OSError as error:
        raise DatasetUnavailable(UNUSABLE.format(path.parent, error.strerror or error)) from error
