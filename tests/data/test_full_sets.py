import gzip
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import requests

from cnnlab.data import full_sets
from cnnlab.data.catalogue import Images
from cnnlab.data.cifar import ARCHIVE
from cnnlab.data.registry import BUILT_IN, DATASETS, load
from cnnlab.errors import DatasetUnavailable
from tests.dataset_files import DEBIAN, cifar_files, full_set, idx_bytes, needs_debian, write_archive


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


@pytest.mark.parametrize("dataset", full_sets.DOWNLOADS)
def test_without_a_network_the_sentence_says_what_was_tried_and_offers_the_sample(dataset, nothing_here):
    with pytest.raises(DatasetUnavailable) as caught:
        load(dataset, "full")
    sentence = str(caught.value)
    assert sentence.startswith(f"The full {DATASETS[dataset].title} is not on this machine")
    assert "https://" in sentence and "failed: ConnectionError" in sentence
    has_sample = "sample" in DATASETS[dataset].sources
    advice = "Set 'Size of the data set' to sample" if has_sample else "Choose another 'Data set'"
    assert f"{advice}, which needs no download, or put" in sentence
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


@pytest.fixture
def archive(monkeypatch, tmp_path) -> tuple[Path, dict[str, np.ndarray]]:
    """A CIFAR-10 of few images, in the format of its authors, and its arrays."""
    generator = np.random.default_rng(0)
    shapes = {"x_train": (50, 32, 32, 3), "y_train": (50,), "x_test": (20, 32, 32, 3), "y_test": (20,)}
    arrays = {
        name: generator.integers(0, 256 if name.startswith("x") else 10, shape, dtype=np.uint8)
        for name, shape in shapes.items()
    }
    info = replace(DATASETS["cifar-10"], train_images={"full": 50}, test_images={"full": 20})
    monkeypatch.setitem(BUILT_IN, "cifar-10", info)
    return write_archive(tmp_path / ARCHIVE, cifar_files(arrays)), arrays


def assert_read(images: Images, arrays: dict[str, np.ndarray]) -> None:
    for name, array in vars(images).items():
        np.testing.assert_array_equal(array, arrays[name])
    assert (images.x_train.dtype, images.y_train.dtype) == (np.uint8, np.int64)


def test_cifar_is_read_from_a_folder_of_ones_own(archive, monkeypatch, tmp_path):
    path, arrays = archive
    (tmp_path / "data" / "cifar-10").mkdir(parents=True)
    path.rename(tmp_path / "data" / "cifar-10" / ARCHIVE)
    monkeypatch.setenv("CNNLAB_DATA_DIR", str(tmp_path / "data"))
    assert_read(load("cifar-10", "full"), arrays)


def test_cifar_is_downloaded_once_and_checked(archive, nothing_here, monkeypatch):
    import pooch

    path, arrays = archive
    asked = []

    def get(url: str, **_kwargs) -> Answer:
        asked.append(url)
        return Answer(path.read_bytes())

    monkeypatch.setattr(requests, "get", get)
    with pytest.raises(DatasetUnavailable, match="the downloaded file has the wrong checksum"):
        load("cifar-10", "full")
    download = replace(
        full_sets.DOWNLOADS["cifar-10"][0], sha256=pooch.file_hash(path), size=path.stat().st_size
    )
    monkeypatch.setitem(full_sets.DOWNLOADS, "cifar-10", (download,))
    shares: list[float] = []
    assert_read(load("cifar-10", "full", shares.append), arrays)
    assert shares == sorted(shares) and shares[-1] == 1.0
    load("cifar-10", "full")
    assert asked == ["https://www.cs.toronto.edu/~kriz/cifar-10-binary.tar.gz"] * 2


def test_a_folder_without_cifars_archive_is_an_error(monkeypatch, tmp_path):
    (tmp_path / "cifar-10").mkdir()
    monkeypatch.setenv("CNNLAB_DATA_DIR", str(tmp_path))
    with pytest.raises(DatasetUnavailable, match=r"cifar-10-binary\.tar\.gz cannot be read: No such file"):
        load("cifar-10", "full")
