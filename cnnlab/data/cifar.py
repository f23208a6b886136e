"""Reads CIFAR-10 in its binary version, from the archive that its authors publish, without unpacking it.

The format (https://www.cs.toronto.edu/~kriz/cifar.html): five files of training images and one of test
images, each a sequence of records: one byte for the class, then the image's red, green and blue values, row
by row.
"""

import tarfile
import zlib
from pathlib import Path
from typing import IO

import numpy as np

from cnnlab.data.formats import Shapes
from cnnlab.errors import DatasetUnavailable

ARCHIVE = "cifar-10-binary.tar.gz"
_FOLDER = "cifar-10-batches-bin"
TRAINING_FILES = tuple(f"{_FOLDER}/data_batch_{number}.bin" for number in range(1, 6))
TEST_FILE = f"{_FOLDER}/test_batch.bin"


def read_cifar(path: Path, shapes: Shapes) -> dict[str, np.ndarray]:
    """The arrays x_train, y_train, x_test and y_test of the archive, uint8 in these shapes.

    `shapes`: (N, H, W, 3) for the images; each of the five files holds a fifth of the training images. Raises
    `DatasetUnavailable` where a file is missing or has another length, or the archive is missing or damaged.
    """
    train, *image_shape = shapes["x_train"]
    records = dict.fromkeys(TRAINING_FILES, train // len(TRAINING_FILES)) | {TEST_FILE: shapes["x_test"][0]}
    parts = _parts(path, records, tuple(image_shape))
    missing = [name for name in records if name not in parts]
    if missing:
        raise DatasetUnavailable(f"{path} must hold {', '.join(records)}: it lacks {', '.join(missing)}.")
    x_train, y_train = (
        np.concatenate(arrays) for arrays in zip(*map(parts.get, TRAINING_FILES), strict=True)
    )
    x_test, y_test = parts[TEST_FILE]
    return {"x_train": x_train, "y_train": y_train, "x_test": x_test, "y_test": y_test}


def _parts(
    path: Path, records: dict[str, int], image_shape: tuple[int, ...]
) -> dict[str, tuple[np.ndarray, np.ndarray]]:
    """File name → its images and classes, of those files of `records` that the archive holds."""
    length = 1 + int(np.prod(image_shape))  # bytes of a record
    parts = {}
    try:
        with tarfile.open(path, "r:gz") as archive:
            for member in archive:
                if member.name not in records:
                    continue
                expected = records[member.name] * length
                if member.size != expected or (file := archive.extractfile(member)) is None:
                    raise DatasetUnavailable(
                        f"{member.name} in {path} must be a file of {expected:,} bytes, not {member.size:,}."
                    )
                parts[member.name] = _split_records(file, length, image_shape)
    except (OSError, EOFError, zlib.error, tarfile.TarError) as error:
        reason = getattr(error, "strerror", None) or error
        raise DatasetUnavailable(f"{path} cannot be read: {reason}.") from error
    return parts


def _split_records(
    file: IO[bytes], length: int, image_shape: tuple[int, ...]
) -> tuple[np.ndarray, np.ndarray]:
    """Images, (n, H, W, 3), and classes, (n,), of a file of records of `length` bytes."""
    height, width, channels = image_shape
    records = np.frombuffer(file.read(), np.uint8).reshape(-1, length)
    planes = records[:, 1:].reshape(-1, channels, height, width)
    return planes.transpose(0, 2, 3, 1), records[:, 0]
