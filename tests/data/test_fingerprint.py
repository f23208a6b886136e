import hashlib

import numpy as np
import pytest

from cnnlab.data.fingerprint import ARRAYS, fingerprint

IMAGES = {
    "x_train": np.arange(12, dtype=np.uint8).reshape(3, 2, 2, 1),
    "y_train": np.array([0, 1, 0]),
    "x_test": np.arange(8, dtype=np.uint8).reshape(2, 2, 2, 1),
    "y_test": np.array([1, 0]),
}


def test_the_fingerprint_is_the_hash_that_its_docstring_describes():
    expected = b"1:a3:\xc3\xa9b"
    for name, shape in (
        ("x_train", "(3, 2, 2, 1)"),
        ("y_train", "(3,)"),
        ("x_test", "(2, 2, 2, 1)"),
        ("y_test", "(2,)"),
    ):
        values = IMAGES[name]
        little = bytes(values) if name[0] == "x" else b"".join(int(y).to_bytes(8, "little") for y in values)
        expected += f"{name}{shape}".encode() + little
    assert fingerprint(("a", "éb"), IMAGES) == hashlib.sha256(expected).hexdigest()


def test_only_the_values_count():
    other = {name: np.asfortranarray(IMAGES[name]) for name in ARRAYS}
    other["y_train"] = IMAGES["y_train"].astype(">i4")
    assert fingerprint(("a", "b"), other) == fingerprint(("a", "b"), IMAGES)


@pytest.mark.parametrize("name", ARRAYS)
def test_each_array_counts(name):
    changed = {key: array.copy() for key, array in IMAGES.items()}
    changed[name].flat[0] += 1
    assert fingerprint(("a", "b"), changed) != fingerprint(("a", "b"), IMAGES)


def test_the_names_of_the_classes_count_and_where_they_end():
    assert len({fingerprint(classes, IMAGES) for classes in (("ab", "c"), ("a", "bc"), ("c", "ab"))}) == 3
