"""Readers of the two file formats: IDX, as MNIST's authors publish it, and NumPy's `.npz`.

Callers state the shapes that they expect; a file that differs is refused with a sentence that says how.
"""

import gzip
import io
import lzma
import struct
import tokenize
import zipfile
import zlib
from math import prod
from pathlib import Path

import numpy as np

from cnnlab.errors import DatasetUnavailable

IDX_FILES = {
    "x_train": "train-images-idx3-ubyte.gz",
    "y_train": "train-labels-idx1-ubyte.gz",
    "x_test": "t10k-images-idx3-ubyte.gz",
    "y_test": "t10k-labels-idx1-ubyte.gz",
}

# Everything that NumPy and `zipfile` raise for a damaged `.npz` file.
DAMAGED_NPZ = (OSError, EOFError, ValueError, KeyError, RuntimeError, OverflowError, MemoryError)
DAMAGED_NPZ += (zlib.error, lzma.LZMAError, struct.error, zipfile.BadZipFile)
DAMAGED_NPZ += (SyntaxError, tokenize.TokenError)  # of an array's header, which is a Python literal

Shapes = dict[str, tuple[int, ...]]


def read_idx_folder(folder: Path, shapes: Shapes) -> dict[str, np.ndarray]:
    """The arrays of the four files of `IDX_FILES`, uint8 in these shapes. Raises as `read_idx` does."""
    return {key: read_idx(folder / name, shapes[key]) for key, name in IDX_FILES.items()}


def read_idx(path: Path, shape: tuple[int, ...]) -> np.ndarray:
    """A gzipped IDX file of bytes as a uint8 array of this shape.

    The header is two zero bytes, the type (8: unsigned bytes), the number of dimensions, then each
    dimension as a big-endian 32-bit number. Raises `DatasetUnavailable` where header or length differ,
    or the file is missing or damaged.
    """
    expected = struct.pack(f">HBB{len(shape)}I", 0, 8, len(shape), *shape)
    try:
        with gzip.open(path) as file:
            header = file.read(len(expected))
            content = file.read(prod(shape) + 1)  # one more than wanted, to notice a longer file
    except (OSError, EOFError, zlib.error) as error:
        raise DatasetUnavailable(_unreadable(path, error)) from error
    if header != expected:
        raise DatasetUnavailable(
            f"{path} must be an IDX file of {_shown(shape)} bytes: its header must be "
            f"{expected.hex(' ', 4)}, not {header.hex(' ', 4) or 'empty'}."
        )
    if len(content) != prod(shape):
        raise DatasetUnavailable(f"{path} must hold exactly {prod(shape):,} bytes after its header.")
    return np.frombuffer(content, np.uint8).reshape(shape)


def read_npz(path: Path, shapes: Shapes) -> dict[str, np.ndarray]:
    """The named arrays of an `.npz` file, which must be uint8 and have these shapes.

    Pickled objects are never loaded. Raises `DatasetUnavailable` where an array is missing or different, or
    the file is missing or damaged.
    """
    try:
        with path.open("rb") as opened, np.load(opened, allow_pickle=False) as file:
            missing = [name for name in shapes if name not in file]
            arrays = {name: file[name] for name in shapes if name in file}
    except DAMAGED_NPZ as error:
        raise DatasetUnavailable(_unreadable(path, error)) from error
    if missing:
        raise DatasetUnavailable(f"{path} must hold {', '.join(shapes)}: it lacks {', '.join(missing)}.")
    for name, shape in shapes.items():
        array = arrays[name]
        if array.dtype != np.uint8 or array.shape != shape:
            raise DatasetUnavailable(
                f"{name} in {path} must be {_shown(shape)} uint8, not {_shown(array.shape)} {array.dtype}."
            )
    return arrays


def npz_content(arrays: dict[str, np.ndarray]) -> bytes:
    """Arrays as the content of an `.npz` file, compressed; the same arrays give the same bytes.

    Raises `ValueError` for arrays of objects.
    """
    buffer = io.BytesIO()
    np.savez_compressed(buffer, allow_pickle=False, **arrays)
    return buffer.getvalue()


def _unreadable(path: Path, error: Exception) -> str:
    return f"{path} cannot be read: {getattr(error, 'strerror', None) or error}."


def _shown(shape: tuple[int, ...]) -> str:
    return "×".join(map(str, shape))
