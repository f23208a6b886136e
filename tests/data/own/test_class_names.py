import unicodedata

import pytest

from cnnlab.data.own.class_names import checked, in_order
from cnnlab.errors import InputRefused


def test_numbers_are_sorted_by_their_value_and_words_without_regard_to_case():
    assert in_order(["10", "2", "b", "A", "a 10", "a 9"]) == ["2", "10", "A", "a 9", "a 10", "b"]


def test_names_are_brought_into_one_form():
    assert checked([unicodedata.normalize("NFD", "Bär"), " dog "]) == (
        unicodedata.normalize("NFC", "Bär"),
        "dog",
    )


@pytest.mark.parametrize(
    ("names", "sentence"),
    [
        (["cat"], r"must have 2 to 100 classes, not 1 \('cat'\): bring images of more classes"),
        ([], "must have 2 to 100 classes, not 0"),
        ([str(n) for n in range(10_000)], "must have 2 to 100 classes, not 10,000: bring images of fewer"),
        (["Cat", "cat"], "differ in case only: 'Cat' and 'cat': change one in 'Class names'"),
        (["cat", " cat"], "Two classes are both called 'cat'"),
        (["cat", " "], "must have 1 to 40 characters"),
        (["cat", "x" * 41], "must have 1 to 40 characters"),
        (["cat", "a\nb"], r"that can be printed, not 'a\\nb'"),
    ],
)
def test_names_that_cannot_be_used_are_refused(names, sentence):
    with pytest.raises(InputRefused, match=sentence):
        checked(names)


def test_as_many_classes_as_are_allowed_are_taken():
    assert len(checked([str(n) for n in range(100)])) == 100
