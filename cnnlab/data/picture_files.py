"""A file of a picture, decoded: upright, in RGB or RGBA, and smaller where it is much larger than needed.

What is made of the picture is said elsewhere: `cnnlab.data.upload` for one picture that is sent through a
network, `cnnlab.data.own` for a data set of one's own.
"""

import struct
import zlib
from io import BytesIO
from typing import Literal, NamedTuple

import numpy as np
from PIL import Image

from cnnlab.errors import PictureRefused
from cnnlab.words import listing

MAX_PIXELS = 40_000_000  # checked before decoding: a small file may hold a picture that fills the memory
COLOURFUL = 8  # of 255: smaller differences of red, green and blue may come from JPEG's rounding
MODES = {1: "L", 3: "RGB"}  # Pillow's names, by channels
TOO_LARGE = f"it may have {MAX_PIXELS:,} pixels, and has "
ORIENTATION = 0x0112  # how the camera was held, in EXIF; 1 is upright
Turn = Image.Transpose
SIDEWAYS = {5: Turn.TRANSPOSE, 6: Turn.ROTATE_270, 7: Turn.TRANSVERSE, 8: Turn.ROTATE_90}
TURNS = {2: Turn.FLIP_LEFT_RIGHT, 3: Turn.ROTATE_180, 4: Turn.FLIP_TOP_BOTTOM, **SIDEWAYS}
# Everything that Pillow's readers raise for a damaged file.
DAMAGED = (OSError, SyntaxError, ValueError, TypeError, LookupError, EOFError, OverflowError)
DAMAGED += (AttributeError, struct.error, zlib.error)

Size = tuple[int, int]  # width and height, as Pillow has them
Fault = Literal["empty", "other format", "too large", "damaged"]


class Unreadable(PictureRefused):
    """A file that holds no picture that can be used. Its message is the reason, a part of a sentence."""

    def __init__(self, fault: Fault, reason: str, received: str = "") -> None:
        """`received`: how many pixels a picture has that is too large."""
        super().__init__(f"{reason}{received}")
        self.fault: Fault = fault
        self.received = received


class Decoded(NamedTuple):
    """A picture and what was done to it."""

    picture: Image.Image
    """In RGB, or in RGBA if it may be transparent; upright."""
    full: Size
    """The size of the upright picture in its file."""
    turned: bool
    """Whether it was turned or mirrored, as its EXIF data say."""


def opened(content: bytes, formats: tuple[str, ...]) -> Image.Image:
    """The picture, not decoded yet, in one of these formats of Pillow's.

    Raises `Unreadable` if it is none ("empty", "other format"), or has too many pixels ("too large").
    """
    if not content:
        raise Unreadable("empty", "the file is empty")
    try:
        file = Image.open(BytesIO(content), formats=formats)
    except Image.DecompressionBombError as error:
        raise Unreadable("too large", TOO_LARGE, "far more") from error
    except DAMAGED as error:
        raise Unreadable("other format", f"it is no picture in {listing(formats, 'or')}") from error
    if file.width * file.height > MAX_PIXELS:
        raise Unreadable("too large", TOO_LARGE, size_text(file.size))
    return file


def decoded(file: Image.Image, frame: Size) -> Decoded:
    """The picture of an opened file, to be scaled to about the size of the frame.

    A JPEG may be decoded at a half, a quarter or an eighth of its size, which is faster and enough here. Of
    an animation it is the first picture. Raises `Unreadable` ("damaged").
    """
    turn, full = _turn(file), upright_size(file)
    try:
        file.draft(None, (8 * frame[0], 8 * frame[1]))
        file.load()
        picture = _in_colour(file)
    except DAMAGED as error:
        raise Unreadable("damaged", "it is damaged or incomplete") from error
    return Decoded(picture if turn is None else picture.transpose(turn), full, turn is not None)


def upright_size(file: Image.Image) -> Size:
    """Width and height of an opened picture once it is turned as its EXIF data say."""
    return file.size[::-1] if _turn(file) in SIDEWAYS.values() else file.size


def _turn(file: Image.Image) -> Turn | None:
    try:
        return TURNS.get(file.getexif().get(ORIENTATION))
    except DAMAGED:  # the pixels may be intact all the same
        return None


def _in_colour(picture: Image.Image) -> Image.Image:
    """Any picture in RGB, or in RGBA if it may be transparent."""
    if picture.mode.startswith("I"):  # 16 bits, which Pillow would clip to 8 instead of scaling them
        return Image.fromarray((np.asarray(picture) >> 8).astype(np.uint8)).convert("RGB")
    mode = "RGBA" if picture.has_transparency_data else "RGB"
    return picture if picture.mode == mode else picture.convert(mode)


def fitting_size(size: Size, frame: Size) -> Size:
    """The largest size of the same proportions within the frame, at least one pixel each way."""
    scale = min(frame[0] / size[0], frame[1] / size[1])
    return max(1, round(size[0] * scale)), max(1, round(size[1] * scale))


def scaling_filter(before: float, after: float) -> Image.Resampling:
    """About the mean over each new pixel's area for a picture that shrinks; smooth for one that grows."""
    return Image.Resampling.BOX if after <= before else Image.Resampling.BILINEAR


def on_ground(picture: Image.Image, ground: str) -> Image.Image:
    """The picture in RGB, its transparent parts on a ground of this colour."""
    if picture.mode != "RGBA":
        return picture
    return Image.alpha_composite(Image.new("RGBA", picture.size, ground), picture).convert("RGB")


def colour_spread(plain: Image.Image) -> int:
    """The largest difference between the channels of a pixel in an RGB picture, from 0 to 255."""
    return int(np.ptp(np.asarray(plain), axis=2).max())


def padded(image: Image.Image, frame: Size) -> Image.Image:
    """The picture in the middle of a black frame."""
    canvas = Image.new(image.mode, frame)
    canvas.paste(image, ((frame[0] - image.width) // 2, (frame[1] - image.height) // 2))
    return canvas


def size_text(size: Size) -> str:
    """'640×480'."""
    return "×".join(map(str, size))
