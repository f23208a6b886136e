"""A store that cannot be used is a sentence: no traceback, no raw SQL, no minutes of waiting."""

import contextlib
import http.server
import os
import sqlite3
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from mlflow.exceptions import MlflowException
from sqlalchemy.exc import OperationalError

from cnnlab import runs, store_address
from cnnlab.errors import StoreUnavailable
from cnnlab.runs.patience import PAUSES, patiently
from cnnlab.runs.store_errors import translated, without_password


def test_an_error_is_recognized_wherever_it_came_from():
    locked = OperationalError("SELECT *", {}, sqlite3.OperationalError("database is locked"))
    wrapped = MlflowException("failed")
    wrapped.__cause__ = locked
    sentence = translated(wrapped, "sqlite:///runs/mlflow.db")
    assert sentence and sentence.passes
    assert str(sentence) == (
        "Another program holds the store of runs at sqlite:///runs/mlflow.db: it is tried again."
    )
    assert translated(MlflowException("No Run with id=x exists"), "sqlite:///a.db") is None
    full = translated(OSError(28, "No space left on device"), "sqlite:///a.db")
    assert full and full.passes and "is full" in str(full)


def test_a_full_disk_beside_a_server_is_that_of_the_temporary_files(monkeypatch, tmp_path):
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    full = translated(OSError(28, "No space left on device"), "http://127.0.0.1:5000")
    assert full and full.passes and f"temporary files, {tmp_path}, is full" in str(full)


@contextlib.contextmanager
def answering(status: int, body: bytes) -> Iterator[str]:
    """The address of a server that always gives this answer."""

    class Answer(http.server.BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(status)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        do_POST = do_PUT = do_GET

        def log_message(self, *_arguments: object) -> None:
            """Says nothing."""

    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Answer) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()
        thread.join()


@pytest.mark.parametrize(
    ("status", "body", "sentence", "passes"),
    [
        (500, b"oops", "answers with errors", True),
        (503, b"", "answers with errors", True),
        (401, b"You are not authenticated.", "set MLFLOW_TRACKING_USERNAME", False),
        (401, b'{"error_code": "UNAUTHENTICATED", "message": "no"}', "set MLFLOW_TRACKING_USERNAME", False),
        (403, b'{"error_code": "PERMISSION_DENIED", "message": "no"}', "ask its operator", False),
        (404, b"<html>Nothing here</html>", "No MLflow server answers", False),
        (200, b"<html>Welcome</html>", "No MLflow server answers", False),
        (400, b'{"error_code": "INTERNAL_ERROR", "message": "database is locked"}', "Another program", True),
    ],
)
def test_each_refusal_of_a_server_has_its_sentence(status, body, sentence, passes, monkeypatch):
    with answering(status, body) as address:
        monkeypatch.setenv("MLFLOW_TRACKING_URI", address)
        with pytest.raises(StoreUnavailable, match=sentence) as refusal:
            runs.recent(1)
    assert refusal.value.passes == passes


def test_a_password_is_never_shown():
    assert without_password("postgresql://me:secret@host:5432/runs") == "postgresql://me:***@host:5432/runs"
    assert without_password("sqlite:///runs/mlflow.db") == "sqlite:///runs/mlflow.db"


def damaged(folder: Path, kind: str) -> str:
    """The address of a store that cannot be used."""
    path = folder / "mlflow.db"
    if kind == "no database":
        path.write_text("Dear diary, " * 1000)
    elif kind == "another program's":
        with sqlite3.connect(path) as connection:
            connection.execute("CREATE TABLE songs (title TEXT)")
        connection.close()
    elif kind == "out of reach":
        return "http://127.0.0.1:9"
    elif kind == "no folder":
        (folder / "file").write_text("")
        return f"sqlite:///{folder}/file/mlflow.db"
    return f"sqlite:///{path}"


KINDS = {
    "no database": "is not a database of MLflow",
    "another program's": "is a database of another program",
    "out of reach": "does not answer",
    "no folder": "cannot be",
}


@pytest.mark.parametrize("kind", KINDS)
def test_a_store_that_cannot_be_used_is_a_sentence_at_once(kind, monkeypatch, tmp_path):
    monkeypatch.setenv("MLFLOW_TRACKING_URI", damaged(tmp_path, kind))
    began = time.monotonic()
    with pytest.raises(StoreUnavailable, match=KINDS[kind]):
        runs.recent(1)
    assert time.monotonic() - began < 60


def test_another_programs_database_is_left_as_it_was(monkeypatch, tmp_path):
    monkeypatch.setenv("MLFLOW_TRACKING_URI", damaged(tmp_path, "another program's"))
    before = (tmp_path / "mlflow.db").read_bytes()
    with pytest.raises(StoreUnavailable):
        runs.recent(1)
    assert (tmp_path / "mlflow.db").read_bytes() == before


@pytest.mark.parametrize("kind", ["no database", "out of reach"])
def test_the_command_line_says_it_in_one_sentence(kind, tmp_path):
    command = [sys.executable, "-m", "cnnlab", "train", "--preset", "small", "--images", "100"]
    done = subprocess.run(
        command,
        env=os.environ | {"MLFLOW_TRACKING_URI": damaged(tmp_path, kind)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 1
    assert KINDS[kind] in done.stderr and "Traceback" not in done.stderr
    assert done.stderr.count("Error: ") == 1


def test_what_passes_is_tried_again_for_a_minute_and_what_does_not_is_raised_at_once():
    waited: list[float] = []
    answers = [StoreUnavailable("busy", True), StoreUnavailable("busy", True), None]

    def write() -> str:
        if error := answers.pop(0):
            raise error
        return "written"

    assert patiently(write, waited.append) == "written"
    assert waited == list(PAUSES[:2]) and sum(PAUSES) > 60

    def never() -> None:
        raise StoreUnavailable("gone", passes=False)

    with pytest.raises(StoreUnavailable, match="gone"):
        patiently(never, waited.append)
    assert len(waited) == 2


def test_a_moved_store_brings_its_artifacts_with_it(monkeypatch, tmp_path):
    from cnnlab.spec import PRESETS

    before, after = tmp_path / "before", tmp_path / "after"
    monkeypatch.setenv("MLFLOW_TRACKING_URI", f"sqlite:///{before}/mlflow.db")
    old = runs.create("model", "moved", PRESETS["small"].runs()["model"])
    runs.artifacts.save(old, "note.txt", b"kept")
    before.rename(after)
    monkeypatch.setenv("MLFLOW_TRACKING_URI", f"sqlite:///{after}/mlflow.db")
    runs.artifacts.folder_of.cache_clear()
    assert runs.artifacts.read(old, "note.txt") == b"kept"
    new = runs.create("model", "moved", PRESETS["small"].runs()["model"])
    runs.artifacts.save(new, "note.txt", b"new")
    assert not before.exists()
    assert store_address.sqlite_folder() in (runs.artifacts.folder_of(new) / "note.txt").parents
