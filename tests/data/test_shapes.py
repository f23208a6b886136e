import hashlib

import numpy as np
import pytest

from cnnlab.data import shapes

# Of 100 images and their kinds. It must never change: whoever trains on them anywhere trains on the same.
EXPECTED = "a3e5e82c3c90bc6225ca17ac3396d93b663e6d0d8abb8d05a542dcd44e519409"


@pytest.fixture(scope="module")
def drawn() -> tuple[np.ndarray, np.ndarray]:
    """Images and kinds of a few hundred shapes."""
    return shapes.draw(600, 0)


def covered(kind: str, side: int = 800) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """A shape on a fine grid from -1 to 1: where it is, (side, side) bool, and the grid's coordinates."""
    line = (np.arange(side) + 0.5) / side * 2 - 1
    u, v = np.meshgrid(line, line)
    return shapes.SHAPES[kind](u, v) < 0, u, v


def test_the_bytes_are_the_same_everywhere():
    x, y = shapes.draw(100, 0)
    assert hashlib.sha256(x.tobytes() + y.tobytes()).hexdigest() == EXPECTED


def test_images_are_bytes_in_colour_and_the_kinds_are_equally_frequent_and_shuffled(drawn):
    x, y = drawn
    assert x.shape == (600, shapes.SIDE, shapes.SIDE, 3)
    assert (x.dtype, y.dtype) == (np.uint8, np.uint8)
    assert np.bincount(y).tolist() == [60] * len(shapes.SHAPES)
    assert 0.05 < np.mean(y[1:] == y[:-1]) < 0.15


def test_any_number_of_images_can_be_drawn_and_kinds_differ_by_one_at_most():
    x, y = shapes.draw(13, 3)
    assert len(x) == 13 and sorted(np.bincount(y, minlength=10)) == [1] * 7 + [2] * 3


def test_no_image_repeats_within_a_stream_or_in_another(drawn):
    others, _ = shapes.draw(600, 1)
    assert len({image.tobytes() for image in np.concatenate([drawn[0], others])}) == 1200


def test_a_shape_is_lighter_than_its_background_and_keeps_off_the_corners(drawn):
    light = drawn[0].mean(axis=3) > 255 * (shapes.DARKEST_INK + shapes.LIGHTEST_PAPER) / 2
    shares = light.mean(axis=(1, 2))
    assert ((shares > 0.02) & (shares < 0.6)).mean() > 0.95
    assert light[:, 0, 0].mean() < 0.02


def test_every_place_is_taken_equally_often_and_every_direction(drawn):
    """No half of the image is favoured: of a thing that may be anywhere, the mean image is symmetric."""
    mean = drawn[0].mean(axis=(0, 3))
    for halves in (mean.mean(axis=0), mean.mean(axis=1)):
        np.testing.assert_allclose(halves[:16].mean(), halves[16:].mean(), rtol=0.03)
    cosine, sine = shapes._directions(20_000, np.random.default_rng(0))
    np.testing.assert_allclose(cosine**2 + sine**2, 1)
    octants, _ = np.histogram(np.arctan2(sine, cosine), bins=8, range=(-np.pi, np.pi))
    np.testing.assert_allclose(octants, 2500, rtol=0.1)


@pytest.mark.parametrize(
    ("kind", "area"),
    [
        ("Circle", np.pi),
        ("Ring", np.pi * (1 - 0.56**2)),
        ("Triangle", 3 * np.sqrt(3) / 4),
        ("Square", 1.5**2),
        ("Pentagon", 2.5 * np.sin(2 * np.pi / 5)),
        ("Star", 5 * np.sin(np.pi / 5) * np.sin(np.pi / 10) / np.sin(7 * np.pi / 10)),
        ("Cross", 2 * 1.9 * 0.56 - 0.56**2),
        ("Heart", 1.2**2 + np.pi * 0.6**2),
    ],
)
def test_a_shape_has_the_area_of_its_geometry(kind, area):
    inside, _, _ = covered(kind)
    assert inside.mean() * 4 == pytest.approx(area, rel=0.01)


@pytest.mark.parametrize("kind", shapes.SHAPES)
def test_a_shape_stays_in_its_circle_and_so_in_the_image(kind):
    """The circle around a shape is wider than its square by √2 at most, which the margin need not hold."""
    inside, u, v = covered(kind)
    assert 0.1 < inside.mean() < 0.8
    assert np.sqrt(u**2 + v**2)[inside].max() < 1.1


def test_edges_are_smooth():
    """Pixels that an edge crosses have a colour between both."""
    x, _ = shapes.draw(200, 5)
    image = x.astype(float).mean(axis=3)
    between = [
        np.mean((each > np.quantile(each, 0.02) + 40) & (each < np.quantile(each, 0.98) - 40))
        for each in image
        if np.ptp(each) > 120
    ]
    assert len(between) > 20 and np.mean(between) > 0.03
