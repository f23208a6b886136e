import numpy as np
import pytest

from cnnlab.data import pixels, registry
from cnnlab.data.centring import INK, Framing
from cnnlab.data.drawing import fit_drawing
from cnnlab.data.ground import ground
from cnnlab.errors import PictureRefused

SHAPE = (28, 28, 1)
FRAMINGS = {dataset: ground(dataset).framing for dataset in ("mnist", "fashion-mnist")}


def ink_box(image: np.ndarray, above: float = 0.0) -> tuple[slice, slice]:
    rows, columns = (np.flatnonzero((image > above).any(axis=axis)) for axis in (1, 0))
    return slice(rows[0], rows[-1] + 1), slice(columns[0], columns[-1] + 1)


def lengths(place: tuple[slice, slice]) -> tuple[int, int]:
    return place[0].stop - place[0].start, place[1].stop - place[1].start


def redrawn(image: np.ndarray, factor: int, generator: np.random.Generator) -> np.ndarray:
    """The ink of a (28, 28) image, enlarged, somewhere on a black canvas."""
    ink = image[ink_box(image)].repeat(factor, axis=0).repeat(factor, axis=1)
    side = max(ink.shape) + 40
    top, left = (generator.integers(0, side - length + 1) for length in ink.shape)
    canvas = np.zeros((side, side), np.float32)
    canvas[top : top + ink.shape[0], left : left + ink.shape[1]] = ink
    return canvas


def drawn(*boxes: tuple[int, int, int, int], side: int = 140) -> np.ndarray:
    """Boxes of ink: top, bottom, left, right."""
    canvas = np.zeros((side, side), np.float32)
    for top, bottom, left, right in boxes:
        canvas[top:bottom, left:right] = 1
    return canvas


SEVEN = drawn((20, 30, 30, 80), (30, 110, 60, 70))


@pytest.mark.parametrize("dataset", ["mnist", "fashion-mnist"])
@pytest.mark.parametrize("factor", [3, 5, 8])
def test_an_image_of_the_data_set_drawn_large_somewhere_comes_back_as_it_was(dataset, factor):
    images = pixels.scaled(registry.load(dataset, "sample").x_test[:300])[..., 0]
    clear = [image for image in images if ink_box(image, INK) == ink_box(image)]  # no faint outer rows
    assert len(clear) > 200
    generator = np.random.default_rng(factor)
    again = [
        fit_drawing(redrawn(image, factor, generator), SHAPE, FRAMINGS[dataset])[..., 0] for image in clear
    ]
    errors = np.abs(np.array(again) - clear).mean(axis=(1, 2))
    # A few garments of the original are not as its authors describe.
    assert np.mean(errors < 1e-4) > {"mnist": 0.99, "fashion-mnist": 0.9}[dataset]


@pytest.mark.parametrize("dataset", ["mnist", "fashion-mnist"])
def test_faint_outer_rows_change_an_image_little(dataset):
    images = pixels.scaled(registry.load(dataset, "sample").x_test[:300])[..., 0]
    generator = np.random.default_rng(0)
    again = [fit_drawing(redrawn(image, 5, generator), SHAPE, FRAMINGS[dataset])[..., 0] for image in images]
    assert np.abs(np.array(again) - images).mean() < 0.01


DRAWINGS = {
    "seven": SEVEN,
    "upright": drawn((10, 130, 66, 73)),
    "lying": drawn((50, 57, 3, 133)),
    "small": drawn((50, 57, 40, 45)),
    "lopsided": drawn((0, 40, 0, 40), (0, 100, 40, 50)),
}


@pytest.mark.parametrize("name", DRAWINGS)
def test_a_digit_has_20_pixels_on_its_longer_side_and_its_centre_of_mass_in_the_middle(name):
    canvas = DRAWINGS[name]
    image = fit_drawing(canvas, SHAPE, FRAMINGS["mnist"])
    assert (image.shape, image.dtype) == (SHAPE, np.float32)
    height, width = lengths(ink_box(image[..., 0]))
    assert max(height, width) == 20
    before = lengths(ink_box(canvas))
    assert abs(min(height, width) - 20 * min(before) / max(before)) <= 1
    for axis in (0, 1):
        mass = image[..., 0].sum(axis=1 - axis)
        assert abs(np.average(np.arange(28), weights=mass) - 14) <= 0.5 + 1e-6


@pytest.mark.parametrize("name", DRAWINGS)
def test_elsewhere_the_longer_side_takes_the_whole_image_and_the_box_lies_in_the_middle(name):
    rows, columns = ink_box(fit_drawing(DRAWINGS[name], SHAPE, FRAMINGS["fashion-mnist"])[..., 0])
    assert max(lengths((rows, columns))) == 28
    assert 0 <= rows.start - (28 - rows.stop) <= 1
    assert 0 <= columns.start - (28 - columns.stop) <= 1


@pytest.mark.parametrize("dataset", ["mnist", "fashion-mnist"])
@pytest.mark.parametrize("width", [1, 33, 46, 99])
def test_no_ink_is_lost_where_the_shorter_side_takes_no_whole_number_of_pixels(dataset, width):
    image = fit_drawing(drawn((20, 120, 10, 10 + width)), SHAPE, FRAMINGS[dataset])
    pixel = 100 / {"mnist": 20, "fashion-mnist": 28}[dataset]  # of the canvas, along a side
    np.testing.assert_allclose(image.sum() * pixel**2, 100 * width, rtol=1e-5)


def test_ink_far_from_the_centre_of_mass_stays_in_the_image():
    far = drawn((0, 40, 0, 40), (70, 72, 40, 100))
    rows, columns = ink_box(fit_drawing(far, SHAPE, FRAMINGS["mnist"])[..., 0])
    assert lengths((rows, columns)) == (15, 20)  # 72 by 100
    assert columns == slice(8, 28)  # its centre of mass would want more room on the right


@pytest.mark.parametrize("dataset", ["mnist", "fashion-mnist"])
def test_centred_it_does_not_matter_where_the_drawing_lies(dataset):
    moved = np.roll(SEVEN, (25, -17), axis=(0, 1))
    np.testing.assert_array_equal(
        fit_drawing(moved, SHAPE, FRAMINGS[dataset]), fit_drawing(SEVEN, SHAPE, FRAMINGS[dataset])
    )


def test_uncentred_each_pixel_is_the_mean_of_its_part_of_the_canvas():
    canvas = np.random.default_rng(0).random((140, 140), np.float32)
    expected = canvas.reshape(28, 5, 28, 5).mean(axis=(1, 3))
    np.testing.assert_allclose(fit_drawing(canvas, SHAPE)[..., 0], expected, atol=1e-6)


def test_uncentred_a_drawing_that_moves_moves_the_image():
    image = fit_drawing(SEVEN, SHAPE)
    moved = fit_drawing(np.roll(SEVEN, (10, -15), axis=(0, 1)), SHAPE)
    np.testing.assert_allclose(moved, np.roll(image, (2, -3), axis=(0, 1)), atol=1e-6)


# 90 of 140 pixels are drawn on.
@pytest.mark.parametrize(
    ("framing", "wanted"),
    [
        (Framing(23, by_mass=True), 23),
        (Framing(32, by_mass=False), 32),
        (Framing(40, by_mass=False), 32),
        (None, 22),
    ],
)
def test_images_of_another_shape_are_filled_alike_in_every_channel(framing, wanted):
    image = fit_drawing(SEVEN, (32, 40, 3), framing)
    assert image.shape == (32, 40, 3)
    np.testing.assert_array_equal(image, image[..., :1].repeat(3, axis=2))
    height, _ = lengths(ink_box(image[..., 0]))
    assert height == wanted, "and never larger than fits"


@pytest.mark.parametrize("centred", [True, False])
@pytest.mark.parametrize("canvas", [np.zeros((140, 140), np.float32), np.full((140, 140), INK, np.float32)])
def test_an_empty_drawing_is_refused_with_a_way_out(canvas, centred):
    with pytest.raises(PictureRefused, match=r"^Nothing is drawn yet: draw .*, or choose a test image\.$"):
        fit_drawing(canvas, SHAPE, FRAMINGS["mnist"] if centred else None)


def test_the_faint_rim_that_an_eraser_leaves_does_not_count():
    rimmed = SEVEN.copy()
    rimmed[130, 5:135] = INK
    np.testing.assert_array_equal(
        fit_drawing(rimmed, SHAPE, FRAMINGS["fashion-mnist"]),
        fit_drawing(SEVEN, SHAPE, FRAMINGS["fashion-mnist"]),
    )


@pytest.mark.parametrize(
    "canvas",
    [
        np.ones((3, 4)),
        np.ones(4),
        np.ones((4, 4, 1)),
        np.full((4, 4), 1.5),
        np.full((4, 4), -1),
        np.full((4, 4), np.nan),
    ],
)
def test_another_canvas_is_an_error(canvas):
    with pytest.raises(ValueError, match="A canvas must be square with numbers from 0 to 1"):
        fit_drawing(canvas, SHAPE, FRAMINGS["mnist"])
