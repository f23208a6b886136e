"""The transforms against SciPy and TensorFlow's own contrast, and what is drawn against its bounds."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from scipy import ndimage, stats

from cnnlab.data import augmentation
from cnnlab.data.augmentation import (
    Augmentation,
    affine_matrices,
    augmented,
    contrast_factors,
    contrasted,
    noise_starts,
    noise_table,
    noisy,
    random_numbers,
    resampled,
)
from cnnlab.data.pixels import shuffled
from cnnlab.spec import DataSpec, RunSpec, TrainingSpec

OFF = dict(shift=0.0, turn=0.0, zoom=0.0, flip=False)
MIDDLE = np.full((1, 7), 0.5, np.float32)  # no shift, no turn, no zoom, no flip
SHAPES = pytest.mark.parametrize("shape", [(28, 28, 1), (9, 14, 3), (8, 8, 3)], ids=str)


def images_of(shape: tuple[int, int, int], count: int = 1) -> np.ndarray:
    return np.random.default_rng(0).random((count, *shape), dtype=np.float32)


def numbers_with(**columns: float) -> np.ndarray:
    numbers = MIDDLE.copy()
    names = ("down", "right", "angle", "scale", "mirror", "contrast", "noise")
    for name, value in columns.items():
        numbers[0, names.index(name)] = value
    return numbers


def changed(x: np.ndarray, numbers: np.ndarray, **settings: float) -> np.ndarray:
    return resampled(x, affine_matrices(numbers, *x.shape[1:3], **OFF | settings))


def by_channel(image: np.ndarray, function) -> np.ndarray:
    return np.stack([function(image[..., c]) for c in range(image.shape[2])], axis=2)


@SHAPES
@pytest.mark.parametrize(("down", "right"), [(0.9, 0.3), (0.0, 1.0), (0.5, 0.77)])
def test_a_shift_is_scipys(shape, down, right):
    x = images_of(shape)
    ours = changed(x, numbers_with(down=down, right=right), shift=0.3)[0]
    by = 0.3 * (2 * down - 1) * shape[0], 0.3 * (2 * right - 1) * shape[1]
    theirs = by_channel(x[0], lambda plane: ndimage.shift(plane, by, order=1, mode="grid-constant"))
    np.testing.assert_allclose(ours, theirs, atol=2e-5)


@SHAPES
@pytest.mark.parametrize("angle", [0.0, 0.2, 0.61, 1.0])
def test_a_turn_is_scipys(shape, angle):
    x = images_of(shape)
    ours = changed(x, numbers_with(angle=angle), turn=50)[0]
    degrees = 50 * (2 * angle - 1)
    theirs = by_channel(
        x[0],
        lambda plane: ndimage.rotate(plane, degrees, reshape=False, order=1, mode="grid-constant"),
    )
    np.testing.assert_allclose(ours, theirs, atol=2e-5)


@SHAPES
@pytest.mark.parametrize("scale", [0.0, 0.3, 0.9])
def test_a_zoom_is_scipys_about_the_centre(shape, scale):
    x = images_of(shape)
    ours = changed(x, numbers_with(scale=scale), zoom=0.4)[0]
    factor = 1 + 0.4 * (2 * scale - 1)
    centre = (np.array(shape[:2]) - 1) / 2
    theirs = by_channel(
        x[0],
        lambda plane: ndimage.affine_transform(
            plane, np.full(2, 1 / factor), centre - centre / factor, order=1, mode="grid-constant"
        ),
    )
    np.testing.assert_allclose(ours, theirs, atol=2e-5)


def test_a_larger_zoom_makes_a_thing_larger_and_a_turn_is_anticlockwise():
    x = np.zeros((1, 21, 21, 1), np.float32)
    x[0, 8:13, 8:13] = 1
    larger, smaller = (changed(x, numbers_with(scale=scale), zoom=0.5).sum() for scale in (1.0, 0.0))
    assert smaller < 0.5 * x.sum() and larger > 2 * x.sum()
    right = np.zeros((1, 9, 9, 1), np.float32)
    right[0, 4, 8] = 1
    quarter = changed(right, numbers_with(angle=1.0), turn=90)[0, ..., 0]
    assert np.unravel_index(quarter.argmax(), quarter.shape) == (0, 4), "what was right is now at the top"


@SHAPES
def test_a_flip_mirrors_left_and_right_without_rounding(shape):
    x = images_of(shape)
    np.testing.assert_array_equal(changed(x, numbers_with(mirror=0.4), flip=True), x[:, :, ::-1])
    np.testing.assert_array_equal(changed(x, numbers_with(mirror=0.6), flip=True), x)
    np.testing.assert_array_equal(changed(x, numbers_with(mirror=0.4), flip=False), x)


@SHAPES
def test_all_of_them_are_one_after_the_other_scipys_affine_transform(shape):
    x = images_of(shape, 6)
    numbers = random_numbers(6, seed=3, epoch=2)
    matrices = affine_matrices(numbers, *shape[:2], shift=0.2, turn=40, zoom=0.3, flip=True)
    for image, matrix, result in zip(x, matrices, resampled(x, matrices), strict=True):
        theirs = by_channel(
            image,
            lambda plane, matrix=matrix: ndimage.affine_transform(
                plane, matrix.astype(float), order=1, mode="grid-constant"
            ),
        )
        np.testing.assert_allclose(result, theirs, atol=3e-5)
    homogeneous = [_composed(row, shape, shift=0.2, turn=40, zoom=0.3) for row in numbers.astype(float)]
    np.testing.assert_allclose(matrices, np.array(homogeneous)[:, :2], atol=1e-4)


def _composed(row: np.ndarray, shape: tuple[int, ...], shift: float, turn: float, zoom: float) -> np.ndarray:
    """Result → image: the inverse of flip, zoom, turn and shift in this order, as 3 × 3 matrices."""
    down, right, angle, scale = 2 * row[:4] - 1
    angle, scale = np.radians(turn * angle), 1 + zoom * scale
    height, width = shape[:2]

    def moved(by) -> np.ndarray:
        return np.array([[1, 0, by[0]], [0, 1, by[1]], [0, 0, 1.0]])

    centre = np.array([height - 1, width - 1]) / 2
    mirror = np.diag([1, -1.0 if row[4] < 0.5 else 1.0, 1])
    turned = np.array([[np.cos(angle), -np.sin(angle), 0], [np.sin(angle), np.cos(angle), 0], [0, 0, 1]])
    forward = (
        moved((shift * down * height, shift * right * width))
        @ moved(centre)
        @ turned
        @ np.diag([scale, scale, 1])
        @ mirror
        @ moved(-centre)
    )
    return np.linalg.inv(forward)


@SHAPES
def test_contrast_is_tensorflows(shape):
    import tensorflow as tf

    x = images_of(shape, 3)
    factors = np.array([0.2, 1.0, 1.7], np.float32)
    for image, factor, result in zip(x, factors, contrasted(x, factors), strict=True):
        np.testing.assert_allclose(result, tf.image.adjust_contrast(image, factor), atol=1e-6)


@SHAPES
def test_noise_is_normal_and_another_stretch_for_another_number(shape):
    x = np.full((2, *shape), 0.5, np.float32)
    numbers = np.concatenate([numbers_with(noise=0.2), numbers_with(noise=0.7)])
    table = noise_table(seed=5)
    first, second = noisy(x, noise_starts(numbers, x[0].size), 0.1, table) - x
    assert stats.kstest(np.concatenate([first, second]).ravel(), stats.norm(0, 0.1).cdf).pvalue > 0.001
    assert abs(np.corrcoef(first.ravel(), second.ravel())[0, 1]) < 0.2
    assert not np.array_equal(table, noise_table(seed=6))


def test_the_last_stretch_of_the_noise_ends_where_the_table_ends():
    almost_one = np.nextafter(np.float32(1), np.float32(0))
    [start] = noise_starts(numbers_with(noise=almost_one), 67_500)
    assert augmentation.NOISE_VALUES - 67_500 - 1 <= start <= augmentation.NOISE_VALUES - 67_500


@pytest.mark.parametrize("shape", [(28, 28, 1), (9, 14, 3)])
def test_with_everything_at_zero_not_a_bit_changes(shape):
    x = images_of(shape, 4)
    numbers = random_numbers(4, seed=0, epoch=1)
    np.testing.assert_array_equal(changed(x, numbers), x)
    np.testing.assert_array_equal(augmented(x, numbers, 0.0, 0.0, 0.0, False, 0.0, 0.0, None), x)


def run_with(shuffled_pixels: bool = False, **settings) -> RunSpec:
    training = TrainingSpec(seed=4, **{f"augment_{name}": value for name, value in settings.items()})
    return RunSpec(data=DataSpec(shuffled_pixels=shuffled_pixels), training=training)


def test_a_run_without_augmentation_has_none():
    assert Augmentation.of(run_with()) is None


@pytest.mark.parametrize(
    "setting",
    [{"shift": 0.1}, {"turn": 9.0}, {"zoom": 0.2}, {"flip": True}, {"contrast": 0.4}, {"noise": 0.1}],
    ids=lambda setting: next(iter(setting)),
)
def test_each_setting_changes_images_and_keeps_them_in_bounds(setting):
    x, numbers = images_of((9, 12, 3), 20), random_numbers(20, seed=4, epoch=1)
    result = Augmentation.of(run_with(**setting)).apply(x, numbers)
    assert result.dtype == np.float32 and result.shape == x.shape
    assert result.min() >= 0 and result.max() <= 1
    assert not np.array_equal(result, x)


def test_shuffled_images_are_augmented_with_every_pixel_in_its_own_place():
    x, numbers = images_of((9, 12, 3), 5), random_numbers(5, seed=4, epoch=1)
    settings = dict(shift=0.1, turn=20.0, zoom=0.1, flip=True, contrast=0.3, noise=0.05)
    in_place = Augmentation.of(run_with(**settings)).apply(x, numbers)
    as_trained = Augmentation.of(run_with(shuffled_pixels=True, **settings)).apply(shuffled(x), numbers)
    np.testing.assert_array_equal(as_trained, shuffled(in_place))


def test_the_numbers_depend_on_seed_epoch_and_place_alone():
    numbers = random_numbers(50, seed=1, epoch=3)
    np.testing.assert_array_equal(numbers, random_numbers(50, seed=1, epoch=3))
    np.testing.assert_array_equal(numbers[:20], random_numbers(20, seed=1, epoch=3))
    for other in (random_numbers(50, seed=2, epoch=3), random_numbers(50, seed=1, epoch=4)):
        assert not np.intersect1d(numbers, other).size > 3


def test_switching_one_setting_on_leaves_what_the_others_draw():
    numbers = random_numbers(30, seed=0, epoch=1)
    turned = affine_matrices(numbers, 10, 10, **OFF | {"turn": 20})
    both = affine_matrices(numbers, 10, 10, **OFF | {"turn": 20, "shift": 0.2})
    np.testing.assert_array_equal(turned[:, :, :2], both[:, :, :2])


@given(
    hnp.arrays(np.float32, (3, 7), elements=st.floats(0, 1, exclude_max=True, width=32)),
    st.integers(8, 150),
    st.integers(8, 150),
    st.floats(0, 0.5),
    st.floats(0, 180),
    st.floats(0, 0.5),
    st.booleans(),
    st.floats(0, 1),
)
def test_what_is_drawn_keeps_to_the_bounds_of_the_settings(
    numbers, height, width, shift, turn, zoom, flip, contrast
):
    matrices = affine_matrices(numbers, height, width, shift, turn, zoom, flip).astype(float)
    linear, centre = matrices[:, :, :2], (np.array([height, width]) - 1) / 2
    determinants = np.linalg.det(linear)
    scales = 1 / np.sqrt(np.abs(determinants))
    assert np.all((scales >= 1 - zoom - 1e-5) & (scales <= 1 + zoom + 1e-5))
    assert flip or (determinants > 0).all()
    angles = np.degrees(np.arccos(np.clip(linear[:, 0, 0] * scales, -1, 1)))
    assert np.all(angles <= turn + 0.1)
    moved = np.linalg.solve(linear, (centre - matrices[:, :, 2])[..., None])[..., 0] - centre
    assert np.all(np.abs(moved) <= shift * np.array([height, width]) + 1e-3)
    factors = contrast_factors(numbers, contrast)
    assert np.all((factors >= 1 - contrast - 1e-6) & (factors <= 1 + contrast + 1e-6))


def test_what_is_drawn_is_uniform_and_half_of_the_images_are_flipped():
    numbers = random_numbers(4000, seed=0, epoch=1)
    for column in numbers.T:
        assert stats.kstest(column, stats.uniform.cdf).pvalue > 0.001
    flipped = np.linalg.det(affine_matrices(numbers, 9, 9, **OFF | {"flip": True})[:, :, :2]) < 0
    assert flipped.mean() == pytest.approx(0.5, abs=0.03)
