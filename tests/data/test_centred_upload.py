"""Uploads, centred and scaled like the data set: what a network answers to them, and when it is advised."""

import numpy as np
import pytest
from PIL import Image, ImageOps

from cnnlab.data import pixels, registry
from cnnlab.data.centring import Framing
from cnnlab.data.drawing import fit_drawing
from cnnlab.data.ground import ground
from cnnlab.data.upload import centred_upload, read_upload
from cnnlab.models import inspection
from cnnlab.models.build import build
from cnnlab.spec import ConvBlock, ConvNetSpec
from tests.data.test_upload import SHAPE, saved

COUNT = 50
LEAST = 0.95  # of the answers stay as they were
FRAMINGS = {dataset: ground(dataset).framing for dataset in ("mnist", "fashion-mnist")}
FRAMES = ("wide margin", "cropped to the ink", "in a corner")


def framed(digit: np.ndarray, frame: str, size: int = 20) -> Image.Image:
    """A digit, (28, 28) uint8, as a person's file would have it: `size` times as large, framed otherwise."""
    large = Image.fromarray(digit).resize((28 * size, 28 * size), Image.Resampling.BICUBIC)
    ink = large.crop(large.point(lambda value: 255 * (value > 12)).getbbox())
    if frame == "cropped to the ink":
        return ink
    picture = Image.new("L", (60 * size, 60 * size))
    picture.paste(ink, (2 * size, 2 * size) if frame == "in a corner" else (18 * size, 18 * size))
    return picture


@pytest.fixture(scope="module")
def network():
    """A small CNN that has learned handwriting."""
    data = registry.load("mnist", "sample")
    model = build(
        ConvNetSpec(blocks=(ConvBlock(filters=16), ConvBlock(filters=16)), dense_units=32), SHAPE, 10, 0
    )
    model.compile("adam", "sparse_categorical_crossentropy")
    model.fit(pixels.scaled(data.x_train), data.y_train, epochs=4, verbose=0)
    return model


@pytest.mark.parametrize("frame", FRAMES)
def test_a_digit_that_is_framed_otherwise_is_recognised_as_the_same_and_centring_is_advised(frame, network):
    digits = registry.load("mnist", "sample").x_test[:COUNT]
    answers = inspection.predict(network, pixels.scaled(digits)).argmax(axis=1)
    uploads = [
        centred_upload(saved(framed(digit[..., 0], frame)), FRAMINGS["mnist"], SHAPE) for digit in digits
    ]
    assert all(upload.advised for upload in uploads)
    images = np.stack([upload.image for upload in uploads])
    agreement = (inspection.predict(network, images).argmax(axis=1) == answers).mean()
    assert agreement >= LEAST


def test_what_is_of_the_data_sets_own_size_may_be_one_of_its_images_and_is_not_advised():
    for dataset in ("mnist", "fashion-mnist"):
        image = registry.load(dataset, "sample").x_test[5, ..., 0]
        upload = centred_upload(saved(Image.fromarray(image)), FRAMINGS[dataset], SHAPE)
        assert not upload.advised


def test_an_enlarged_image_of_the_data_set_is_framed_like_it():
    digits = registry.load("mnist", "sample").x_test[:COUNT, ..., 0]
    large = [Image.fromarray(digit).resize((560, 560), Image.Resampling.BICUBIC) for digit in digits]
    advised = [centred_upload(saved(each), FRAMINGS["mnist"], SHAPE).advised for each in large]
    assert np.mean(advised) < 0.3


@pytest.mark.parametrize("dataset", ["mnist", "fashion-mnist"])
def test_a_black_picture_with_ink_is_centred_as_a_drawing_of_the_same_pixels_is(dataset):
    canvas = np.zeros((200, 200), np.float32)
    canvas[60:140, 30:70] = 1
    canvas[100:120, 70:90] = 0.6
    content = saved(Image.fromarray(np.rint(255 * canvas).astype(np.uint8)))
    image = centred_upload(content, FRAMINGS[dataset], SHAPE).image
    np.testing.assert_allclose(image, fit_drawing(canvas, SHAPE, FRAMINGS[dataset]), atol=1 / 255)


def test_ink_on_paper_is_found_on_an_uneven_background_once_dark_and_bright_are_swapped():
    generator = np.random.default_rng(0)
    paper = np.full((300, 400), 200.0) + generator.normal(0, 4, (300, 400))
    paper[100:180, 150:170] = 30
    content = saved(Image.fromarray(np.clip(paper, 0, 255).astype(np.uint8)))
    assert centred_upload(content, FRAMINGS["mnist"], SHAPE) is None, "bright paper: swap first"
    image = centred_upload(content, FRAMINGS["mnist"], SHAPE, invert=True).image[..., 0]
    rows, columns = np.nonzero(image > 0.5)
    assert (np.ptp(rows) + 1, np.ptp(columns) + 1) == (20, 5)
    assert image[:3].max() < 0.1 and image[:, :5].max() < 0.1, "the paper has become black"


def test_without_ink_there_is_nothing_to_centre():
    assert centred_upload(saved(Image.new("L", (90, 40))), FRAMINGS["mnist"], SHAPE) is None
    grey = ImageOps.expand(Image.new("L", (10, 10), 60), 0)
    assert centred_upload(saved(grey), FRAMINGS["mnist"], SHAPE) is None


def test_a_very_wide_picture_of_a_colour_set_keeps_its_channels():
    picture = Image.new("RGB", (900, 30))
    picture.paste((255, 255, 255), (400, 5, 420, 25))
    image = centred_upload(saved(picture), Framing(32, by_mass=False), (32, 32, 3)).image
    assert image.shape == (32, 32, 3)
    assert read_upload(saved(picture), (32, 32, 3))[0].shape == (32, 32, 3)


def test_the_ink_of_a_picture_in_colour_keeps_its_colours_on_a_ground_that_becomes_black():
    picture = Image.new("RGB", (90, 60), (0, 0, 51))
    picture.paste((255, 102, 51), (30, 10, 50, 50))
    upload = centred_upload(saved(picture), Framing(16, by_mass=False), (20, 30, 3))
    assert upload.advised
    rows, columns = np.nonzero(upload.image.max(axis=2) > 0.5)
    assert (np.ptp(rows) + 1, np.ptp(columns) + 1) == (16, 8)
    np.testing.assert_allclose(upload.image[10, 15], (1, 0.4, 0), atol=0.01)
    np.testing.assert_array_equal(upload.image[:2], 0)
