import struct
import zlib
from io import BytesIO

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image, ImageOps

from cnnlab.data import pixels, registry
from cnnlab.data.drawing import INK, fit_drawing
from cnnlab.data.upload import MAX_PIXELS, SWAP, UPLOAD, read_upload
from cnnlab.errors import PictureRefused

SHAPE = (28, 28, 1)
SCALED = "It was scaled from 56×56 to 28×28 pixels."
# Even numbers in blocks of four pixels, so that the mean over each block is a whole number.
GREYS = np.random.default_rng(0).integers(0, 64, (28, 28), dtype=np.uint8) * 2
LARGE = Image.fromarray(GREYS.repeat(2, axis=0).repeat(2, axis=1))


def saved(picture: Image.Image, format: str = "PNG", **options) -> bytes:
    buffer = BytesIO()
    picture.save(buffer, format, **options)
    return buffer.getvalue()


def even(colour, mode: str = "RGB", size: tuple[int, int] = (28, 28)) -> bytes:
    return saved(Image.new(mode, size, colour))


def png_header(width: int, height: int) -> bytes:
    """A PNG that promises so many pixels and holds none."""

    def chunk(name: bytes, content: bytes) -> bytes:
        return (
            struct.pack(">I", len(content)) + name + content + struct.pack(">I", zlib.crc32(name + content))
        )

    header = struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", b"") + chunk(b"IEND", b"")


def with_alpha(picture: Image.Image, alpha: int) -> Image.Image:
    picture = picture.convert("RGBA")
    picture.putalpha(alpha)
    return picture


def test_an_image_of_the_data_set_comes_back_as_it_is():
    images = registry.load("mnist", "sample").x_test[:1]
    image, notes = read_upload(saved(Image.fromarray(images[0, ..., 0])), SHAPE)
    assert (image.shape, image.dtype, notes) == (SHAPE, np.float32, ())
    np.testing.assert_array_equal(image, pixels.scaled(images)[0])


@pytest.mark.parametrize(
    ("content", "tolerance", "note"),
    [
        (saved(LARGE), 0, None),
        (saved(LARGE.convert("LA")), 0, None),
        (saved(LARGE.convert("RGB")), 0, None),
        (saved(LARGE.convert("P")), 0, None),
        (saved(LARGE.convert("RGB").quantize(128)), 0, None),
        (saved(Image.fromarray(np.asarray(LARGE).astype(np.uint16) * 257)), 0, "65,536"),
        (saved(LARGE, "JPEG", quality=100), 2, None),
        (saved(LARGE, "JPEG", quality=100, progressive=True), 2, None),
        (saved(LARGE.convert("RGB"), "JPEG", quality=100), 2, None),
        (saved(LARGE.convert("CMYK"), "JPEG", quality=100, subsampling=0), 4, None),
    ],
    ids=["L", "LA", "RGB", "P", "palette", "16 bit", "JPEG L", "progressive", "JPEG RGB", "JPEG CMYK"],
)
def test_every_kind_of_file_gives_the_same_greys_each_the_mean_of_its_area(content, tolerance, note):
    image, notes = read_upload(content, SHAPE)
    np.testing.assert_allclose(image[..., 0] * 255, GREYS, atol=tolerance + 1e-3)
    assert [sentence for sentence in notes if sentence != SCALED] == [n for n in notes if note and note in n]
    assert SCALED in notes and (len(notes) == 2) == bool(note)


@pytest.mark.parametrize(
    ("colour", "weight"), [((255, 0, 0), 0.299), ((0, 255, 0), 0.587), ((0, 0, 255), 0.114)]
)
def test_colours_become_greys_by_their_brightness(colour, weight):
    image, notes = read_upload(even(colour), SHAPE)
    np.testing.assert_allclose(image, weight, atol=1 / 255)
    assert "Its colours became levels of grey." in notes


def test_colours_stay_where_the_data_set_has_colours():
    image, notes = read_upload(even((255, 0, 102), size=(56, 56)), (28, 28, 3))
    np.testing.assert_allclose(image, np.broadcast_to(np.float32([1, 0, 0.4]), (28, 28, 3)))
    assert not [note for note in notes if "colours" in note]


@pytest.mark.parametrize("invert", [False, True])
def test_transparent_parts_are_black_whatever_colour_is_hidden_in_them(invert):
    picture = with_alpha(Image.new("L", (28, 28), 255), 0)
    picture.paste((128, 128, 128, 255), (7, 7, 21, 21))
    image, notes = read_upload(saved(picture), SHAPE, invert=invert)
    expected = np.zeros(SHAPE)
    expected[7:21, 7:21] = (127 if invert else 128) / 255
    np.testing.assert_allclose(image, expected)
    assert notes == ("Its transparent parts count as black.",)


def test_an_alpha_channel_that_hides_nothing_is_not_mentioned():
    assert read_upload(saved(with_alpha(LARGE, 255)), SHAPE)[1] == (SCALED,)


def test_half_transparent_white_is_grey():
    image, _ = read_upload(saved(with_alpha(Image.new("L", (28, 28), 255), 51)), SHAPE)
    np.testing.assert_allclose(image, 0.2)


@pytest.mark.parametrize(
    ("size", "rows", "columns"),
    [
        ((5000, 3000), slice(5, 22), slice(0, 28)),
        ((3000, 5000), slice(0, 28), slice(5, 22)),
        ((5000, 1), slice(13, 14), slice(0, 28)),
        ((1, 5000), slice(0, 28), slice(13, 14)),
        ((14, 7), slice(7, 21), slice(0, 28)),
        ((1, 1), slice(0, 28), slice(0, 28)),
    ],
)
def test_the_proportions_are_kept_and_black_is_added_on_both_sides(size, rows, columns):
    image, notes = read_upload(even(255, "L", size), SHAPE)
    expected = np.zeros(SHAPE)
    expected[rows, columns] = 1
    np.testing.assert_array_equal(image, expected)
    fitting = f"{columns.stop - columns.start}×{rows.stop - rows.start}"
    assert notes[0] == f"It was scaled from {size[0]}×{size[1]} to {fitting} pixels."
    padded = "Black was added beside it, up to 28×28 pixels."
    assert (padded in notes) == (fitting != "28×28")


def test_a_large_jpeg_gives_the_mean_of_each_area():
    ramp = np.linspace(0, 255, 2800).astype(np.uint8)
    image, notes = read_upload(saved(Image.fromarray(np.tile(ramp, (2800, 1))), "JPEG"), SHAPE)
    expected = ramp.reshape(28, 100).mean(axis=1) / 255
    np.testing.assert_allclose(image[..., 0], np.tile(expected, (28, 1)), atol=0.01)
    assert "It was scaled from 2800×2800 to 28×28 pixels." in notes


@pytest.mark.parametrize("orientation", range(1, 9))
@pytest.mark.parametrize("format", ["PNG", "JPEG"])
def test_a_photograph_is_turned_as_its_camera_was_held(orientation, format):
    exif = Image.Exif()
    exif[0x0112] = orientation
    picture = LARGE.crop((0, 0, 56, 28))
    content = saved(picture, format, exif=exif)
    upright = ImageOps.exif_transpose(Image.open(BytesIO(content)))
    image, notes = read_upload(content, SHAPE)
    expected, _ = read_upload(saved(upright), SHAPE)
    np.testing.assert_array_equal(image, expected)
    assert ("It was turned upright, as its EXIF data say." in notes) == (orientation > 1)
    size = "×".join(map(str, upright.size))
    assert any(note.startswith(f"It was scaled from {size} to ") for note in notes) == (size != "28×28")


def test_exif_data_that_cannot_be_read_do_not_matter():
    content = saved(LARGE, "JPEG", quality=100, exif=b"Exif\0\0nonsense")
    np.testing.assert_allclose(read_upload(content, SHAPE)[0][..., 0] * 255, GREYS, atol=2)


def test_of_an_animation_the_first_picture_is_taken():
    content = saved(LARGE, save_all=True, append_images=[Image.new("L", (56, 56), 200)])
    image, notes = read_upload(content, SHAPE)
    np.testing.assert_allclose(image[..., 0] * 255, GREYS, atol=1e-3)
    assert "Of its pictures, the first was taken." in notes


def test_inverting_swaps_dark_and_bright():
    content = saved(Image.fromarray(GREYS))
    swapped, _ = read_upload(content, SHAPE, invert=True)
    np.testing.assert_allclose(swapped, 1 - read_upload(content, SHAPE)[0], atol=1e-6)


@pytest.mark.parametrize(("ground", "invert"), [(230, False), (230, True), (20, False), (20, True)])
def test_a_bright_border_advises_to_swap_dark_and_bright(ground, invert):
    picture = Image.new("L", (280, 280), ground)
    picture.paste(250 - ground, (100, 100, 180, 180))
    _, notes = read_upload(saved(picture), SHAPE, invert=invert)
    advice = [note for note in notes if SWAP in note]
    if (ground > 127) != invert:
        assert advice == [
            "Its border is bright, but the data set's images are bright on black: "
            f"turn '{SWAP}' {'off' if invert else 'on'}."
        ]
    else:
        assert advice == []


def test_an_even_picture_is_remarked_on():
    hidden = with_alpha(Image.new("L", (28, 28), 0), 0)
    hidden.paste((0, 0, 0, 255), (7, 7, 21, 21))  # black ink on a transparent ground
    _, notes = read_upload(saved(hidden), SHAPE)
    assert f"so there is nothing to recognise: turn '{SWAP}' on, or choose another." in notes[-1]
    _, notes = read_upload(saved(hidden), SHAPE, invert=True)
    assert notes == ("Its transparent parts count as black.",)


@pytest.mark.parametrize(
    ("content", "rule"),
    [
        (b"", "The file is empty"),
        (b"no picture at all", "This is no PNG or JPEG picture"),
        (saved(LARGE, "GIF"), "This is no PNG or JPEG picture"),
        (saved(LARGE, "TIFF"), "This is no PNG or JPEG picture"),
        (saved(LARGE)[:20], "This is no PNG or JPEG picture"),
        (saved(LARGE)[:-200], "This picture is damaged or incomplete"),
        (saved(LARGE, "JPEG")[:-200], "This picture is damaged or incomplete"),
        (png_header(28, 28), "This picture is damaged or incomplete"),
        (png_header(8000, 5001), f"A picture may have {MAX_PIXELS:,} pixels, this one has 8000×5001"),
        (png_header(60_000, 60_000), f"A picture may have {MAX_PIXELS:,} pixels"),
    ],
    ids=[
        *("empty", "text", "GIF", "TIFF", "cut in its header", "cut PNG", "cut JPEG"),
        *("no pixels", "too large", "far too large"),
    ],
)
def test_what_cannot_be_read_is_refused_with_a_sentence_that_names_the_control(content, rule):
    with pytest.raises(PictureRefused, match=rf"^{rule}.*'{UPLOAD}'\.$"):
        read_upload(content, SHAPE)


def test_as_many_pixels_as_are_allowed_get_as_far_as_decoding_and_more_do_not():
    with pytest.raises(PictureRefused, match="damaged"):
        read_upload(png_header(8000, 5000), SHAPE)
    with pytest.raises(PictureRefused, match="A picture may have"):
        read_upload(png_header(8000, 5001), SHAPE)


WHOLE = [
    saved(LARGE),
    saved(LARGE.convert("RGB").quantize(16)),
    saved(with_alpha(LARGE, 100), save_all=True, append_images=[with_alpha(LARGE, 20)]),
    saved(LARGE, "JPEG"),
    saved(LARGE.convert("CMYK"), "JPEG", exif=b"Exif\0\0MM\0*\0\0\0\x08\0\x01\x01\x12\0\x03\0\0\0\x01\0\x06"),
]


@pytest.mark.filterwarnings("ignore")  # Pillow warns of what it then reads, or refuses, all the same
@settings(deadline=None, max_examples=300)
@given(
    st.sampled_from(WHOLE),
    st.dictionaries(st.integers(0, 400), st.integers(0, 255), max_size=6),
    st.integers(0, 3000),
)
def test_a_damaged_file_gives_an_image_or_a_sentence_and_nothing_else(content, changes, end):
    damaged = bytearray(content[:end])
    for place, byte in changes.items():
        damaged[place : place + 1] = bytes([byte])
    try:
        image, _ = read_upload(bytes(damaged), SHAPE)
    except PictureRefused as refused:
        assert str(refused).endswith(f"'{UPLOAD}'.")
    else:
        assert image.shape == SHAPE and image.min() >= 0 and image.max() <= 1


# Drawings.


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
    again = [fit_drawing(redrawn(image, factor, generator), dataset, SHAPE)[..., 0] for image in clear]
    errors = np.abs(np.array(again) - clear).mean(axis=(1, 2))
    # A few garments of the original are not as its authors describe.
    assert np.mean(errors < 1e-4) > {"mnist": 0.99, "fashion-mnist": 0.9}[dataset]


@pytest.mark.parametrize("dataset", ["mnist", "fashion-mnist"])
def test_faint_outer_rows_change_an_image_little(dataset):
    images = pixels.scaled(registry.load(dataset, "sample").x_test[:300])[..., 0]
    generator = np.random.default_rng(0)
    again = [fit_drawing(redrawn(image, 5, generator), dataset, SHAPE)[..., 0] for image in images]
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
    image = fit_drawing(canvas, "mnist", SHAPE)
    assert (image.shape, image.dtype) == (SHAPE, np.float32)
    height, width = lengths(ink_box(image[..., 0]))
    assert max(height, width) == 20
    before = lengths(ink_box(canvas))
    assert abs(min(height, width) - 20 * min(before) / max(before)) <= 1
    for axis in (0, 1):
        mass = image[..., 0].sum(axis=1 - axis)
        assert abs(np.average(np.arange(28), weights=mass) - 14) <= 0.5 + 1e-6


@pytest.mark.parametrize("dataset", ["fashion-mnist", "another"])
@pytest.mark.parametrize("name", DRAWINGS)
def test_elsewhere_the_longer_side_takes_the_whole_image_and_the_box_lies_in_the_middle(name, dataset):
    rows, columns = ink_box(fit_drawing(DRAWINGS[name], dataset, SHAPE)[..., 0])
    assert max(lengths((rows, columns))) == 28
    assert 0 <= rows.start - (28 - rows.stop) <= 1
    assert 0 <= columns.start - (28 - columns.stop) <= 1


@pytest.mark.parametrize("dataset", ["mnist", "fashion-mnist"])
@pytest.mark.parametrize("width", [1, 33, 46, 99])
def test_no_ink_is_lost_where_the_shorter_side_takes_no_whole_number_of_pixels(dataset, width):
    image = fit_drawing(drawn((20, 120, 10, 10 + width)), dataset, SHAPE)
    pixel = 100 / {"mnist": 20, "fashion-mnist": 28}[dataset]  # of the canvas, along a side
    np.testing.assert_allclose(image.sum() * pixel**2, 100 * width, rtol=1e-5)


def test_ink_far_from_the_centre_of_mass_stays_in_the_image():
    far = drawn((0, 40, 0, 40), (70, 72, 40, 100))
    rows, columns = ink_box(fit_drawing(far, "mnist", SHAPE)[..., 0])
    assert lengths((rows, columns)) == (15, 20)  # 72 by 100
    assert columns == slice(8, 28)  # its centre of mass would want more room on the right


@pytest.mark.parametrize("dataset", ["mnist", "fashion-mnist"])
def test_centred_it_does_not_matter_where_the_drawing_lies(dataset):
    moved = np.roll(SEVEN, (25, -17), axis=(0, 1))
    np.testing.assert_array_equal(fit_drawing(moved, dataset, SHAPE), fit_drawing(SEVEN, dataset, SHAPE))


def test_uncentred_each_pixel_is_the_mean_of_its_part_of_the_canvas():
    canvas = np.random.default_rng(0).random((140, 140), np.float32)
    expected = canvas.reshape(28, 5, 28, 5).mean(axis=(1, 3))
    for dataset in ("mnist", "fashion-mnist"):
        image = fit_drawing(canvas, dataset, SHAPE, centred=False)
        np.testing.assert_allclose(image[..., 0], expected, atol=1e-6)


def test_uncentred_a_drawing_that_moves_moves_the_image():
    image = fit_drawing(SEVEN, "mnist", SHAPE, centred=False)
    moved = fit_drawing(np.roll(SEVEN, (10, -15), axis=(0, 1)), "mnist", SHAPE, centred=False)
    np.testing.assert_allclose(moved, np.roll(image, (2, -3), axis=(0, 1)), atol=1e-6)


@pytest.mark.parametrize("centred", [True, False])
@pytest.mark.parametrize("dataset", ["mnist", "fashion-mnist"])
def test_images_of_another_shape_are_filled_alike_in_every_channel(dataset, centred):
    image = fit_drawing(SEVEN, dataset, (32, 40, 3), centred=centred)
    assert image.shape == (32, 40, 3)
    np.testing.assert_array_equal(image, image[..., :1].repeat(3, axis=2))
    height, _ = lengths(ink_box(image[..., 0]))
    # 90 of 140 pixels are drawn on; centred, they take 20 of 28 parts, or all.
    assert height == ({"mnist": 23, "fashion-mnist": 32}[dataset] if centred else 22)


@pytest.mark.parametrize("centred", [True, False])
@pytest.mark.parametrize("canvas", [np.zeros((140, 140), np.float32), np.full((140, 140), INK, np.float32)])
def test_an_empty_drawing_is_refused_with_a_way_out(canvas, centred):
    with pytest.raises(PictureRefused, match=r"^Nothing is drawn yet: draw .*, or choose a test image\.$"):
        fit_drawing(canvas, "mnist", SHAPE, centred=centred)


def test_the_faint_rim_that_an_eraser_leaves_does_not_count():
    rimmed = SEVEN.copy()
    rimmed[130, 5:135] = INK
    np.testing.assert_array_equal(
        fit_drawing(rimmed, "fashion-mnist", SHAPE), fit_drawing(SEVEN, "fashion-mnist", SHAPE)
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
        fit_drawing(canvas, "mnist", SHAPE)
