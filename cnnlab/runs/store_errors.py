"""What goes wrong with the store, in sentences: busy, full, unreachable, damaged, of another program."""

import contextlib
import errno
import sqlite3
from collections.abc import Generator
from pathlib import Path
from tempfile import gettempdir
from typing import NamedTuple
from urllib.parse import urlsplit, urlunsplit

from sqlalchemy import make_url
from sqlalchemy.exc import SQLAlchemyError

from cnnlab.errors import StoreUnavailable

TABLES = "SELECT name FROM sqlite_master WHERE type = 'table'"
SETTING = "MLFLOW_TRACKING_URI"
SCHEMES = ("sqlite", "http", "https", "postgresql", "mysql", "mssql")
EXAMPLES = "'sqlite:////home/ann/runs/mlflow.db' or 'http://127.0.0.1:5000'"
SQLITE_OPTIONS = {"cache", "check_same_thread", "immutable", "mode", "nolock", "timeout", "uri", "vfs"}


class Trouble(NamedTuple):
    """One kind of what can be wrong with a store."""

    sentence: str
    """'{}' stands for the store's address."""
    passes: bool
    """Whether it may pass by itself."""
    signs: tuple[str, ...]
    """Parts of what SQLite, SQLAlchemy, MLflow or the network then says."""


BUSY = Trouble(
    "Another program holds the store of runs at {}: it is tried again.",
    True,
    ("database is locked", "database table is locked"),
)
FULL = Trouble(
    "The disk of the store of runs at {} is full: free some space there.",
    True,
    ("disk is full", "No space left"),
)
BROKEN_DISK = Trouble(
    "The disk of the store of runs at {} cannot be read or written.", True, ("disk I/O error",)
)
READ_ONLY = Trouble(
    "The store of runs at {} cannot be written: change its permissions.", False, ("readonly database",)
)
CANNOT_OPEN = Trouble(
    "The store of runs at {} cannot be opened: check that its folder exists and can be written, or name "
    f"another store by {SETTING}.",
    False,
    ("unable to open database file",),
)
NO_DATABASE = Trouble(
    f"The store of runs at {{}} is not a database of MLflow: name another store by {SETTING}.",
    False,
    ("not a database",),
)
DAMAGED = Trouble(
    f"The store of runs at {{}} is damaged: restore it from a copy, or name another one by {SETTING}.",
    False,
    ("malformed",),
)
OTHER_VERSION = Trouble(
    "The store of runs at {0} was written by another version of MLflow: make a copy of it, then run "
    "'mlflow db upgrade {0}'.",
    False,
    ("out-of-date database schema",),
)
OTHER_PROGRAM = Trouble(
    f"The store of runs at {{}} is a database of another program: name another store by {SETTING}.",
    False,
    ("no such table",),
)
SLOW = Trouble("The store of runs at {} does not answer in time: it is tried again.", True, ("timed out",))
UNKNOWN_HOST = Trouble(
    f"The host of the store of runs at {{}} is not known: correct {SETTING}.",
    False,
    ("could not translate host name",),
)
WRONG_PASSWORD = Trouble(
    f"The store of runs at {{}} refuses the user or the password: correct {SETTING}.",
    False,
    ("password authentication failed",),
)
SERVER_ERROR = Trouble(
    "The server of the store of runs at {} answers with errors: its log says why.",
    True,
    ("error responses", "Server Error", "INTERNAL_ERROR"),
)
UNAUTHENTICATED = Trouble(
    "The server of the store of runs at {} wants to know who asks: set MLFLOW_TRACKING_USERNAME and "
    "MLFLOW_TRACKING_PASSWORD, or MLFLOW_TRACKING_TOKEN.",
    False,
    ("error code 401", "401 Client Error", "UNAUTHENTICATED"),
)
FORBIDDEN = Trouble(
    "The server of the store of runs at {} does not allow this: ask its operator for the permission.",
    False,
    ("error code 403", "403 Client Error", "PERMISSION_DENIED"),
)
NO_MLFLOW = Trouble(
    f"No MLflow server answers at {{}}, but another one: correct {SETTING}.",
    False,
    ("error code 404", "not in a valid JSON format"),
)
SILENT = Trouble(
    f"The store of runs at {{}} does not answer: start its server, or name another store by {SETTING}.",
    True,
    ("Connection refused", "Max retries exceeded"),
)
TROUBLES = (  # the first one of which there is a sign is told
    *(BUSY, FULL, BROKEN_DISK, READ_ONLY, CANNOT_OPEN, NO_DATABASE, DAMAGED, OTHER_VERSION, OTHER_PROGRAM),
    *(SERVER_ERROR, UNAUTHENTICATED, FORBIDDEN, NO_MLFLOW, SILENT, SLOW, UNKNOWN_HOST, WRONG_PASSWORD),
)
NO_SPACE_FOR_COPIES = (
    "The disk of the folder for temporary files, {}, is full: free some space there, or name another folder "
    "by TMPDIR."
)


def without_password(uri: str) -> str:
    """The address of a store as it can be shown."""
    parts = urlsplit(uri)
    if parts.password is None:
        return uri
    host = parts.netloc.rpartition("@")[2]
    return urlunsplit(parts._replace(netloc=f"{parts.username}:***@{host}"))


def translated(error: BaseException, uri: str) -> StoreUnavailable | None:
    """The sentence for an error of the store; None for one that is not about the store itself."""
    text = " ".join(str(each) for each in _causes(error))
    shown = without_password(uri)
    if not uri.startswith("sqlite:") and any(_is_full_disk(each) for each in _causes(error)):
        return StoreUnavailable(NO_SPACE_FOR_COPIES.format(gettempdir()), True)
    for trouble in TROUBLES:
        if any(sign.lower() in text.lower() for sign in trouble.signs):
            return StoreUnavailable(trouble.sentence.format(shown), trouble.passes)
    if any(isinstance(each, SQLAlchemyError) for each in _causes(error)):
        first = text.splitlines()[0] if text else type(error).__name__
        return StoreUnavailable(f"The store of runs at {shown} cannot be used: {first}", False)
    return None


def _is_full_disk(error: BaseException) -> bool:
    """Whether a disk of this machine is full."""
    return isinstance(error, OSError) and error.errno == errno.ENOSPC


@contextlib.contextmanager
def temporary_files_in_sentences() -> Generator[None]:
    """Raises `StoreUnavailable`, which may pass, where the disk of the temporary files is full."""
    try:
        yield
    except OSError as error:
        if not _is_full_disk(error):
            raise
        raise StoreUnavailable(NO_SPACE_FOR_COPIES.format(gettempdir()), True) from error


def _causes(error: BaseException) -> list[BaseException]:
    """The error and what led to it."""
    causes: list[BaseException] = []
    following: BaseException | None = error
    while following is not None and following not in causes:
        causes.append(following)
        following = following.__cause__ or following.__context__
    return causes


@contextlib.contextmanager
def in_sentences(uri: str) -> Generator[None]:
    """Raises `StoreUnavailable` in place of what the libraries raise where the store cannot be used."""
    from mlflow.exceptions import MlflowException

    try:
        yield
    except (MlflowException, SQLAlchemyError, OSError) as error:
        if (sentence := translated(error, uri)) is None:
            raise
        raise sentence from error


def check_address(uri: str) -> None:
    """Raises `StoreUnavailable` for an address that names no store, and for one that would not be kept."""
    scheme = urlsplit(uri).scheme.partition("+")[0] if is_split(uri) else ""
    if scheme not in SCHEMES:
        raise StoreUnavailable(
            f"The store of runs at {uri} is none that can be used: let {SETTING} be like {EXAMPLES}.", False
        )
    if scheme != "sqlite":
        return
    if make_url(uri).database in (None, "", ":memory:"):
        raise StoreUnavailable(f"The store of runs at {uri} names no file: add its path to {SETTING}.", False)
    options = uri.partition("?")[2].split("&") if "?" in uri else []
    if odd := [option for option in options if option.partition("=")[0] not in SQLITE_OPTIONS]:
        raise StoreUnavailable(
            f"The store of runs at {uri} has an unknown option '{odd[0]}': in {SETTING}, write '%3F' for a "
            "'?' of the path.",
            False,
        )


def is_split(uri: str) -> bool:
    """Whether an address has the form of one."""
    try:
        urlsplit(uri)
    except ValueError:  # such as brackets without an IPv6 address
        return False
    return True


def unusable(uri: str, error: Exception) -> StoreUnavailable:
    """The sentence where a library is missing that the store needs, or a part of its address is wrong."""
    shown = without_password(uri)
    if isinstance(error, ImportError):
        return StoreUnavailable(
            f"The store of runs at {shown} needs a Python package that is not installed ({error}): install "
            f"it, or name another store by {SETTING}.",
            False,
        )
    return StoreUnavailable(
        f"The store of runs at {shown} cannot be used ({error}): correct {SETTING}.", False
    )


def check_sqlite(path: Path, uri: str) -> None:
    """Raises `StoreUnavailable` at once where MLflow would try to open a file for minutes, or change it."""
    if not path.exists():
        return
    try:
        connection = sqlite3.connect(f"{path.as_uri()}?mode=ro", uri=True, timeout=5)
        try:
            tables = {
                name for (name,) in connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'")
            }
        finally:
            connection.close()
    except sqlite3.Error as error:
        sentence = translated(error, uri)
        raise sentence or StoreUnavailable(
            f"The store of runs at {uri} cannot be used: {error}", False
        ) from error
    if tables and "experiments" not in tables:
        raise StoreUnavailable(OTHER_PROGRAM.sentence.format(uri), False)


def make_folder(folder: Path, uri: str) -> None:
    """Makes the folder of a store in SQLite. Raises `StoreUnavailable` where it cannot be made."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        sentence = StoreUnavailable(CANNOT_OPEN.sentence.format(uri), CANNOT_OPEN.passes)
        raise translated(error, uri) or sentence from error


def is_missing(error: BaseException) -> bool:
    """Whether an error of MLflow says that there is no such run or artifact."""
    return getattr(error, "error_code", "") in ("RESOURCE_DOES_NOT_EXIST", "INVALID_PARAMETER_VALUE")
