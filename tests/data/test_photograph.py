"""The photograph that travels along."""

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from cnnlab.data import photograph as module
from cnnlab.data.photograph import FILE, SIDE, photograph
from cnnlab.errors import DatasetUnavailable

README = (FILE.parent / "README.md").read_text("utf-8")


def test_the_photograph_is_large_and_grey_and_runs_from_nearly_black_to_white():
    image = photograph()
    assert image.shape == (SIDE, SIDE, 1) and SIDE >= 256
    assert image.dtype == np.float32
    assert 0 <= image.min() < 0.05 and 0.95 < image.max() <= 1


def test_each_pixel_is_its_byte_divided_by_255():
    with Image.open(FILE) as file:
        np.testing.assert_array_equal(photograph()[..., 0] * np.float32(255), np.asarray(file))


def test_it_is_read_once_and_nobody_can_change_it():
    image = photograph()
    assert photograph() is image
    with pytest.raises(ValueError, match="read-only"):
        image[0] = 0


def test_its_author_and_its_licence_are_named_where_those_of_the_data_sets_are():
    for text in (README, module.__doc__):
        assert FILE.name in text and "Lav Varshney" in text and "CC0" in text


@pytest.fixture
def picture(tmp_path: Path) -> Path:
    """A file in the place of the photograph."""
    return tmp_path / "photograph.png"


def test_a_missing_or_damaged_file_is_refused(picture, monkeypatch):
    monkeypatch.setattr(module, "FILE", picture)
    with pytest.raises(DatasetUnavailable, match="No such file"):
        photograph()
    picture.write_bytes(FILE.read_bytes()[:5000])
    with pytest.raises(DatasetUnavailable, match="cannot be read"):
        photograph()


@pytest.mark.parametrize(("mode", "size"), [("RGB", (SIDE, SIDE)), ("L", (SIDE, SIDE - 1))])
def test_another_picture_is_refused(mode, size, picture, monkeypatch):
    monkeypatch.setattr(module, "FILE", picture)
    Image.new(mode, size).save(picture)
    with pytest.raises(DatasetUnavailable, match=f"must be {SIDE}×{SIDE}"):
        photograph()
