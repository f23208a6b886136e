"""What an `.npz` file says of its arrays, read without unpacking them; pickled objects are never loaded.

An `.npz` is a zip with a file in NumPy's format for each array: a header with dtype and shape, then the
bytes. https://numpy.org/doc/stable/reference/generated/numpy.lib.format.html
"""

import tokenize
import zipfile
from io import BytesIO
from math import prod
from typing import NamedTuple

import numpy as np
from numpy.lib import format as npy

MOST_MEMBERS = 100
MOST_HEADER = 10_000  # bytes, NumPy's own bound


class Header(NamedTuple):
    """One array of an `.npz` file, not read yet."""

    member: str
    """Its name in the zip."""
    shape: tuple[int, ...]
    dtype: np.dtype
    unpacked: int
    """Bytes of the member when unpacked, as the zip states them; no more are ever read."""

    @property
    def nbytes(self) -> int:
        """Bytes of the array, as its header states them."""
        return prod(self.shape) * self.dtype.itemsize

    def read(self, file: zipfile.ZipFile) -> np.ndarray:
        """The array. Raises `ValueError` where it is pickled, or other than its header says."""
        if self.dtype.hasobject or self.unpacked < self.nbytes:
            raise ValueError(f"{self.member} holds objects, or less than its header says")
        with file.open(self.member) as member:
            return npy.read_array(member, allow_pickle=False)


def read_headers(file: zipfile.ZipFile) -> dict[str, Header]:
    """Name → header of every array in an open zip; other members are left out.

    Raises `ValueError` for too many members or a header that is damaged, and as `zipfile` does.
    """
    members = file.infolist()
    if len(members) > MOST_MEMBERS:
        raise ValueError(f"it holds {len(members):,} arrays, and may hold {MOST_MEMBERS}")
    return {
        member.filename.removesuffix(".npy"): _header(file, member)
        for member in members
        if member.filename.endswith(".npy")
    }


def _header(file: zipfile.ZipFile, member: zipfile.ZipInfo) -> Header:
    with file.open(member) as packed:
        content = BytesIO(packed.read(MOST_HEADER))  # no more, whatever length the header states
    version = npy.read_magic(content)
    read = npy.read_array_header_1_0 if version == (1, 0) else npy.read_array_header_2_0
    try:
        shape, _, dtype = read(content, max_header_size=MOST_HEADER)
    except (SyntaxError, tokenize.TokenError, TypeError, AttributeError) as error:  # of a damaged header
        raise ValueError(f"the header of {member.filename} cannot be read") from error
    if any(length < 0 for length in shape):
        raise ValueError(f"{member.filename} states the shape {shape}")
    return Header(member.filename, shape, dtype, member.file_size)
