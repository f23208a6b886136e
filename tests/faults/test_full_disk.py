"""A disk that is really full: a file system in memory with little room, which only root can make."""

import os
import sqlite3
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from cnnlab import runs
from cnnlab.errors import StoreUnavailable
from cnnlab.models.build import build
from cnnlab.runs import own_data, patience
from cnnlab.spec import PRESETS
from cnnlab.worker import train
from tests.own_pictures import labelled


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A disk of 4 MB."""
    folder = tmp_path / "disk"
    folder.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", "size=4m", "tmpfs", str(folder)]
    if sys.platform != "linux" or subprocess.run(mount, check=False, capture_output=True).returncode:
        pytest.skip("only root on Linux can make a small disk")
    yield folder
    subprocess.run(["umount", "--lazy", str(folder)], check=True)


def test_a_network_that_does_not_fit_among_the_temporary_files_waits_and_is_then_a_sentence(
    small_disk, monkeypatch
):
    monkeypatch.setattr(tempfile, "tempdir", str(small_disk))
    waited: list[float] = []
    monkeypatch.setattr(patience, "PAUSES", (0.01, 0.01))
    monkeypatch.setattr(patience.log, "warning", lambda *_about: waited.append(1))
    lab = PRESETS["lab"].runs()["model"]
    network = build(lab.model.model_copy(update={"dense_units": 1024}), (28, 28, 1), 10)
    with pytest.raises(StoreUnavailable, match=f"temporary files, {small_disk}, is full"):
        train._keras_file(network)  # 7 MB
    assert len(waited) == 2
    assert not [file for file in small_disk.rglob("*") if file.is_file()]


@pytest.fixture
def nearly_full(small_disk, monkeypatch) -> Iterator[Path]:
    """The disk of a store that is open and has 40 kB left; yields the file that takes the rest."""
    monkeypatch.setenv("MLFLOW_TRACKING_URI", f"sqlite:///{small_disk}/mlflow.db")
    runs.prepare()
    assert (runs.studies(), own_data.listed()) == ([], [])  # whose experiments exist from now on
    rest = small_disk / "rest"
    with rest.open("wb") as file:
        while os.statvfs(small_disk).f_bavail * os.statvfs(small_disk).f_bsize > 40_000:
            file.write(bytes(4096))
            file.flush()
    yield rest


def assert_is_whole(disk: Path) -> None:
    with sqlite3.connect(disk / "mlflow.db") as database:
        assert database.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
    database.close()


def test_a_data_set_that_does_not_fit_is_a_sentence_and_is_not_listed_until_there_is_room(nearly_full):
    arrays = labelled(images=60, shape=(32, 32, 3)) | {
        "x_test": np.zeros((4, 32, 32, 3)),
        "y_test": np.arange(4) % 2,
    }
    with pytest.raises(StoreUnavailable, match="is full: free some space there"):
        own_data.add("pets", ("cat", "dog"), arrays)
    assert own_data.listed() == []
    assert_is_whole(nearly_full.parent)
    nearly_full.unlink()
    dataset = own_data.add("pets", ("cat", "dog"), arrays)
    assert [each.dataset for each in own_data.listed()] == [dataset]


def test_a_study_that_does_not_fit_is_a_sentence_and_is_not_listed_until_there_is_room(nearly_full):
    content = bytes(100_000)
    with pytest.raises(StoreUnavailable, match="is full: free some space there"):
        runs.create_study("seeds", "Five seeds", content)
    assert runs.studies() == []
    assert_is_whole(nearly_full.parent)
    nearly_full.unlink()
    study_id = runs.create_study("seeds", "Five seeds", content)
    assert [each.study_id for each in runs.studies()] == [study_id]
    assert runs.study_content(study_id) == content


def test_a_training_that_fills_the_disk_fails_with_that_sentence(small_disk, monkeypatch):
    uri = f"sqlite:///{small_disk}/mlflow.db"
    program = (
        "from cnnlab.runs import patience; patience.PAUSES = (0.2, 0.2);"
        "from cnnlab.cli.commands import main; main()"
    )
    settings = ["--preset", "lab", "--images", "100", "--epochs", "3", "--no-baseline"]
    environment = os.environ | {"MLFLOW_TRACKING_URI": uri, "PYTHONPATH": os.pathsep.join(sys.path)}
    done = subprocess.run(
        [sys.executable, "-c", program, "train", *settings],
        capture_output=True,
        text=True,
        check=False,
        env=environment,
    )
    assert done.returncode == 1
    assert (
        done.stderr.strip()
        .splitlines()[-1]
        .startswith(f"Error: The disk of the store of runs at {uri} is full")
    )
    assert "Traceback" not in done.stderr
    for file in small_disk.glob("artifacts/*/artifacts/weights/*"):
        file.unlink()  # somebody makes room
    monkeypatch.setenv("MLFLOW_TRACKING_URI", uri)
    assert_is_whole(small_disk)
    [run] = runs.recent()
    assert run.status == "failed"
    assert "is full" in run.reason or "Interrupted" in run.reason
    assert not runs.curves([run.run_id]).empty
