import gzip

import numpy as np
import pytest
import requests

from cnnlab.data import full_sets
from cnnlab.data.registry import DATASETS, load
from cnnlab.errors import DatasetUnavailable
from tests.dataset_files import DEBIAN, full_set, idx_bytes, needs_debian


@pytest.fixture
def nothing_here(monkeypatch, tmp_path):
    """A machine without full sets and without a network."""
    monkeypatch.delenv("CNNLAB_DATA_DIR", raising=False)
    monkeypatch.setattr(full_sets, "DEBIAN_FOLDERS", {"fashion-mnist": tmp_path / "no-debian"})
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))

    def offline(*_args, **_kwargs):
        raise requests.ConnectionError("no route to host")

    monkeypatch.setattr(requests, "get", offline)


@needs_debian
def test_the_full_fashion_set_of_debian_is_whole():
    images = load("fashion-mnist", "full")
    assert images.x_train.shape == (60_000, 28, 28, 1)
    assert np.bincount(images.y_train).tolist() == [6000] * 10
    assert np.bincount(images.y_test).tolist() == [1000] * 10
    assert images.y_train[:10].tolist() == [9, 0, 0, 3, 0, 2, 7, 2, 5, 5]  # as its authors show it


def test_a_folder_of_ones_own_with_idx_files_comes_before_debians(monkeypatch, tmp_path):
    arrays, folder = full_set(), tmp_path / "fashion-mnist"
    folder.mkdir()
    for key, name in full_sets.IDX_FILES.items():
        (folder / name).write_bytes(gzip.compress(idx_bytes(arrays[key]), compresslevel=0))
    monkeypatch.setenv("CNNLAB_DATA_DIR", str(tmp_path))
    images = load("fashion-mnist", "full")
    np.testing.assert_array_equal(images.x_train[..., 0], arrays["x_train"])
    np.testing.assert_array_equal(images.y_test, arrays["y_test"])


def test_a_folder_of_ones_own_may_hold_kerass_mnist_file(monkeypatch, tmp_path):
    arrays = full_set()
    (tmp_path / "mnist").mkdir()
    np.savez(tmp_path / "mnist" / "mnist.npz", **arrays)
    monkeypatch.setenv("CNNLAB_DATA_DIR", str(tmp_path))
    np.testing.assert_array_equal(load("mnist", "full").x_test[..., 0], arrays["x_test"])


def test_an_unfinished_folder_of_ones_own_is_an_error_and_nothing_else_is_used(monkeypatch, tmp_path):
    (tmp_path / "fashion-mnist").mkdir()
    monkeypatch.setenv("CNNLAB_DATA_DIR", str(tmp_path))
    with pytest.raises(DatasetUnavailable, match=r"train-images-idx3-ubyte\.gz cannot be read: No such file"):
        load("fashion-mnist", "full")


@pytest.mark.parametrize("dataset", DATASETS)
def test_without_a_network_the_sentence_says_what_was_tried_and_offers_the_sample(dataset, nothing_here):
    with pytest.raises(DatasetUnavailable) as caught:
        load(dataset, "full")
    sentence = str(caught.value)
    assert sentence.startswith(f"The full {DATASETS[dataset].title} is not on this machine")
    assert "https://" in sentence and "failed: ConnectionError" in sentence
    assert "Set 'Size of the data set' to sample" in sentence
    assert f"folder '{dataset}'" in sentence and "CNNLAB_DATA_DIR" in sentence


def test_the_sentence_names_the_folders_that_were_looked_in(nothing_here, monkeypatch, tmp_path):
    monkeypatch.setenv("CNNLAB_DATA_DIR", str(tmp_path / "mistyped"))
    with pytest.raises(DatasetUnavailable) as caught:
        load("fashion-mnist", "full")
    for folder in (tmp_path / "mistyped" / "fashion-mnist", tmp_path / "no-debian"):
        assert str(folder) in str(caught.value)


class Answer:
    """An HTTP response with this content."""

    def __init__(self, content: bytes) -> None:
        self.content = content
        self.headers = {"content-length": str(len(content))}

    def raise_for_status(self) -> None:
        pass

    def iter_content(self, chunk_size: int):
        return (self.content[start : start + chunk_size] for start in range(0, len(self.content), chunk_size))


def test_a_download_with_another_checksum_is_refused_and_not_kept(nothing_here, monkeypatch, tmp_path):
    monkeypatch.setattr(requests, "get", lambda *_args, **_kwargs: Answer(b"not the data set"))
    with pytest.raises(DatasetUnavailable, match="the downloaded file has the wrong checksum"):
        load("mnist", "full")
    assert not list(tmp_path.rglob("mnist.npz"))


@needs_debian
def test_a_download_reports_its_progress_and_is_made_once(nothing_here, monkeypatch):
    import pooch

    contents = {name: (DEBIAN / name).read_bytes() for name in full_sets.IDX_FILES.values()}
    downloads = tuple(
        full_sets.Download("https://example.org/", path.name, pooch.file_hash(path), path.stat().st_size)
        for path in sorted(DEBIAN.glob("*.gz"))
    )
    monkeypatch.setitem(full_sets.DOWNLOADS, "fashion-mnist", downloads)
    asked = []

    def get(url: str, **_kwargs) -> Answer:
        asked.append(url)
        return Answer(contents[url.rpartition("/")[2]])

    monkeypatch.setattr(requests, "get", get)
    shares: list[float] = []
    images = load("fashion-mnist", "full", shares.append)
    assert images.x_train.shape == (60_000, 28, 28, 1)
    assert shares == sorted(shares) and shares[0] < 0.1 and shares[-1] == 1.0 and len(shares) > 100
    assert load("fashion-mnist", "full") is images
    assert len(asked) == 4
