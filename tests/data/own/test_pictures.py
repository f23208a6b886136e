import numpy as np
import pytest
from PIL import Image

from cnnlab.data.own.archive import zip_files
from cnnlab.data.own.pictures import find_pictures
from cnnlab.errors import InputRefused
from tests.own_pictures import even, pets, saved, zipped


def found(files):
    return find_pictures(zip_files(zipped(files)))


def test_classes_numbers_sizes_and_colours_are_told_from_the_headers():
    files = {
        "10/a.png": even(size=(30, 20)),
        "10/b.png": even(7, mode="L"),
        "2/a.jpg": even(format="JPEG"),
        "2/b.gif": even(3, mode="L", format="GIF"),
        "2/c.bmp": even(format="BMP"),
        "2/d.webp": even(format="WEBP"),
    }
    contents = found(files)
    assert contents.classes == ("2", "10")
    assert contents.counts.tolist() == [4, 2]
    assert contents.sizes.tolist() == [[12, 10]] * 4 + [[30, 20], [12, 10]]
    assert contents.in_colour.tolist()[2:] == [True, True, True, False]
    assert [contents.names(number) for number in range(6)] == [*sorted(files)[2:], "10/a.png", "10/b.png"]
    assert (contents.unusable, contents.notes, contents.divided) == ((), (), False)


def test_every_picture_is_looked_up_by_its_own_number():
    contents = found(pets(3))
    for number, label in enumerate(contents.labels):
        red, _, blue = np.asarray(contents.picture(number, (12, 10)))[0, 0]
        assert (red > blue) == (contents.classes[label] == "cat")


def test_a_camera_that_was_turned_is_told_in_the_size():
    exif = Image.Exif()
    exif[0x0112] = 6
    contents = found({"a/1.jpg": saved(Image.new("RGB", (30, 20)), "JPEG", exif=exif), "b/1.png": even()})
    assert contents.sizes[0].tolist() == [20, 30]


@pytest.mark.parametrize(
    ("name", "content", "reason"),
    [
        ("cat/notes.txt", b"hello", "it is no picture in PNG, JPEG, WEBP, GIF or BMP"),
        ("cat/empty.png", b"", "the file is empty"),
        ("cat/cut.png", even()[:20], "it is no picture"),
        ("cat/scan.tiff", even(format="TIFF"), "it is no picture"),
        ("cat/more.zip", zipped({}).getvalue(), "an archive within the zip"),
        ("1.png", even(), "it lies in no folder of a class"),
    ],
)
def test_what_cannot_be_used_is_named_with_the_reason(name, content, reason):
    contents = found(pets() | {name: content})
    [unusable] = contents.unusable
    assert unusable.path == name and reason in unusable.reason
    assert contents.counts.tolist() == [8, 8]


def test_hidden_files_are_counted():
    contents = found(pets() | {"__MACOSX/cat/._1.png": b"x", "cat/.DS_Store": b"x"})
    assert contents.notes == ("Left out: 2 hidden files of the operating system.",)
    assert contents.unusable == ()


def test_folders_may_say_which_images_are_for_test():
    contents = found({f"{part}/{path}": x for part in ("train", "test") for path, x in pets(3).items()})
    assert contents.counts.tolist() == [6, 6] and contents.divided
    assert all(contents.names(n).startswith("test/") == contents.for_test[n] for n in range(12))
    assert contents.notes == ("Its folders say which images are for test.",)


@pytest.mark.parametrize(
    ("files", "sentence"),
    [
        ({}, "There is no picture in the folder of a class: choose a folder or zip with one folder"),
        ({"1.png": even()}, r"There is no picture.*1\.png \(it lies in no folder of a class\)"),
        ({"pets.zip": zipped({}).getvalue()}, r"There is no picture.*Not used: pets\.zip"),
        ({"cat/1.png": even()}, r"must have 2 to 100 classes, not 1 \('cat'\)"),
        ({f"{n}/1.png": even() for n in range(101)}, "must have 2 to 100 classes, not 101"),
        ({"Cat/1.png": even(), "cat/1.png": even()}, "Two classes differ in case only: 'Cat' and 'cat'"),
        (pets() | {"bird/1.png": b""}, r"The class 'bird' has no picture.*bird/1\.png \(the file is empty\)"),
        (pets() | {"cat/kitten/1.png": even()}, "there is 'cat/kitten'"),
    ],
)
def test_what_is_no_data_set_is_refused(files, sentence):
    with pytest.raises(InputRefused, match=sentence):
        found(files)


def test_ten_thousand_classes_are_refused():
    with pytest.raises(InputRefused, match="must have 2 to 100 classes, not 10,000"):
        found({f"{n}/1.png": EVEN for n in range(10_000)})


EVEN = even(size=(8, 8))
