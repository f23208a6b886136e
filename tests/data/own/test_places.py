import pytest

from cnnlab.data.own.choices import Choices
from cnnlab.data.own.places import contents_of, data_folder, folders_to_choose
from cnnlab.data.own.reading import read
from cnnlab.errors import InputRefused
from tests.own_pictures import labelled, npz, pets, unfolded, zipped


def test_a_folder_a_zip_and_an_npz_are_told_apart(tmp_path):
    unfolded(pets(8), tmp_path / "pets.npz")  # a folder may be called so
    (tmp_path / "pets.zip").write_bytes(zipped(pets(8)).getvalue())
    (tmp_path / "noise.NPZ").write_bytes(npz(**labelled()).getvalue())
    for name, count in (("pets.npz", 16), ("pets.zip", 16), ("noise.NPZ", 24)):
        with contents_of(tmp_path / name) as contents:
            images = read(contents, Choices(8, 8)).images
        assert len(images.x_train) + len(images.x_test) == count


@pytest.mark.parametrize("name", ["nowhere", "a\0b", "x" * 5000])
def test_what_is_not_there_is_refused(tmp_path, name):
    place = contents_of(tmp_path / name)
    with pytest.raises(InputRefused, match=r"cannot be opened: .*must be a folder, a zip or an \.npz"), place:
        pytest.fail("it was opened")


def test_folders_of_the_data_folder_are_offered_without_those_of_built_in_sets(tmp_path, monkeypatch):
    monkeypatch.delenv("CNNLAB_DATA_DIR", raising=False)
    assert (data_folder(), folders_to_choose(())) == (None, [])
    monkeypatch.setenv("CNNLAB_DATA_DIR", str(tmp_path))
    for name in ("mnist", "10 kinds", "9 kinds", ".hidden"):
        (tmp_path / name).mkdir()
    (tmp_path / "file.zip").write_bytes(b"")
    assert data_folder() == tmp_path
    assert folders_to_choose(("mnist",)) == ["9 kinds", "10 kinds"]


@pytest.mark.parametrize("configured", ["", "/nowhere", "x" * 5000, "~nobody-of-this-name/x"])
def test_a_data_folder_that_is_none_offers_nothing(configured, monkeypatch):
    monkeypatch.setenv("CNNLAB_DATA_DIR", configured)
    assert folders_to_choose(()) == []


def test_a_data_folder_that_cannot_be_listed_is_refused(tmp_path, monkeypatch):
    def denied(_):
        raise PermissionError(13, "Permission denied")

    monkeypatch.setenv("CNNLAB_DATA_DIR", str(tmp_path))
    monkeypatch.setattr("pathlib.Path.iterdir", denied)
    with pytest.raises(InputRefused, match="cannot be read: Permission denied"):
        folders_to_choose(())
