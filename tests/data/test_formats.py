import gzip
from pathlib import Path

import numpy as np
import pytest

from cnnlab.data.formats import read_idx, read_npz
from cnnlab.errors import DatasetUnavailable
from tests.dataset_files import idx_bytes


def write_idx(path: Path, content: bytes) -> Path:
    path.write_bytes(gzip.compress(content))
    return path


def test_an_idx_file_is_read_as_its_bytes_say(tmp_path):
    content = bytes.fromhex("00000803 00000002 00000002 00000003") + bytes(range(12))
    path = write_idx(tmp_path / "images.gz", content)
    assert read_idx(path, (2, 2, 3)).tolist() == [[[0, 1, 2], [3, 4, 5]], [[6, 7, 8], [9, 10, 11]]]


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (idx_bytes(np.zeros((3, 2), np.uint8)), "header must be"),  # another shape
        (idx_bytes(np.zeros((2, 2), np.uint8), kind=13), "header must be"),  # numbers of another type
        (idx_bytes(np.zeros((2, 2), np.uint8))[:-1], "exactly 4 bytes"),
        (idx_bytes(np.zeros((2, 2), np.uint8)) + b"\0", "exactly 4 bytes"),
        (b"", "not empty"),
    ],
)
def test_an_idx_file_with_another_header_or_length_is_refused(tmp_path, content, reason):
    path = write_idx(tmp_path / "images.gz", content)
    with pytest.raises(DatasetUnavailable, match=reason):
        read_idx(path, (2, 2))


@pytest.mark.parametrize("damage", [lambda data: data[: len(data) // 2], lambda data: b"x" + data[1:]])
def test_a_damaged_gzip_file_is_refused(tmp_path, damage):
    path = tmp_path / "images.gz"
    path.write_bytes(damage(gzip.compress(idx_bytes(np.arange(100, dtype=np.uint8).reshape(10, 10)))))
    with pytest.raises(DatasetUnavailable, match="cannot be read"):
        read_idx(path, (10, 10))


@pytest.mark.parametrize(
    ("arrays", "reason"),
    [
        ({"y": np.zeros(3, np.uint8)}, "lacks x"),
        ({"x": np.zeros(3), "y": np.zeros(3, np.uint8)}, "must be 3 uint8, not 3 float64"),
        ({"x": np.zeros((3, 1), np.uint8), "y": np.zeros(3, np.uint8)}, "must be 3 uint8, not 3×1 uint8"),
        ({"x": np.array([{}], object), "y": np.zeros(3, np.uint8)}, "cannot be read"),  # would unpickle
    ],
)
def test_an_npz_file_with_other_arrays_is_refused(tmp_path, arrays, reason):
    np.savez(tmp_path / "set.npz", **arrays)
    with pytest.raises(DatasetUnavailable, match=reason):
        read_npz(tmp_path / "set.npz", {"x": (3,), "y": (3,)})


def test_a_file_that_is_no_npz_is_refused(tmp_path):
    (tmp_path / "set.npz").write_bytes(b"<html>not found</html>")
    with pytest.raises(DatasetUnavailable, match="cannot be read"):
        read_npz(tmp_path / "set.npz", {"x": (3,)})
