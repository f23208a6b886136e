import unicodedata

import pytest

from cnnlab.data.own.files import OwnFile
from cnnlab.data.own.layout import layout
from cnnlab.errors import InputRefused


def files(*paths: str) -> list[OwnFile]:
    return [OwnFile(path, 1, lambda: b"x") for path in paths]


def classes(*paths: str) -> dict[str, str]:
    return {each.file.path: each.folder for each in layout(files(*paths)).placed}


@pytest.mark.parametrize("outer", ["", "pets/", "my data/pets/", "./", "pets\\"])
def test_the_class_is_the_folder_whatever_stands_around_all_of_them(outer):
    placed = layout(files(f"{outer}cat/1.png", f"{outer}cat/2.png", f"{outer}dog/1.png")).placed
    assert [each.folder for each in placed] == ["cat", "cat", "dog"]
    assert not any(each.for_test for each in placed)


@pytest.mark.parametrize("outer", ["", "pets/"])
def test_folders_train_and_test_say_what_is_for_test(outer):
    paths = [f"{outer}{part}/{kind}/1.png" for part in ("Train", "val", "test") for kind in ("cat", "dog")]
    placed = layout(files(*paths)).placed
    assert [(each.folder, each.for_test) for each in placed] == [
        ("cat", False),
        ("dog", False),
        ("cat", False),
        ("dog", False),
        ("cat", True),
        ("dog", True),
    ]


def test_classes_called_train_and_test_are_classes():
    assert classes("train/1.png", "test/1.png") == {"train/1.png": "train", "test/1.png": "test"}


def test_what_the_operating_system_adds_is_ignored():
    found = layout(
        files("__MACOSX/cat/._1.png", "cat/.DS_Store", "cat/Thumbs.db", ".git/x", "cat/1.png", "dog/1.png")
    )
    assert [each.file.path for each in found.placed] == ["cat/1.png", "dog/1.png"]
    assert (found.ignored, found.elsewhere) == (4, [])


def test_files_beside_the_folders_of_the_classes_are_named():
    found = layout(files("pets/README.txt", "pets/cat/1.png", "pets/dog/1.png", "top.png"))
    assert [file.path for file in found.elsewhere] == ["pets/README.txt", "top.png"]


def test_of_two_files_with_one_path_the_first_counts():
    found = layout(files("cat/1.png", "cat/./1.png", "dog/1.png"))
    assert [file.path for file in found.repeated] == ["cat/./1.png"]
    assert len(found.placed) == 2


def test_one_name_in_two_forms_of_unicode_is_one_class():
    composed, taken_apart = unicodedata.normalize("NFC", "Bär"), unicodedata.normalize("NFD", "Bär")
    assert composed != taken_apart
    placed = layout(files(f"{composed}/1.png", f"{taken_apart}/2.png", "Hund/1.png")).placed
    assert [each.folder for each in placed] == [composed, composed, "Hund"]


def test_folders_within_the_folder_of_a_class_are_refused():
    with pytest.raises(InputRefused, match=r"none in it, but there is 'cat/siamese': move its files up"):
        layout(files("cat/siamese/1.png", "dog/1.png"))


@pytest.mark.parametrize(
    "path", ["../cat/1.png", "/cat/1.png", "cat/../../1.png", "C:\\cat\\1.png", "\\\\a\\b"]
)
def test_names_that_lead_out_of_the_folder_are_refused(path):
    with pytest.raises(InputRefused, match="leads out of the folder"):
        layout(files(path, "dog/1.png"))


def test_nothing_is_an_empty_layout():
    assert layout([]) == ([], [], [], 0)
