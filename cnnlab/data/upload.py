"""An uploaded picture becomes one image of a data set.

Proportions are kept. Where the data set's images are bright on black, black is added beside a picture of
other proportions; elsewhere its middle is cut out. Black comes behind transparent parts. Colours stay for a
data set in colour. The sentences name the controls of the page Inside.
"""

from collections.abc import Generator
from contextlib import contextmanager
from typing import NamedTuple

import numpy as np
from PIL import Image, ImageChops, ImageOps

from cnnlab.data import centring, picture_files
from cnnlab.data.centring import Framing
from cnnlab.data.picture_files import (
    COLOURFUL,
    MAX_PIXELS,
    MODES,
    Decoded,
    Fault,
    Size,
    Unreadable,
    colour_spread,
    fitting_size,
    on_ground,
    padded,
    scaling_filter,
    size_text,
)
from cnnlab.data.pixels import scaled
from cnnlab.errors import PictureRefused

UPLOAD = "Upload a PNG or JPEG"  # title of the control for the file
SWAP = "Swap dark and bright"  # title of the control for `invert`

DETAIL = 32  # times the data set's side, in which ink is looked for
EVEN = 1 / 255  # the median deviation of a background that has no noise
CLEAR = 1 / 3  # of the brightest: what counts as ink where the background has noise
FRAMING = 0.1  # a share of the side, or of the ink's length, by which a picture may differ from the data set
BRIGHT = 0.5  # a border with a higher mean is not black, as those of the data sets are

_SENTENCES: dict[Fault, str] = {
    "empty": f"The file is empty: choose another under '{UPLOAD}'.",
    "other format": f"This is no PNG or JPEG picture: choose one under '{UPLOAD}'.",
    "too large": f"A picture may have {MAX_PIXELS:,} pixels, this one has {{received}}: "
    f"make it smaller and choose it again under '{UPLOAD}'.",
    "damaged": "This picture is damaged or incomplete: open it in another program, save it as PNG, "
    f"and choose it again under '{UPLOAD}'.",
}


def read_upload(
    content: bytes, shape: tuple[int, int, int], invert: bool = False, on_black: bool = True
) -> tuple[np.ndarray, tuple[str, ...]]:
    """The picture in a PNG or JPEG file as one image of a data set, and notes on what was done to it.

    It is scaled by area, with its proportions, and centred on black or, if `on_black` is False, cut to those
    of the data set around its middle.

    Args:
        content: The bytes of the file.
        shape: Height, width and channels (1 or 3) of the data set's images.
        invert: Whether to swap dark and bright, as for a photograph of ink on paper.
        on_black: Whether the data set's images are bright on black.

    Returns the image, `shape` float32 in [0, 1], and a sentence for each change and each likely mistake.
    Raises `PictureRefused` for bytes that are no such picture or hold too many pixels.
    """
    height, width, channels = shape
    file = _opened(content)
    picture, full, turned = _decoded(file, (width, height))
    if on_black:
        fitting = fitting_size(full, (width, height))
        small = picture.resize(fitting, scaling_filter(max(picture.size), max(fitting)))
    else:
        fitting = (width, height)
        small = ImageOps.fit(picture, fitting, scaling_filter(min(picture.size), min(fitting)))
    plain = _on_ground(small, invert)
    image = plain.convert(MODES[channels])
    framed = padded(image, (width, height))
    notes = {
        "Only its first picture was used.": file.format == "PNG" and getattr(file, "n_frames", 1) > 1,
        "It was turned upright, as its EXIF data say.": turned,
        "Its 65,536 levels of grey became 256.": file.mode.startswith("I"),
        "Its transparent parts count as black.": _has_transparent_parts(small),
        "Its colours became levels of grey.": channels == 1 and colour_spread(plain) > COLOURFUL,
        f"Its middle was cut out: the data set's images are {size_text(fitting)} pixels.": (
            not on_black and fitting_size(full, fitting) != fitting
        ),
        f"It was scaled from {size_text(full)} to {size_text(image.size)} pixels.": image.size != full,
        f"Black was added beside it, up to {size_text(framed.size)} pixels.": framed.size != image.size,
        **_mistakes(np.asarray(image), invert, on_black),
    }
    pixels = scaled(np.asarray(framed).reshape(1, *shape))[0]
    return pixels, tuple(note for note, applies in notes.items() if applies)


class Centred(NamedTuple):
    """The ink of a picture, scaled and centred as the data set's own images were."""

    image: np.ndarray
    """(H, W, C) float32 in [0, 1]."""
    advised: bool
    """Whether the picture frames its ink otherwise than the data set does: with a wider or a narrower margin,
    or not in the middle. Never for a picture of the data set's own size, which may be one of its images."""


def centred_upload(
    content: bytes, framing: Framing, shape: tuple[int, int, int], invert: bool = False
) -> Centred | None:
    """The picture in a PNG or JPEG file, its ink scaled and centred as `cnnlab.data.centring` says.

    Takes the arguments of `read_upload`, and how the data set's images lie in their frames. What lies at the
    border counts as the background, which becomes black; of a picture in colour, each channel by itself.

    Returns None where there is no ink, or where the background is bright. Raises `PictureRefused` as
    `read_upload` does.
    """
    height, width, channels = shape
    file = _opened(content)
    picture, full, _ = _decoded(file, (width, height))
    enough = fitting_size(picture.size, (DETAIL * width, DETAIL * height))
    if enough < picture.size:
        picture = picture.resize(enough, Image.Resampling.BOX)
    plain = np.asarray(_on_ground(picture, invert).convert(MODES[channels]), np.float32) / 255
    layers = plain.reshape(*plain.shape[:2], channels)
    border = np.concatenate([layers[0], layers[-1], layers[1:-1, 0], layers[1:-1, -1]])  # (pixels, C)
    background = np.median(border, axis=0)
    if background.max() > BRIGHT:
        return None
    canvas = np.clip((layers - background) / (1 - background), 0, 1)
    noise = float(np.median(np.abs(border - background), axis=0).max())
    ink = canvas.max(axis=2)
    faintest = centring.INK if noise < EVEN else max(centring.INK, CLEAR * float(ink.max()))
    box = centring.ink_box(ink, faintest)
    if box is None:
        return None
    image = centring.fitted(canvas, box, framing, shape)
    return Centred(image, full != (width, height) and _framed_otherwise(box, ink.shape, framing, shape))


def _framed_otherwise(
    box: centring.Box, size: tuple[int, ...], framing: Framing, shape: tuple[int, int, int]
) -> bool:
    """Whether the ink is larger, smaller, or further from the middle than in the data set's images."""
    whole = max(size)
    wanted = framing.longer_side / min(shape[:2])
    length = max(stop - start for start, stop in box) / whole
    aside = max(abs(start + stop - side) / 2 for (start, stop), side in zip(box, size, strict=True)) / whole
    return abs(length / wanted - 1) > FRAMING or aside > FRAMING


@contextmanager
def _in_sentences() -> Generator[None]:
    """Says of a file that cannot be read what to do."""
    try:
        yield
    except Unreadable as error:
        raise PictureRefused(_SENTENCES[error.fault].format(received=error.received)) from error


def _opened(content: bytes) -> Image.Image:
    """The picture, not decoded yet. Raises `PictureRefused` if it is none, or too large."""
    with _in_sentences():
        return picture_files.opened(content, ("PNG", "JPEG"))


def _decoded(file: Image.Image, frame: Size) -> Decoded:
    """The picture upright, in RGB or RGBA. Raises `PictureRefused` where it is damaged."""
    with _in_sentences():
        return picture_files.decoded(file, frame)


def _on_ground(small: Image.Image, invert: bool) -> Image.Image:
    """The picture in RGB, inverted on request; transparent parts become black either way."""
    plain = on_ground(small, "white" if invert else "black")
    return ImageChops.invert(plain) if invert else plain


def _has_transparent_parts(picture: Image.Image) -> bool:
    return picture.mode == "RGBA" and bool((np.asarray(picture)[..., 3] < 255).any())


def _mistakes(pixels: np.ndarray, invert: bool, on_black: bool) -> dict[str, bool]:
    """Likely mistakes in an image, (h, w) or (h, w, 3) uint8, with the control that mends each."""
    even = bool(pixels.min() == pixels.max())
    if not on_black:
        return {f"It is the same everywhere: choose another under '{UPLOAD}'.": even}
    border = np.concatenate([pixels[0], pixels[-1], pixels[:, 0], pixels[:, -1]])
    advice = f"turn '{SWAP}' {'off' if invert else 'on'}"
    return {
        f"It is the same everywhere, so there is nothing to recognise: {advice}, or choose another.": even,
        f"Its border is bright, but the data set's images are bright on black: {advice}.": (
            not even and bool(border.mean() > BRIGHT * 255)
        ),
    }
