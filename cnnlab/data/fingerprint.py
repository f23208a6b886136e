"""A fingerprint of images and classes, by which a run tells what it was trained on.

It is the same on every platform, and the script that an export writes contains this function.
"""

import hashlib

import numpy as np

ARRAYS = ("x_train", "y_train", "x_test", "y_test")


def fingerprint(classes: tuple[str, ...], arrays: dict[str, np.ndarray]) -> str:
    """SHA-256 of the names of the classes and of four arrays: 64 hexadecimal digits.

    The names are hashed as UTF-8, each after its length in bytes. Of each array come its name, its shape and
    its values: x_train and x_test, (N, H, W, C), as bytes; y_train and y_test, (N,), as little-endian int64.
    """
    digest = hashlib.sha256()
    for name in classes:
        encoded = name.encode()
        digest.update(f"{len(encoded)}:".encode() + encoded)
    for name in ARRAYS:
        values = np.ascontiguousarray(arrays[name], np.uint8 if name.startswith("x") else "<i8")
        digest.update(f"{name}{values.shape}".encode())
        digest.update(values.data)
    return digest.hexdigest()
