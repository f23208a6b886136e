import os
from types import SimpleNamespace

import pytest

from cnnlab.data.own import files
from cnnlab.data.own.files import folder_files, uploaded_files
from cnnlab.data.picture_files import Unreadable
from cnnlab.errors import InputRefused
from tests.own_pictures import pets, unfolded


def test_a_folder_is_read_with_all_below_it(tmp_path):
    content = pets(2)
    found = folder_files(unfolded(content, tmp_path))
    assert {file.path: file.read() for file in found} == content
    assert [file.path for file in found] == sorted(content)


def test_links_are_named_and_not_followed(tmp_path):
    unfolded(pets(1), tmp_path)
    (tmp_path / "cat" / "link.png").symlink_to("/etc/passwd")
    (tmp_path / "cats").symlink_to(tmp_path / "cat")
    (tmp_path / "loop").symlink_to(tmp_path)
    problems = {file.path: file.problem for file in folder_files(tmp_path) if file.problem}
    assert set(problems) == {"cat/link.png", "cats", "loop"}
    assert set(problems.values()) == {"it is a symbolic link, which is not followed"}


def test_what_is_no_file_is_not_read(tmp_path):
    os.mkfifo(tmp_path / "pipe")
    assert [file.problem for file in folder_files(tmp_path)] == ["it is no ordinary file"]


def test_a_file_that_is_gone_is_told_when_it_is_read(tmp_path):
    [file] = folder_files(unfolded({"cat/1.png": b"x"}, tmp_path))
    (tmp_path / "cat" / "1.png").unlink()
    with pytest.raises(Unreadable, match=r"cannot be read \(No such file or directory\)"):
        file.read()


def test_a_name_that_is_no_text_can_be_shown(tmp_path):
    (tmp_path / os.fsdecode(b"caf\xe9.png")).write_bytes(b"x")
    [file] = folder_files(tmp_path)
    assert file.path == "caf\N{REPLACEMENT CHARACTER}.png" and file.read() == b"x"


@pytest.mark.parametrize("name", ["nowhere", "a\0b", "x" * 5000])
def test_a_folder_that_is_none_is_refused(tmp_path, name):
    with pytest.raises(InputRefused, match="folder"):
        folder_files(tmp_path / name)


def test_too_many_files_are_refused(tmp_path, monkeypatch):
    monkeypatch.setattr(files, "MOST_FILES", 3)
    with pytest.raises(InputRefused, match="may have 3 files, these are more"):
        folder_files(unfolded(pets(2), tmp_path))
    with pytest.raises(InputRefused, match="may have 3 files"):
        uploaded_files([SimpleNamespace(name="a", size=1, getvalue=bytes)] * 4)


def test_uploaded_files_are_read_from_memory():
    [file] = uploaded_files([SimpleNamespace(name="pets/cat/1.png", size=2, getvalue=lambda: b"ab")])
    assert (file.path, file.size, file.read(), file.problem) == ("pets/cat/1.png", 2, b"ab", "")
