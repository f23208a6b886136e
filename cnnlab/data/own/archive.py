"""The files in a zip, each unpacked into memory when it is read; nothing is written to the disk.

Before anything is unpacked the zip's directory is held to bounds: the number of files, the bytes of each
and of all, and how many times larger than the zip they are. A zip within the zip stays packed.
"""

import lzma
import stat
import struct
import zipfile
import zlib
from typing import IO

from cnnlab.data.own.choices import FILES
from cnnlab.data.own.files import OwnFile, check_number, size_problem
from cnnlab.data.picture_files import Unreadable
from cnnlab.errors import InputRefused

MOST_UNPACKED = 10_000_000_000  # bytes of all files, which are unpacked one at a time
MOST_RATIO = 100  # unpacked to packed; files of pictures are packed already
SMALL = 50_000_000  # bytes: what unpacks to no more may be packed as tightly as it likes
ARCHIVES = (".zip", ".gz", ".tar", ".tgz", ".7z", ".rar", ".xz", ".bz2")

ENCRYPTED = 0x1  # a bit of a member's flags
DIRECTORY_ENTRY = b"PK\x01\x02"  # begins each entry of a zip's directory
CHUNK = 2**20  # bytes

# Everything that `zipfile` raises for a damaged file, or one packed in a way that it does not know.
DAMAGED_ZIP = (zipfile.BadZipFile, OSError, EOFError, ValueError, RuntimeError, NotImplementedError)
DAMAGED_ZIP += (LookupError, OverflowError, MemoryError, struct.error, zlib.error, lzma.LZMAError)


def zip_files(file: IO[bytes]) -> list[OwnFile]:
    """The files in an open zip, by name; it must stay open for as long as they are read.

    Links, encrypted files and archives within the zip have a `problem`. Raises `InputRefused` for what is no
    zip, is damaged, or exceeds the bounds.
    """
    try:
        _check_directory(file)
        archive = zipfile.ZipFile(file)
    except DAMAGED_ZIP as error:
        raise InputRefused(f"This is no zip, or a damaged one: choose another under '{FILES}'.") from error
    members = [member for member in archive.infolist() if not member.filename.endswith("/")]
    check_number(len(members))
    _check_bytes(members)
    return [_file(archive, member) for member in sorted(members, key=lambda member: member.filename)]


def _check_directory(file: IO[bytes]) -> None:
    """Counts the entries of a zip's directory, never too few, before `zipfile` holds them all in memory."""
    file.seek(0)
    number, before = 0, b""
    while chunk := file.read(CHUNK):
        number += (before + chunk).count(DIRECTORY_ENTRY)
        before = chunk[1 - len(DIRECTORY_ENTRY) :]
    check_number(number // 2)  # there are folders among them
    file.seek(0)


def _check_bytes(members: list[zipfile.ZipInfo]) -> None:
    unpacked = sum(member.file_size for member in members)
    packed = sum(member.compress_size for member in members)
    if unpacked > MOST_UNPACKED:
        raise InputRefused(
            f"A zip may hold {MOST_UNPACKED / 1e9:,.0f} GB when unpacked, this one states "
            f"{unpacked / 1e9:,.1f} GB: bring fewer or smaller pictures under '{FILES}'."
        )
    if unpacked > SMALL and unpacked > MOST_RATIO * packed:
        raise InputRefused(
            f"This zip would become more than {MOST_RATIO} times larger when unpacked, as pictures never do: "
            f"choose another under '{FILES}'."
        )


def _file(archive: zipfile.ZipFile, member: zipfile.ZipInfo) -> OwnFile:
    def read() -> bytes:
        try:
            return archive.read(member)
        except DAMAGED_ZIP as error:
            raise Unreadable("damaged", "it cannot be unpacked") from error

    return OwnFile(member.filename, member.file_size, read, _problem(member))


def _problem(member: zipfile.ZipInfo) -> str:
    if stat.S_ISLNK(member.external_attr >> 16):
        return "it is a symbolic link, which is not followed"
    if member.flag_bits & ENCRYPTED:
        return "it is encrypted"
    if member.filename.lower().endswith(ARCHIVES):
        return "it is an archive within the zip, which is not unpacked"
    return size_problem(member.file_size)
