"""What is measured of a data set's images, held against what their authors say, and against made-up ones."""

import numpy as np
import pytest

from cnnlab.data.centring import Framing
from cnnlab.data.ground import Ground, ground, measured
from tests.own_datasets import SHAPES, arrays_of, own_dataset


@pytest.mark.parametrize(
    ("dataset", "framing"),
    [("mnist", Framing(20, by_mass=True)), ("fashion-mnist", Framing(28, by_mass=False))],
)
def test_the_sets_on_black_are_framed_as_their_authors_describe(dataset, framing):
    assert ground(dataset) == Ground(True, framing)


def test_a_set_that_a_person_brought_is_measured_too():
    with own_dataset("For the ground", shape=(12, 10, 3)) as dataset:
        assert ground(dataset) == Ground(False, None)


def test_nothing_is_downloaded_to_measure_it(monkeypatch):
    monkeypatch.setattr("cnnlab.data.ground.source_at_hand", lambda dataset: None)
    assert ground("mnist") is None


@pytest.mark.parametrize("shape", SHAPES)
def test_images_that_fill_their_frame_are_not_on_black(shape):
    assert measured(arrays_of(shape)["x_train"]) == Ground(False, None)


@pytest.mark.parametrize("shape", SHAPES)
def test_images_with_a_black_border_are_on_black_and_their_ink_has_the_size_that_it_has(shape):
    images = np.random.default_rng(0).integers(60, 256, (20, *shape), np.uint8)
    images[:, [0, -1]] = images[:, :, [0, -1]] = 0
    found = measured(images)
    assert found.on_black and found.framing is not None
    assert found.framing.longer_side == max(shape[:2]) - 2


def test_ink_that_lies_elsewhere_in_each_image_has_no_framing_in_common():
    generator = np.random.default_rng(0)
    images = np.zeros((100, 32, 32, 3), np.uint8)
    for image in images:
        top, left, side = generator.integers(2, 16), generator.integers(2, 16), generator.integers(4, 14)
        image[top : top + side, left : left + side] = generator.integers(60, 256, 3)
    assert measured(images) == Ground(True, None)


def test_one_bright_channel_is_enough_to_be_no_black_ground():
    images = np.zeros((10, 8, 8, 3), np.uint8)
    images[..., 2] = 120
    assert not measured(images).on_black
    assert measured(np.zeros((10, 8, 8, 1), np.uint8)) == Ground(True, None), "black all over: no ink"
