import numpy as np
import pytest

from cnnlab.evidence import images as of_images
from cnnlab.evidence.images import (
    BINS,
    class_counts,
    examples,
    mean_images,
    most_frequent_share,
    pixel_histogram,
)

GENERATOR = np.random.default_rng(0)
IMAGES = GENERATOR.integers(0, 256, (50, 6, 5, 3), dtype=np.uint8)
LABELS = np.array([0, 1, 3, 3, 1] * 10)


def test_counts_have_a_place_for_every_class():
    assert class_counts(LABELS, 5).tolist() == [10, 20, 0, 20, 0]


def test_mean_images_are_those_of_numpy_and_black_for_a_class_without_images():
    means = mean_images(IMAGES, LABELS, 5)
    assert means.shape == (5, 6, 5, 3)
    for number in (0, 1, 3):
        np.testing.assert_allclose(means[number], IMAGES[number == LABELS].mean(axis=0))
    assert not means[[2, 4]].any()


@pytest.mark.parametrize("channels", [1, 3])
def test_the_histogram_is_numpys_of_each_channel_also_in_several_blocks(channels, monkeypatch):
    monkeypatch.setattr(of_images, "_AT_ONCE", 7)
    x = IMAGES[..., :channels]
    histogram = pixel_histogram(x)
    assert histogram.shape == (channels, BINS)
    for channel in range(channels):
        counts, _ = np.histogram(x[..., channel], bins=BINS, range=(0, 256))
        np.testing.assert_allclose(histogram[channel], counts / counts.sum())


def test_examples_are_the_first_images_of_a_class():
    assert examples(LABELS, 3, 3).tolist() == [2, 3, 7]
    assert examples(LABELS, 2, 3).tolist() == []


def test_the_share_of_the_most_frequent_class():
    assert most_frequent_share(np.array([0, 1, 1, 2])) == 0.5
