import hypothesis.strategies as st
import numpy as np
import pytest
from hypothesis import given

from cnnlab.data.sampling import SPLIT_STREAM, epoch_order, split_indices, stratified_order


def test_a_stratified_order_is_a_permutation():
    labels = np.random.default_rng(0).integers(0, 5, 101)
    order = stratified_order(labels, np.random.default_rng(1))
    assert sorted(order) == list(range(101))


def test_an_epochs_order_is_a_permutation_that_depends_on_seed_and_epoch_alone():
    order = epoch_order(1000, seed=3, epoch=4)
    assert order.dtype == np.int32
    assert sorted(order) == list(range(1000))
    np.random.default_rng(0).random(10)
    np.testing.assert_array_equal(order, epoch_order(1000, seed=3, epoch=4))
    assert not np.array_equal(order, epoch_order(1000, seed=3, epoch=5))
    assert not np.array_equal(order, epoch_order(1000, seed=4, epoch=4))


def first_of_the_order(labels: np.ndarray, images: int, count: int, seed: int):
    """How images were divided when all data sets had equally many of each class."""
    drawn = stratified_order(labels, np.random.default_rng([seed, SPLIT_STREAM]))[:images]
    return drawn[count:], drawn[:count]


@pytest.mark.parametrize("images", [10, 20, 30, 37, 100, 150])
@pytest.mark.parametrize("share", [0.1, 0.25, 0.5])
def test_where_classes_are_equally_frequent_validation_takes_the_first_of_the_order(images, share):
    labels = np.random.default_rng(0).permutation(np.arange(150) % 10)
    count = max(1, round(images * share))
    for seed in range(5):
        ours = split_indices(labels, images, count, seed)
        for part, expected in zip(ours, first_of_the_order(labels, images, count, seed), strict=True):
            np.testing.assert_array_equal(part, expected)


def test_nearly_equal_classes_are_divided_as_before():
    """As those of the full MNIST, from 5,421 to 6,742 of a class."""
    labels = np.repeat(np.arange(10), [5923, 6742, 5958, 6131, 5842, 5421, 5918, 6265, 5851, 5949])
    ours = split_indices(labels, 60_000, 6_000, 3)
    for part, expected in zip(ours, first_of_the_order(labels, 60_000, 6_000, 3), strict=True):
        np.testing.assert_array_equal(part, expected)


@given(st.lists(st.integers(1, 40), min_size=2, max_size=6), st.floats(0.05, 0.5), st.integers(0, 99))
def test_no_class_gives_more_than_half_of_its_images_while_others_have_some_to_spare(counts, share, seed):
    labels = np.repeat(np.arange(len(counts)), counts)
    count = max(1, round(len(labels) * share))
    train, validation = split_indices(labels, len(labels), count, seed)
    assert sorted([*train, *validation]) == list(range(len(labels))) and len(validation) == count
    given_up = np.bincount(labels[validation], minlength=len(counts))
    if count <= sum(n // 2 for n in counts):
        assert (given_up <= np.array(counts) // 2).all()
