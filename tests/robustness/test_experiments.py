"""Disturbances held against SciPy's filters image by image, and against plain NumPy."""

import numpy as np
import pytest
import scipy.ndimage
import scipy.stats
from scipy.interpolate import RegularGridInterpolator

from cnnlab.robustness.disturbances import blurred, contrasted, noisy, occluded, rotated, shifted, zoomed
from cnnlab.robustness.experiments import EXPERIMENTS, REACH, experiment_for
from cnnlab.robustness.losses import accuracy_at, gap, strength

LEVELS = [
    pytest.param(name, level, id=f"{name} {level}")
    for name, experiment in EXPERIMENTS.items()
    for level in {experiment.levels[0], experiment.levels[-1], experiment.undisturbed}
]


@pytest.fixture(scope="module", params=[(12, 12, 1), (9, 14, 3)], ids=["grey", "colour, not square"])
def images(request) -> np.ndarray:
    return np.random.default_rng(0).random((5, *request.param), dtype=np.float32)


def channels(images: np.ndarray) -> list[tuple[int, int]]:
    """Every image with every one of its channels."""
    return [(n, c) for n in range(len(images)) for c in range(images.shape[3])]


@pytest.mark.parametrize("name", EXPERIMENTS)
def test_the_undisturbed_level_is_among_the_levels_and_changes_nothing(images, name):
    experiment = EXPERIMENTS[name]
    assert experiment.undisturbed in experiment.levels
    assert len(set(experiment.levels)) == len(experiment.levels)
    np.testing.assert_allclose(experiment.disturb(images, experiment.undisturbed), images, atol=1e-6)


@pytest.mark.parametrize("name, level", LEVELS)
def test_what_comes_out_are_images_again_and_what_went_in_is_left_alone(images, name, level):
    before = images.copy()
    disturbed = EXPERIMENTS[name].disturb(images, level)
    assert (disturbed.shape, disturbed.dtype) == (images.shape, np.float32)
    assert disturbed.min() >= 0 and disturbed.max() <= 1
    np.testing.assert_array_equal(images, before)


@pytest.mark.parametrize("name, level", LEVELS)
def test_an_image_is_disturbed_alike_however_many_follow_it(images, name, level):
    disturb = EXPERIMENTS[name].disturb
    np.testing.assert_array_equal(disturb(images[:2], level), disturb(images, level)[:2])


@pytest.mark.parametrize("dx, dy", EXPERIMENTS["shift"].levels[::7])
def test_a_shift_is_scipys_and_that_of_rolling_with_the_other_side_made_black(images, dx, dy):
    moved = shifted(images, (dx, dy))
    for n, c in channels(images):
        expected = scipy.ndimage.shift(images[n, ..., c], (dy, dx), order=0)
        np.testing.assert_array_equal(moved[n, ..., c], expected)
    padded = np.pad(images, ((0, 0), (REACH, REACH), (REACH, REACH), (0, 0)))
    rolled = np.roll(padded, (dy, dx), axis=(1, 2))[:, REACH:-REACH, REACH:-REACH]
    np.testing.assert_array_equal(moved, rolled)


def test_a_shift_to_the_right_and_down_is_one_to_the_right_and_down():
    image = np.zeros((1, 5, 5, 1), np.float32)
    image[0, 2, 1] = 1
    assert np.argwhere(shifted(image, (2, -1))[0, ..., 0]).tolist() == [[1, 3]]


def test_every_shift_of_up_to_four_pixels_each_way_is_measured():
    assert set(EXPERIMENTS["shift"].levels) == {(dx, dy) for dx in range(-4, 5) for dy in range(-4, 5)}


@pytest.mark.parametrize("degrees", [-90, -37, -15, 10, 45, 90, 180])
def test_a_rotation_is_scipys(images, degrees):
    turned = rotated(images, degrees)
    for n, c in channels(images):
        expected = scipy.ndimage.rotate(images[n, ..., c], degrees, reshape=False, order=1)
        np.testing.assert_allclose(turned[n, ..., c], expected, atol=1e-5)


def test_a_quarter_turn_is_numpys_and_counterclockwise():
    image = np.random.default_rng(0).random((1, 8, 8, 1), dtype=np.float32)
    np.testing.assert_allclose(rotated(image, 90)[0], np.rot90(image[0]), atol=1e-6)


@pytest.mark.parametrize("factor", [0.5, 0.8, 1.1, 1.5, 2])
def test_a_zoom_looks_at_places_nearer_to_the_centre_or_further_from_it(images, factor):
    height, width = images.shape[1:3]
    grid = np.arange(height, dtype=float), np.arange(width, dtype=float)
    centre = (height - 1) / 2, (width - 1) / 2
    rows, columns = ((line - middle) / factor + middle for line, middle in zip(grid, centre, strict=True))
    enlarged = zoomed(images, factor)
    for n, c in channels(images):
        at = RegularGridInterpolator(grid, images[n, ..., c].astype(float), bounds_error=False, fill_value=0)
        expected = at(np.stack(np.meshgrid(rows, columns, indexing="ij"), axis=-1))
        np.testing.assert_allclose(enlarged[n, ..., c], expected, atol=1e-5)


@pytest.mark.parametrize("sigma", [0.5, 1, 3])
def test_a_blur_is_scipys_with_black_beyond_the_border(images, sigma):
    soft = blurred(images, sigma)
    for n, c in channels(images):
        expected = scipy.ndimage.gaussian_filter(images[n, ..., c], sigma, mode="constant", cval=0)
        np.testing.assert_allclose(soft[n, ..., c], expected, atol=1e-6)


def test_noise_has_the_standard_deviation_it_is_asked_for_and_is_always_the_same():
    grey = np.full((50, 20, 20, 1), 0.5, np.float32)
    noise = noisy(grey, 0.1) - grey
    assert noise.std() == pytest.approx(0.1, rel=0.02) and abs(noise.mean()) < 0.002
    np.testing.assert_allclose(noisy(grey, 0.05) - grey, noise / 2, atol=1e-6)
    np.testing.assert_array_equal(noisy(grey, 0.1), noisy(grey, 0.1))


@pytest.mark.parametrize("share, side", [(0.3, 8), (0.75, 21), (1, 28)])
def test_occlusion_covers_one_whole_square_of_each_image_in_grey(share, side):
    covered = occluded(np.zeros((40, 28, 28, 1), np.float32), share)[..., 0] == 0.5
    assert covered.sum(axis=(1, 2)).tolist() == [side**2] * 40
    for image in covered:
        rows, columns = np.nonzero(image)
        assert np.ptp(rows) == np.ptp(columns) == side - 1
    if side < 28:
        assert len({tuple(np.argwhere(image)[0]) for image in covered}) > 20, "in places of their own"


def test_contrast_keeps_the_mean_of_an_image_and_scales_what_lies_about_it(images):
    pale = contrasted(images, 0.3)
    for n, c in channels(images):
        image = images[n, ..., c].astype(float)
        np.testing.assert_allclose(pale[n, ..., c], 0.3 * image + 0.7 * image.mean(), atol=1e-6)


@pytest.mark.parametrize("name", EXPERIMENTS)
def test_what_the_sentence_quotes_is_measured(name):
    experiment = EXPERIMENTS[name]
    right = np.ones((len(experiment.levels), 3), bool)
    assert experiment.quoted != strength(experiment.undisturbed)
    assert accuracy_at(right, experiment, experiment.quoted).tolist() == [1, 1, 1]


def test_the_accuracy_at_a_strength_is_the_mean_over_all_its_directions():
    rotation = EXPERIMENTS["rotation"]
    right = np.zeros((len(rotation.levels), 2), bool)
    right[rotation.levels.index(30)] = True, True
    right[rotation.levels.index(-30)] = True, False
    assert accuracy_at(right, rotation, 30).tolist() == [1, 0.5]
    shift = EXPERIMENTS["shift"]
    ring = np.array([[max(abs(dx), abs(dy)) == 3] for dx, dy in shift.levels])
    assert ring.sum() == 24
    assert accuracy_at(ring, shift, 3).tolist() == [1] and accuracy_at(ring, shift, 2).tolist() == [0]


def test_a_strength_that_was_not_measured_is_refused():
    with pytest.raises(ValueError, match="Rotation is not measured at a strength of 31"):
        accuracy_at(np.ones((11, 2), bool), EXPERIMENTS["rotation"], 31)


def test_the_gap_is_the_mean_paired_difference_with_students_interval():
    generator = np.random.default_rng(0)
    first, second = generator.integers(-1, 2, (2, 200)).astype(float)
    less = second - first
    found = gap(first, second)
    assert found.difference == pytest.approx(less.mean())
    half = scipy.stats.t.ppf(0.975, 199) * less.std(ddof=1) / np.sqrt(200)
    assert found.interval == pytest.approx((less.mean() - half, less.mean() + half))


def test_the_gap_of_a_network_to_itself_is_nothing_at_all():
    lost = np.array([1.0, 0, 0, -1])
    assert gap(lost, lost) == (0, (0, 0))


def test_the_interval_of_a_gap_holds_the_truth_in_about_95_of_100_samples():
    generator = np.random.default_rng(1)
    hits = 0
    for _ in range(1000):
        first = generator.choice([0.0, 1.0], 300, p=[0.9, 0.1])
        second = np.maximum(first, generator.choice([0.0, 1.0], 300, p=[0.7, 0.3]))  # loses 27 points more
        low, high = gap(first, second).interval
        hits += low <= 0.27 <= high
    assert 930 <= hits <= 970


@pytest.mark.parametrize("shape", [(8, 8, 1), (32, 32, 3), (20, 30, 3), (150, 150, 3)])
@pytest.mark.parametrize("name", EXPERIMENTS)
def test_for_images_of_another_size_lengths_follow_the_shorter_side_and_nothing_else_does(name, shape):
    known, made = EXPERIMENTS[name], experiment_for(name, shape)
    assert made.undisturbed in made.levels and len(set(made.levels)) == len(made.levels)
    assert made.quoted in map(strength, made.levels) and made.quoted > 0
    factor = min(shape[:2]) / 28 if name in ("shift", "blur") else 1
    strongest = max(map(strength, known.levels)) * factor
    assert max(map(strength, made.levels)) == pytest.approx(strongest, abs=0.5 if name == "shift" else 0.01)
    if factor == 1:
        assert made == known
    image = np.random.default_rng(0).random((1, *shape), np.float32)
    for level in (made.levels[0], made.levels[-1]):
        disturbed = made.disturb(image, level)
        assert (disturbed.shape, disturbed.dtype) == (image.shape, np.float32)


def test_small_images_are_shifted_by_fewer_pixels_and_large_ones_by_more():
    assert {dx for dx, _ in experiment_for("shift", (8, 8, 1)).levels} == {-1, 0, 1}
    assert max(dx for dx, _ in experiment_for("shift", (150, 150, 3)).levels) == 21
    for name in EXPERIMENTS:
        assert experiment_for(name, (28, 28, 3)) == EXPERIMENTS[name]
