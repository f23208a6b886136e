import numpy as np

from cnnlab.data.sampling import epoch_order, stratified_order


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
