import numpy as np
import pytest
from scipy.signal import correlate2d
from scipy.spatial.distance import cosine

from cnnlab.inside.kernels import cosines, distances, norms_by_map, similar_groups, snapshot_index, unrolled


@pytest.fixture
def kernels() -> tuple[np.ndarray, np.ndarray]:
    generator = np.random.default_rng(0)
    return tuple(generator.normal(size=(3, 3, 2, 5)).astype(np.float32) for _ in range(2))


def test_the_change_of_each_filter_is_its_angle_and_its_distance(kernels):
    before, after = kernels
    for number in range(5):
        first, second = before[..., number].ravel(), after[..., number].ravel()
        assert cosines(before, after)[number] == pytest.approx(1 - cosine(first, second), abs=1e-6)
        assert distances(before, after)[number] == pytest.approx(np.linalg.norm(second - first), rel=1e-6)


def test_a_filter_that_did_not_move_has_cosine_one_and_distance_zero(kernels):
    np.testing.assert_allclose(cosines(kernels[0], kernels[0]), 1)
    np.testing.assert_array_equal(distances(kernels[0], kernels[0]), 0)


def test_a_filter_of_zeros_has_no_angle_but_does_no_harm():
    zeros = np.zeros((3, 3, 1, 2), np.float32)
    np.testing.assert_array_equal(cosines(zeros, zeros), 0)


def test_norms_are_those_of_each_slice(kernels):
    norms = norms_by_map(kernels[0])
    assert norms.shape == (5, 2)
    assert norms[3, 1] == pytest.approx(np.linalg.norm(kernels[0][:, :, 1, 3]), rel=1e-6)


def test_nearly_the_same_filters_share_a_group_through_a_chain_of_pairs():
    angles = np.radians([0, 90, 15, 30, 91])  # 0 and 30 degrees are linked by 15
    kernels = np.stack([np.cos(angles), np.sin(angles)])[None, :, None].astype(np.float32)  # (1, 2, 1, 5)
    assert similar_groups(kernels).tolist() == [0, 1, 0, 0, 1]
    assert similar_groups(kernels, least=0.99999).tolist() == [0, 1, 2, 3, 4]


def test_kernels_of_opposite_sign_are_not_alike():
    kernel = np.ones((3, 3, 1, 1), np.float32)
    assert similar_groups(np.concatenate([kernel, -kernel], axis=3)).tolist() == [0, 1]


@pytest.mark.parametrize("stride", [1, 2, 3])
@pytest.mark.parametrize("side, k", [(6, 3), (5, 5), (4, 1)])
def test_the_unrolled_matrix_does_what_the_convolution_does(side, k, stride):
    generator = np.random.default_rng(1)
    image, kernel = generator.normal(size=(side, side)), generator.normal(size=(k, k)).astype(np.float32)
    matrix = unrolled(kernel, side, stride)
    expected = correlate2d(image, kernel, "valid")[::stride, ::stride]
    np.testing.assert_allclose(
        (matrix @ image.ravel()).reshape(expected.shape), expected, rtol=1e-5, atol=1e-6
    )
    assert np.count_nonzero(matrix) == expected.size * k * k


@pytest.mark.parametrize(("epoch", "index"), [(0, 0), (1, 0), (2, 1), (3, 1), (9, 2)])
def test_the_snapshot_of_an_epoch_is_the_last_one_up_to_it(epoch, index):
    assert snapshot_index([0, 2, 5], epoch) == index
