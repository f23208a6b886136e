import numpy as np
import pytest

from cnnlab.evidence import duplicates
from cnnlab.evidence.duplicates import (
    NEAR,
    SIDE,
    Nearest,
    duplicates_finding,
    nearest_training_images,
    reduced,
)
from cnnlab.evidence.finding import text


def images(count: int, shape: tuple[int, int, int], seed: int = 0) -> np.ndarray:
    return np.random.default_rng(seed).integers(0, 256, (count, *shape), dtype=np.uint8)


def means(x: np.ndarray) -> np.ndarray:
    """The oracle: every pixel is cut into as many equal parts as there are means, which are then averaged."""
    for axis in (1, 2):
        side = x.shape[axis]
        if side > SIDE:
            parts = x.repeat(SIDE, axis).astype(float)
            x = np.stack([part.mean(axis=axis) for part in np.split(parts, SIDE, axis)], axis=axis)
    return x.transpose(0, 3, 1, 2).reshape(len(x), -1)


@pytest.mark.parametrize(
    "shape", [(16, 24, 1), (28, 28, 1), (45, 9, 3), (64, 64, 3), (8, 8, 3), (5, 12, 1), (150, 150, 3)]
)
def test_images_are_reduced_to_the_means_of_rectangles(shape):
    x = images(3, shape)
    np.testing.assert_allclose(reduced(x), means(x), rtol=1e-4)


def test_reducing_block_by_block_changes_nothing(monkeypatch):
    x = images(10, (28, 28, 1))
    whole = reduced(x)
    monkeypatch.setattr(duplicates, "_AT_ONCE", 3 * 28 * 28)
    np.testing.assert_array_equal(reduced(x), whole)


@pytest.mark.parametrize("shape", [(28, 28, 1), (32, 32, 3)])
def test_the_nearest_are_those_of_all_distances_computed_one_by_one(shape, monkeypatch):
    train, test = images(60, shape), images(25, shape, seed=1)
    monkeypatch.setattr(duplicates, "_AT_ONCE", 60 * 7)  # several blocks
    gaps = means(train)[None] - means(test)[:, None]
    distances = np.sqrt((gaps**2).mean(axis=2))  # (25, 60)
    nearest = nearest_training_images(train, test)
    np.testing.assert_array_equal(nearest.training, distances.argmin(axis=1))
    np.testing.assert_allclose(nearest.distance, distances.min(axis=1), rtol=1e-3)
    assert not nearest.identical.any()


def test_copies_are_found_byte_for_byte_the_first_of_several():
    train, test = images(30, (28, 28, 1)), images(6, (28, 28, 1), seed=1)
    train[20] = train[11]
    test[2], test[4] = train[11], train[29]
    nearest = nearest_training_images(train, test)
    assert np.flatnonzero(nearest.identical).tolist() == [2, 4]
    assert nearest.training[[2, 4]].tolist() == [11, 29]
    assert nearest.distance[[2, 4]].tolist() == [0, 0]
    assert nearest.closest(3)[:2].tolist() == [2, 4]


def test_a_copy_with_noise_is_nearly_the_same_and_another_image_is_not():
    train, test = images(30, (32, 32, 3)), images(4, (32, 32, 3), seed=1)
    noise = np.random.default_rng(2).integers(-10, 11, train[7].shape)
    test[1] = np.clip(train[7].astype(int) + noise, 0, 255)
    nearest = nearest_training_images(train, test)
    assert nearest.near.tolist() == [False, True, False, False]
    assert nearest.training[1] == 7 and 0 < nearest.distance[1] < NEAR
    assert nearest.closest(1).tolist() == [1]


def test_an_image_that_differs_only_where_the_means_do_not_show_it_is_near_and_not_identical():
    train = np.full((1, 16, 16, 1), 100, np.uint8)
    test = train.copy()
    test[0, 0, 0, 0], test[0, 1, 1, 0] = 90, 110  # of one mean
    nearest = nearest_training_images(train, test)
    assert nearest.near.tolist() == [True] and nearest.distance.tolist() == [0]


def judged(distance: list[float], identical: list[bool]) -> Nearest:
    return Nearest(np.arange(len(distance)), np.array(distance), np.array(identical))


def test_the_finding_counts_copies_near_copies_and_those_of_another_class():
    nearest = judged([0, 1, 2, 9, 9], [True, False, False, False, False])
    said = text([duplicates_finding(nearest, np.array([True, False, True, False, True]))])
    assert said.startswith(
        "Of the 5 test images 1 is also a training image, byte for byte, and 2 are nearly the same as one. "
        "1 of these has another class there."
    )


@pytest.mark.parametrize(
    ("distance", "identical", "claim"),
    [
        ([9.0], [False], "No test image is also a training image, exactly or nearly."),
        ([0.0, 9], [True, False], "Of the 2 test images 1 is also a training image, byte for byte."),
        ([0.0, 0], [True, True], "Of the 2 test images 2 are also training images, byte for byte."),
        ([1.0, 9], [False, False], "Of the 2 test images 1 is nearly the same as a training image."),
        ([1.0, 1], [False, False], "Of the 2 test images 2 are nearly the same as a training image."),
    ],
)
def test_the_finding_says_only_what_there_is(distance, identical, claim):
    finding = duplicates_finding(judged(distance, identical), np.ones(len(distance), bool))
    assert text([finding]).startswith(claim)
    assert bool(finding.caveats) == ("Of the" in claim)
