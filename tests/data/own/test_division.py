import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from cnnlab.data.own.division import check_division, drawn_for_test
from cnnlab.errors import InputRefused

LABELS = np.repeat([0, 1, 2], [100, 10, 3])


def test_every_class_gives_the_same_share():
    chosen = drawn_for_test(LABELS, 0.2, seed=0)
    assert np.bincount(LABELS[chosen]).tolist() == [20, 2, 1]


def test_the_seed_decides_which():
    np.testing.assert_array_equal(drawn_for_test(LABELS, 0.2, 1), drawn_for_test(LABELS, 0.2, 1))
    assert not np.array_equal(drawn_for_test(LABELS, 0.2, 1), drawn_for_test(LABELS, 0.2, 2))


@given(st.lists(st.integers(3, 40), min_size=2, max_size=5), st.floats(0.001, 0.5), st.integers(0, 2**31))
def test_three_images_are_enough_for_training_validation_and_test(sizes, share, seed):
    labels = np.random.default_rng(seed).permutation(np.repeat(np.arange(len(sizes)), sizes))
    chosen = drawn_for_test(labels, share, seed)
    tested = np.bincount(labels[chosen], minlength=len(sizes))
    learnt = np.bincount(labels[~chosen], minlength=len(sizes))
    assert tested.min() >= 1 and learnt.min() >= 2
    assert all(abs(number - share * size) <= 1 for number, size in zip(tested, sizes, strict=True))


@pytest.mark.parametrize(
    ("counts", "tests", "sentence"),
    [
        ([20, 2], [4, 0], "2 images for training and validation and 1 for test; 'b' has 2 and 0"),
        ([20, 20], [4, 19], "'b' has 1 and 19: add images to it, or leave it out"),
        ([3, 3], [1, 1], "at least 10 images for training, and has 4 images"),
    ],
)
def test_too_few_images_of_a_class_are_refused(counts, tests, sentence):
    labels = np.repeat([0, 1], counts)
    for_test = np.concatenate([np.arange(number) < test for number, test in zip(counts, tests, strict=True)])
    with pytest.raises(InputRefused, match=sentence):
        check_division(labels, for_test, ("a", "b"))


def test_a_class_that_has_no_images_at_all_is_refused():
    with pytest.raises(InputRefused, match="'c' has 0 and 0"):
        check_division(np.repeat([0, 1], 12), np.arange(24) % 4 == 0, ("a", "b", "c"))
