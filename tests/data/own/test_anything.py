"""Whatever is brought becomes a data set or a sentence, and nothing else."""

import shutil
import tempfile
import zipfile
from io import BytesIO
from pathlib import Path

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays_of

from cnnlab.data.own.archive import zip_files
from cnnlab.data.own.arrays import find_arrays
from cnnlab.data.own.choices import Choices
from cnnlab.data.own.files import folder_files
from cnnlab.data.own.own_images import OwnImages
from cnnlab.data.own.pictures import find_pictures
from cnnlab.data.own.reading import read
from cnnlab.data.own.suggestion import suggested
from cnnlab.errors import UserError
from tests.own_pictures import even, labelled, npz, pets, zipped

CONTENTS = st.sampled_from(
    [even(), even(3, mode="L"), even(format="JPEG"), even()[:40], b"", b"text", even(format="GIF")]
)
FOLDERS = st.sampled_from(
    ["cat", "dog", "Cat", "train", "test", "__MACOSX", ".x", "..", "a b", "Bär", "10", ""]
)
NAMES = st.sampled_from(["1.png", "2.png", "3.jpg", ".DS_Store", "a.zip", "x"]) | st.text(max_size=6)
PATHS = st.builds(
    "/".join, st.tuples(FOLDERS, NAMES) | st.tuples(FOLDERS, FOLDERS, NAMES) | st.tuples(NAMES)
).filter(bool)
CHOICES = st.builds(
    Choices,
    height=st.integers(7, 30),
    width=st.integers(7, 30),
    channels=st.sampled_from([1, 3]),
    fit=st.sampled_from(["pad", "crop"]),
    others=st.sampled_from(["skip", "refuse"]),
    test_share=st.floats(0, 0.6),
    seed=st.integers(-1, 3),
)
WELL = st.sampled_from([{}, pets(6), {f"train/{path}": content for path, content in pets(6).items()}])


def outcome(find, source, choices) -> OwnImages | None:
    try:
        contents = find(source)
        suggested(contents)
        return read(contents, choices).images
    except UserError as error:
        assert str(error).endswith((".", "…"))
        return None


def pictures_of_zip(file):
    return find_pictures(zip_files(file))


@pytest.mark.filterwarnings("ignore")  # zipfile warns of names that are there twice
@settings(deadline=None, max_examples=150)
@given(WELL, st.dictionaries(PATHS, CONTENTS, max_size=12), CHOICES)
@example({}, {"\0": even()}, Choices(height=7, width=7, channels=1))
def test_any_zip_of_files_gives_a_data_set_or_a_sentence(well, files, choices):
    images = outcome(pictures_of_zip, zipped(well | files), choices)
    assert images is None or images.x_train.shape[1:] == (choices.height, choices.width, choices.channels)


@settings(deadline=None, max_examples=200)
@given(st.dictionaries(st.integers(0, 1500), st.integers(0, 255), max_size=5), st.integers(0, 3000), CHOICES)
def test_any_damaged_zip_gives_a_data_set_or_a_sentence(changes, end, choices):
    damaged = bytearray(WHOLE_ZIP[:end] if end < 2500 else WHOLE_ZIP)
    for place, byte in changes.items():
        damaged[place : place + 1] = bytes([byte])
    outcome(pictures_of_zip, BytesIO(bytes(damaged)), choices)


WHOLE_ZIP = zipped(pets(8)).getvalue()


@settings(deadline=None, max_examples=40)
@given(WELL, st.dictionaries(PATHS, CONTENTS, max_size=8), CHOICES)
def test_any_folder_gives_a_data_set_or_a_sentence(well, files, choices):
    folder = Path(tempfile.mkdtemp())
    try:
        for name, content in (well | files).items():
            path = folder / "inner" / name.strip("/").replace("\0", "")
            try:
                path.parent.mkdir(parents=True, exist_ok=True)
                path.write_bytes(content)
            except (OSError, UnicodeEncodeError):  # a name that this system cannot have
                continue
        outcome(lambda source: find_pictures(folder_files(source)), folder / "inner", choices)
    finally:
        shutil.rmtree(folder)


DTYPES = st.sampled_from(["u1", "i8", "f4", "f2", "?", "U2", "S3", "M8[s]", "c8", "u2"])
ARRAYS = arrays_of.arrays(DTYPES, arrays_of.array_shapes(min_dims=0, max_dims=4, min_side=0, max_side=9))


@pytest.mark.filterwarnings("ignore")  # NumPy warns of values that are no numbers
@settings(deadline=None, max_examples=150)
@given(
    st.dictionaries(st.sampled_from(["x_train", "y_train", "x_test", "y_test", "classes"]), ARRAYS), CHOICES
)
def test_any_npz_gives_a_data_set_or_a_sentence(changes, choices):
    outcome(find_arrays, npz(**{**labelled(shape=(5, 5)), **changes}), choices)


@settings(deadline=None, max_examples=200)
@given(st.dictionaries(st.integers(0, 2000), st.integers(0, 255), max_size=5), st.integers(0, 4000))
def test_any_damaged_npz_gives_a_data_set_or_a_sentence(changes, end):
    damaged = bytearray(WHOLE_NPZ[:end] if end < 3000 else WHOLE_NPZ)
    for place, byte in changes.items():
        damaged[place : place + 1] = bytes([byte])
    outcome(find_arrays, BytesIO(bytes(damaged)), Choices(8, 8))


WHOLE_NPZ = npz(**labelled(shape=(5, 5)), classes=np.array(["a", "b"])).getvalue()


def test_a_zip_that_is_changed_is_not_always_refused():
    """The drawn examples are worth something: the one that they begin with is a data set."""
    assert zipfile.is_zipfile(BytesIO(WHOLE_ZIP))
    assert outcome(pictures_of_zip, BytesIO(WHOLE_ZIP), Choices(8, 8)) is not None
    assert outcome(find_arrays, BytesIO(WHOLE_NPZ), Choices(8, 8)) is not None
