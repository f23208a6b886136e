"""The store's address is read as SQLAlchemy reads it, whichever characters its folder has."""

from pathlib import Path

import pytest
from sqlalchemy import make_url

from cnnlab import store_address
from tests.loading import loaded_by

NAMES = ["runs", "a b", "a?b", "a%20b", "a%b", "a#b", "ünï", "a'b", "a&b=c", "a;b", "~ann", "a,b+c.d-e_f"]


@pytest.mark.parametrize("name", NAMES)
def test_the_folder_of_a_store_is_found_again_in_its_address(name, tmp_path, monkeypatch):
    monkeypatch.delenv("MLFLOW_TRACKING_URI")
    monkeypatch.setattr(store_address, "RUNS_FOLDER", tmp_path / name)
    assert make_url(store_address.store_uri()).database == (tmp_path / name / "mlflow.db").as_posix()
    assert store_address.sqlite_folder() == tmp_path / name


@pytest.mark.parametrize("path", ["/home/ann/mlflow.db", "runs/m.db", "/a%20b/m.db", "/a/m.db?timeout=3"])
def test_a_given_address_is_read_as_sqlalchemy_reads_it(path, monkeypatch):
    monkeypatch.setenv("MLFLOW_TRACKING_URI", f"sqlite:///{path}")
    database = make_url(f"sqlite:///{path}").database
    assert store_address.sqlite_folder() == Path(database or "").parent.resolve()


def test_any_other_store_has_no_folder(monkeypatch):
    monkeypatch.setenv("MLFLOW_TRACKING_URI", "http://mlflow.example.org")
    assert store_address.sqlite_folder() is None


def test_a_usual_address_is_read_without_sqlalchemy():
    assert "sqlalchemy" not in loaded_by("from cnnlab import store_address; store_address.sqlite_folder()")
