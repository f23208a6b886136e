import numpy as np
from PIL import Image

from cnnlab.views.pictures.overlay import enlarge, overlay


def test_heat_covers_the_image_by_sign_and_strength():
    image = np.full((1, 3, 1), 0.5, np.float32)
    [[none, much_less, little_more]] = overlay(image, np.array([[0, -2.0, 0.2]], np.float32), 2.0)
    np.testing.assert_allclose(none, 0.5)
    assert much_less[0] > much_less[2], "orange"
    assert little_more[2] > little_more[0], "blue"
    assert np.abs(much_less - 0.5).max() > np.abs(little_more - 0.5).max()


def test_a_coarse_map_is_enlarged_to_the_image_as_pillow_does_it():
    heat = np.random.default_rng(1).random((5, 5), np.float32)
    expected = Image.fromarray(heat).resize((28, 28), Image.Resampling.BILINEAR)
    np.testing.assert_allclose(enlarge(heat, (28, 28)), np.asarray(expected))
