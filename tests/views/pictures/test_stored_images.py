from io import BytesIO

import numpy as np
from PIL import Image

from cnnlab.views.pictures.stored_images import SHARPER, images_png
from cnnlab.views.pictures.tiles import GUTTER


def picture(images: np.ndarray, columns: int, width: int) -> np.ndarray:
    """(H, W, 4) uint8."""
    return np.asarray(Image.open(BytesIO(images_png(images, columns, width))))


def test_black_is_black_and_255_is_white_and_colours_stay():
    grey = picture(np.array([0, 255], np.uint8).reshape(1, 1, 2, 1), 1, 8)
    assert grey[0, 0].tolist() == [0, 0, 0, 255] and grey[0, -1].tolist() == [255, 255, 255, 255]
    [[colour]] = picture(np.array([255, 0, 128], np.uint8).reshape(1, 1, 1, 3), 1, 1)[:1, :1]
    np.testing.assert_allclose(colour, [255, 0, 128, 255], atol=1)


def test_images_stand_in_rows_with_twice_the_pixels_of_their_place():
    images = np.zeros((10, 28, 28, 1), np.uint8)
    shown = picture(images, 5, 300)
    side = (shown.shape[1] - 4 * GUTTER) // 5
    assert shown.shape[0] == 2 * side + GUTTER
    assert 0.8 < shown.shape[1] / (SHARPER * 300) < 1.2


def test_means_that_are_no_whole_numbers_are_shown_too():
    assert picture(np.full((1, 2, 2, 1), 127.5), 1, 20)[0, 0, 0] in (127, 128)
