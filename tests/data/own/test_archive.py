import struct
import zipfile
from io import BytesIO

import pytest

from cnnlab.data.own import archive, files
from cnnlab.data.own.archive import zip_files
from cnnlab.data.picture_files import Unreadable
from cnnlab.errors import InputRefused
from tests.own_pictures import pets, zipped


def member(name: str, mode: int = 0) -> zipfile.ZipInfo:
    info = zipfile.ZipInfo(name)
    info.external_attr = mode << 16
    return info


def test_the_files_of_a_zip_are_read_one_by_one():
    content = pets(2)
    found = zip_files(zipped({"cat/": b"", **content}))
    assert {file.path: file.read() for file in found} == content
    assert [file.path for file in found] == sorted(content)
    assert not any(file.problem for file in found)


@pytest.mark.parametrize(
    "content", [b"", b"no zip", b"PK\x03\x04 and nonsense", zipped(pets(2)).getvalue()[:-30]]
)
def test_what_is_no_zip_is_refused(content):
    with pytest.raises(
        InputRefused, match="This is no zip, or a damaged one: choose another under 'Your images'"
    ):
        zip_files(BytesIO(content))


def test_a_member_that_is_damaged_is_told_when_it_is_read():
    content = bytearray(zipped({"cat/1.png": bytes(range(256))}).getvalue())
    content[60:64] = b"\0\0\0\0"
    [file] = zip_files(BytesIO(bytes(content)))
    with pytest.raises(Unreadable, match="cannot be unpacked"):
        file.read()


def test_links_encrypted_files_and_archives_are_not_read():
    buffer = BytesIO()
    with zipfile.ZipFile(buffer, "w") as made:
        made.writestr(member("cat/link.png", 0o120777), "/etc/passwd")
        made.writestr("cat/more.zip", zipped(pets(1)).getvalue())
        made.writestr("cat/secret.png", b"x")
    content = buffer.getvalue()
    entry = content.rindex(b"PK\x01\x02")  # of the last member
    flagged = content[: entry + 8] + struct.pack("<H", 1) + content[entry + 10 :]
    problems = {file.path: file.problem for file in zip_files(BytesIO(flagged))}
    assert problems == {
        "cat/link.png": "it is a symbolic link, which is not followed",
        "cat/more.zip": "it is an archive within the zip, which is not unpacked",
        "cat/secret.png": "it is encrypted",
    }


def test_a_zip_that_unpacks_to_far_more_is_refused_before_it_is_unpacked(monkeypatch):
    monkeypatch.setattr(zipfile.ZipFile, "read", lambda *_: pytest.fail("it was unpacked"))
    with pytest.raises(InputRefused, match="more than 100 times larger when unpacked"):
        zip_files(zipped({"cat/1.bmp": bytes(60_000_000)}))


def test_small_files_may_be_packed_tightly():
    assert len(zip_files(zipped({"cat/1.bmp": bytes(1_000_000)}))) == 1


def test_a_zip_that_states_too_many_bytes_is_refused(monkeypatch):
    monkeypatch.setattr(archive, "MOST_UNPACKED", 1000)
    with pytest.raises(InputRefused, match="when unpacked, this one states"):
        zip_files(zipped({"cat/1.png": bytes(1001)}))


def test_too_many_files_are_refused_before_the_directory_is_read(monkeypatch):
    monkeypatch.setattr(files, "MOST_FILES", 10)
    monkeypatch.setattr(zipfile, "ZipFile", lambda _: pytest.fail("the directory was read"))
    with pytest.raises(InputRefused, match="may have 10 files"):
        zip_files(ZIP_OF_22)


ZIP_OF_22 = zipped({f"cat/{n}.png": b"" for n in range(22)})


def test_too_many_files_are_refused_where_there_are_no_folders(monkeypatch):
    monkeypatch.setattr(files, "MOST_FILES", 21)
    with pytest.raises(InputRefused, match="may have 21 files"):
        zip_files(ZIP_OF_22)


def test_a_file_that_is_too_large_is_not_read(monkeypatch):
    monkeypatch.setattr(files, "MOST_FILE_BYTES", 2_000_000)
    [file] = zip_files(zipped({"cat/1.bmp": bytes(2_000_001)}))
    assert file.problem == "it has more than 2 MB"
