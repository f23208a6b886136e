import numpy as np
import pytest

from cnnlab.data.catalogue import Images
from cnnlab.data.pixels import network_input, pixel_order, scaled
from cnnlab.data.registry import load
from cnnlab.data.split import split, validation_of
from cnnlab.spec import DataSpec

SHUFFLED = DataSpec(dataset="mnist", images=100, shuffled_pixels=True)


def images_with(labels: np.ndarray) -> Images:
    """One image for each label, all different: the first four pixels hold its index."""
    x = np.zeros((len(labels), 2, 2, 1), np.uint8)
    x.reshape(-1, 4)[:] = np.arange(len(labels), dtype=">u4").view(np.uint8).reshape(-1, 4)
    return Images(x, labels.astype(np.int64), x[:3], labels[:3].astype(np.int64))


def indices(x: np.ndarray) -> np.ndarray:
    """What `images_with` wrote into the pixels, from scaled images."""
    return np.rint(x.reshape(-1, 4) * 255).astype(np.uint8).view(">u4").ravel().astype(int)


def test_training_validation_and_test_images_are_shuffled_alike_and_their_labels_stay():
    images = load("mnist", "sample")
    plain = split(images, SHUFFLED.model_copy(update={"shuffled_pixels": False}), seed=5)
    shuffled = split(images, SHUFFLED, seed=5)
    for part in ("train", "validation", "test"):
        x, y = f"x_{part}", f"y_{part}"
        np.testing.assert_array_equal(
            getattr(shuffled, x).reshape(-1, 784), getattr(plain, x).reshape(-1, 784)[:, pixel_order(28, 28)]
        )
        np.testing.assert_array_equal(getattr(shuffled, y), getattr(plain, y))
    np.testing.assert_array_equal(network_input(images.x_test, SHUFFLED), shuffled.x_test)


@pytest.mark.parametrize(
    ("images", "fraction", "validation"),
    [(1000, 0.1, 100), (10, 0.05, 1), (15, 0.1, 2), (333, 0.5, 166)],
)
def test_the_rounded_share_and_at_least_one_image_is_for_validation(images, fraction, validation):
    everything = images_with(np.arange(2000) % 10)
    parts = split(everything, DataSpec(images=images, validation_fraction=fraction), seed=0)
    assert (len(parts.x_train), len(parts.x_validation)) == (images - validation, validation)


def test_training_and_validation_images_are_disjoint_and_keep_their_labels():
    labels = np.random.default_rng(3).integers(0, 10, 3000)
    parts = split(images_with(labels), DataSpec(images=2500, validation_fraction=0.3), seed=1)
    train, validation = indices(parts.x_train), indices(parts.x_validation)
    assert len(set(train) | set(validation)) == 2500
    np.testing.assert_array_equal(parts.y_train, labels[train])
    np.testing.assert_array_equal(parts.y_validation, labels[validation])


@pytest.mark.parametrize("images", [10, 37, 500, 1999])
@pytest.mark.parametrize("fraction", [0.05, 0.1, 0.37])
def test_classes_are_as_even_as_their_number_allows_in_both_parts(images, fraction):
    everything = images_with(np.arange(2000) % 10)
    parts = split(everything, DataSpec(images=images, validation_fraction=fraction), seed=2)
    for labels in (parts.y_train, parts.y_validation):
        assert np.ptp(np.bincount(labels, minlength=10)) <= 1


def test_a_small_class_is_used_up_but_still_has_its_share_of_the_validation():
    labels = np.repeat([0, 1, 2], [40, 500, 500])
    parts = split(images_with(labels), DataSpec(images=1000, validation_fraction=0.06), seed=0)
    assert np.bincount(parts.y_validation).tolist() == [20, 20, 20]
    assert np.bincount(parts.y_train).tolist() == [20, 460, 460]


def test_the_test_images_stay_whole_and_in_order():
    images = load("mnist", "sample")
    parts = split(images, DataSpec(dataset="mnist", images=100), seed=5)
    np.testing.assert_array_equal(parts.x_test, scaled(images.x_test))
    np.testing.assert_array_equal(parts.y_test, images.y_test)


def test_the_same_seed_draws_the_same_images_and_another_seed_others():
    images, spec = load("mnist", "sample"), DataSpec(dataset="mnist", images=500)
    first, second, other = (split(images, spec, seed) for seed in (7, 7, 8))
    for name, array in vars(first).items():
        np.testing.assert_array_equal(array, getattr(second, name))
    assert not np.array_equal(first.x_train, other.x_train)


def test_more_images_than_there_are_cannot_be_drawn():
    with pytest.raises(ValueError, match="'Training images' must be at most 20, not 21"):
        split(images_with(np.arange(20) % 10), DataSpec(images=21), seed=0)


@pytest.mark.parametrize(
    "spec", [DataSpec(images=300), DataSpec(images=300, shuffled_pixels=True, pixels="raw")]
)
def test_a_large_set_stays_bytes_that_stand_for_the_same_numbers(spec, monkeypatch):
    images = load("fashion-mnist", "sample")
    small = split(images, spec, seed=2)
    monkeypatch.setattr("cnnlab.data.split.LARGE", 1000)
    large = split(images, spec, seed=2)
    for name in ("x_train", "x_validation", "x_test"):
        stored = getattr(large, name)
        assert stored.dtype == np.uint8
        np.testing.assert_array_equal(large.inputs(stored), getattr(small, name))
        assert small.inputs(getattr(small, name)) is getattr(small, name)


def test_the_validation_images_alone_are_those_of_the_split():
    images, spec = load("mnist", "sample"), DataSpec(dataset="mnist", images=300, shuffled_pixels=True)
    whole = split(images, spec, seed=3)
    x, y = validation_of(images, spec, seed=3)
    np.testing.assert_array_equal(x, whole.x_validation)
    np.testing.assert_array_equal(y, whole.y_validation)
