"""Files of data sets for the tests, in the formats that are read, and the full set of Debian's package."""

import io
import struct
import tarfile
from pathlib import Path

import numpy as np
import pytest

from cnnlab.data import full_sets
from cnnlab.data.cifar import TEST_FILE, TRAINING_FILES

DEBIAN = full_sets.DEBIAN_FOLDERS["fashion-mnist"]
needs_debian = pytest.mark.skipif(not DEBIAN.is_dir(), reason="needs Debian's package dataset-fashion-mnist")


def idx_bytes(array: np.ndarray, kind: int = 8) -> bytes:
    return struct.pack(f">HBB{array.ndim}I", 0, kind, array.ndim, *array.shape) + array.tobytes()


def full_set(seed: int = 0) -> dict[str, np.ndarray]:
    """Random pixels in the shapes of a full set."""
    generator = np.random.default_rng(seed)
    return {
        "x_train": generator.integers(0, 256, (60_000, 28, 28), dtype=np.uint8),
        "y_train": generator.integers(0, 10, 60_000, dtype=np.uint8),
        "x_test": generator.integers(0, 256, (10_000, 28, 28), dtype=np.uint8),
        "y_test": generator.integers(0, 10, 10_000, dtype=np.uint8),
    }


def records(images: np.ndarray, labels: np.ndarray) -> bytes:
    """As the authors describe it: the class, then all red, all green, all blue values, row by row."""
    return b"".join(
        bytes([label]) + image[..., 0].tobytes() + image[..., 1].tobytes() + image[..., 2].tobytes()
        for image, label in zip(images, labels, strict=True)
    )


def cifar_files(content: dict[str, np.ndarray]) -> dict[str, bytes]:
    """The content of each file of CIFAR's archive, a fifth of the training images in each."""
    parts = [np.split(content[name], len(TRAINING_FILES)) for name in ("x_train", "y_train")]
    training = {name: records(x, y) for name, x, y in zip(TRAINING_FILES, *parts, strict=True)}
    return training | {TEST_FILE: records(content["x_test"], content["y_test"])}


def write_archive(path: Path, content: dict[str, bytes]) -> Path:
    """A gzipped tar file with these files."""
    with tarfile.open(path, "w:gz") as archive:
        for name, data in content.items():
            member = tarfile.TarInfo(name)
            member.size = len(data)
            archive.addfile(member, io.BytesIO(data))
    return path
