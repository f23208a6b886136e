"""Where the runs are kept: the address of the store, and the folder of one in SQLite.

In a file of its own, so that a dashboard that starts knows it before it has loaded what reads a store.
"""

import os
import re
from pathlib import Path

SQLITE = "sqlite:///"
PLAIN = re.compile(r"[\w/.,+ ~-]*", re.ASCII)  # of a path: characters that no address gives a meaning


def _default_folder() -> Path:
    """`runs/` in this checkout; in the current folder where cnnlab was installed by pip."""
    checkout = Path(__file__).resolve().parents[1]
    return (checkout if (checkout / "app.py").exists() else Path.cwd()) / "runs"


RUNS_FOLDER = _default_folder()


def store_uri() -> str:
    """Where the runs are kept, as MLflow names it."""
    return os.environ.get("MLFLOW_TRACKING_URI", "").strip() or sqlite_uri(RUNS_FOLDER / "mlflow.db")


def sqlite_uri(path: Path) -> str:
    """The address of a store in SQLite; what an address gives a meaning, such as '?', is quoted."""
    uri = f"{SQLITE}{path.as_posix()}"
    if PLAIN.fullmatch(path.as_posix()):
        return uri
    from sqlalchemy import URL, make_url

    if make_url(uri).database == path.as_posix():
        return uri
    return URL.create("sqlite", database=path.as_posix()).render_as_string(hide_password=False)


def sqlite_folder() -> Path | None:
    """The folder of a store in SQLite, where its artifacts are too; None for any other store."""
    uri = store_uri()
    if not uri.startswith(SQLITE):
        return None
    return Path(_database(uri)).parent.resolve()


def _database(uri: str) -> str:
    path = uri.removeprefix(SQLITE)
    if PLAIN.fullmatch(path):
        return path
    from sqlalchemy import make_url

    return make_url(uri).database or ""
