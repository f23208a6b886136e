import tarfile

import numpy as np
import pytest

from cnnlab.data.cifar import TEST_FILE, TRAINING_FILES, read_cifar
from cnnlab.errors import DatasetUnavailable
from tests.dataset_files import cifar_files, write_archive

SHAPES = {"x_train": (10, 4, 3, 3), "y_train": (10,), "x_test": (3, 4, 3, 3), "y_test": (3,)}


def arrays() -> dict[str, np.ndarray]:
    """Random images and classes in these shapes."""
    generator = np.random.default_rng(0)
    return {name: generator.integers(0, 256, shape, dtype=np.uint8) for name, shape in SHAPES.items()}


def test_images_and_classes_are_read_in_the_order_of_the_files(tmp_path):
    """Whatever the order of the files in the archive, and whatever else is in it."""
    expected = arrays()
    shuffled = dict(reversed(cifar_files(expected).items())) | {"cifar-10-batches-bin/readme.html": b"hello"}
    read = read_cifar(write_archive(tmp_path / "a.tar.gz", shuffled), SHAPES)
    assert set(read) == set(expected)
    for name, array in expected.items():
        np.testing.assert_array_equal(read[name], array)
        assert read[name].dtype == np.uint8


def test_a_missing_file_is_named(tmp_path):
    content = cifar_files(arrays())
    del content[TRAINING_FILES[2]]
    with pytest.raises(DatasetUnavailable, match=r"it lacks cifar-10-batches-bin/data_batch_3\.bin"):
        read_cifar(write_archive(tmp_path / "a.tar.gz", content), SHAPES)


def test_a_file_of_another_length_is_refused(tmp_path):
    content = cifar_files(arrays())
    content[TEST_FILE] += b"\0"
    with pytest.raises(DatasetUnavailable, match="must be a file of 111 bytes, not 112"):
        read_cifar(write_archive(tmp_path / "a.tar.gz", content), SHAPES)


def test_a_link_in_place_of_a_file_is_refused(tmp_path):
    path = write_archive(tmp_path / "a.tar.gz", {})
    with tarfile.open(path, "w:gz") as archive:
        link = tarfile.TarInfo(TEST_FILE)
        link.type, link.linkname = tarfile.SYMTYPE, "/etc/hostname"
        archive.addfile(link)
    with pytest.raises(DatasetUnavailable, match="must be a file of 111 bytes"):
        read_cifar(path, SHAPES)


@pytest.mark.parametrize(
    "damage",
    [
        lambda data: b"",
        lambda data: data[:200],
        lambda data: data[: len(data) // 2],
        lambda data: b"x" + data[1:],
    ],
)
def test_a_damaged_archive_is_refused(tmp_path, damage):
    path = write_archive(tmp_path / "a.tar.gz", cifar_files(arrays()))
    path.write_bytes(damage(path.read_bytes()))
    with pytest.raises(DatasetUnavailable, match="cannot be read"):
        read_cifar(path, SHAPES)


def test_an_archive_that_is_not_there_is_a_sentence(tmp_path):
    with pytest.raises(DatasetUnavailable, match=r"missing\.tar\.gz cannot be read: No such file"):
        read_cifar(tmp_path / "missing.tar.gz", SHAPES)
