"""Files of data sets for the tests, in the formats that are read, and the full set of Debian's package."""

import struct

import numpy as np
import pytest

from cnnlab.data import full_sets

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
