import numpy as np
import pytest
from PIL import Image

from cnnlab.data.own.fitting import fitted

RAMP = Image.fromarray(np.tile(np.arange(0, 160, 2, dtype=np.uint8), (40, 1))).convert("RGB")  # 80×40


def test_a_picture_of_the_right_size_stays_as_it_is():
    pixels = np.random.default_rng(0).integers(0, 256, (9, 12, 3), dtype=np.uint8)
    for fit in ("pad", "crop"):
        np.testing.assert_array_equal(fitted(Image.fromarray(pixels), 9, 12, 3, fit), pixels)


def test_pad_keeps_all_of_the_picture_and_adds_black_on_both_sides():
    image = fitted(RAMP, 20, 20, 1, "pad")[..., 0]
    assert image.shape == (20, 20)
    assert not image[:5].any() and not image[15:].any()
    np.testing.assert_array_equal(image[5:15], np.tile(np.arange(20) * 8 + 3, (10, 1)))  # means of four


def test_crop_fills_the_image_with_the_middle():
    image = fitted(RAMP, 20, 20, 1, "crop")[..., 0]
    np.testing.assert_array_equal(image, np.tile(41 + 4 * np.arange(20), (20, 1)))  # means of two


def test_crop_of_a_high_picture_is_its_middle_too():
    image = fitted(RAMP.transpose(Image.Transpose.TRANSPOSE), 20, 20, 1, "crop")[..., 0]
    np.testing.assert_array_equal(image, np.tile(41 + 4 * np.arange(20), (20, 1)).T)


@pytest.mark.parametrize("fit", ["pad", "crop"])
@pytest.mark.parametrize("size", [(1, 1), (1, 500), (500, 1), (7, 9), (151, 149)])
def test_every_shape_becomes_the_image_that_is_asked_for(size, fit):
    image = fitted(Image.new("RGB", size, "white"), 16, 24, 3, fit)
    assert (image.shape, image.dtype) == ((16, 24, 3), np.uint8)
    if fit == "crop":
        assert image.min() == 255


def test_transparent_parts_are_black():
    picture = Image.new("RGBA", (16, 16), (255, 255, 255, 0))
    picture.paste((255, 255, 255, 255), (0, 0, 8, 16))
    image = fitted(picture, 16, 16, 1, "pad")[..., 0]
    assert image[:, :8].min() == 255 and image[:, 8:].max() == 0


def test_colours_become_greys_by_their_brightness():
    assert fitted(Image.new("RGB", (8, 8), (255, 0, 0)), 8, 8, 1, "pad")[0, 0, 0] == 76
