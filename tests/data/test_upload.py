import struct
import zlib
from io import BytesIO

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image, ImageOps

from cnnlab.data import pixels, registry
from cnnlab.data.picture_files import MAX_PIXELS
from cnnlab.data.upload import SWAP, UPLOAD, read_upload
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
    assert "Only its first picture was used." in notes


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


COLOURS = np.random.default_rng(4).integers(0, 128, (20, 30, 3), dtype=np.uint8) * 2


def test_an_image_of_a_set_in_colour_that_is_not_square_comes_back_as_it_is():
    for on_black in (True, False):
        image, notes = read_upload(saved(Image.fromarray(COLOURS)), (20, 30, 3), on_black=on_black)
        np.testing.assert_array_equal(image, COLOURS.astype(np.float32) / np.float32(255))
        assert notes == ()


@pytest.mark.parametrize("shape", [(8, 8, 1), (32, 32, 3), (20, 30, 3), (150, 150, 3)])
def test_for_a_set_that_is_not_on_black_the_middle_is_cut_out_and_nothing_is_advised(shape):
    height, width, channels = shape
    picture = Image.new("RGB", (8 * width, 4 * height), (255, 0, 0))
    picture.paste((0, 102, 255), (2 * width, 0, 6 * width, 4 * height))
    image, notes = read_upload(saved(picture), shape, on_black=False)
    expected = (0, 0.4, 1) if channels == 3 else (round(0.587 * 102 + 0.114 * 255) / 255,)
    np.testing.assert_allclose(image, np.broadcast_to(expected, shape), atol=1 / 255)
    assert f"Its middle was cut out: the data set's images are {width}×{height} pixels." in notes
    assert not any(SWAP in note or "Black was added" in note for note in notes)


def test_a_bright_border_is_no_mistake_for_a_set_that_is_not_on_black():
    picture = Image.new("RGB", (32, 32), (250, 250, 250))
    picture.paste((20, 90, 20), (8, 8, 24, 24))
    assert read_upload(saved(picture), (32, 32, 3), on_black=False)[1] == ()
    assert any("Its border is bright" in note for note in read_upload(saved(picture), (32, 32, 3))[1])
