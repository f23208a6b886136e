"""A user's own picture, uploaded or drawn, made into one image as a data set has them.

The images of the data sets are bright on black, so black is the ground here: beside a picture that is not
square, and behind transparent parts. Proportions are kept. This file knows nothing of networks and
screens; it only names the controls to which its sentences send the user.
"""

import struct
import zlib
from io import BytesIO
from math import ceil

import numpy as np
from PIL import Image, ImageChops

from cnnlab.data.registry import scaled

UPLOAD = "Upload a PNG or JPEG"  # the title of the control that hands over the file
SWAP = "Swap dark and bright"  # the title of the control that sets `invert`

MAX_PIXELS = 40_000_000  # checked before decoding: a small file may hold a picture that fills the memory
COLOURFUL = 8  # of 255: where red, green and blue differ by less, JPEG's rounding may be all there is
BRIGHT = 0.5  # a border that is brighter on average is not the black ground of the data sets
INK = 0.05  # what is fainter is no ink: the soft rim that a brush or an eraser leaves
DIGIT_SHARE = 20 / 28  # of an image's side: as far as the longer side of a digit in MNIST reaches

MODES = {1: "L", 3: "RGB"}  # Pillow's names, by channels
ORIENTATION = 0x0112  # how the camera was held, in EXIF; 1 is upright
Turn = Image.Transpose
SIDEWAYS = {5: Turn.TRANSPOSE, 6: Turn.ROTATE_270, 7: Turn.TRANSVERSE, 8: Turn.ROTATE_90}
TURNS = {2: Turn.FLIP_LEFT_RIGHT, 3: Turn.ROTATE_180, 4: Turn.FLIP_TOP_BOTTOM, **SIDEWAYS}
# Everything that Pillow's readers raise where a file is damaged.
DAMAGED = (OSError, SyntaxError, ValueError, TypeError, LookupError, EOFError, OverflowError)
DAMAGED += (AttributeError, struct.error, zlib.error)

Size = tuple[int, int]  # width and height, as Pillow has them


class PictureRefused(ValueError):
    """A picture that cannot become an image; the message tells the user why, and what to do."""


def read_upload(
    content: bytes, shape: tuple[int, int, int], invert: bool = False
) -> tuple[np.ndarray, tuple[str, ...]]:
    """The picture in a PNG or JPEG file as one image of a data set, and what became of it.

    It is scaled by area, proportions kept, and centred on black.

    Args:
        content: The bytes of the file.
        shape: Height, width and channels (1 or 3) of the data set's images.
        invert: Whether dark and bright change places, as a photograph of ink on paper needs it.

    Returns the image, `shape` float32 in [0, 1], and a sentence for each thing that was done to it or is
    odd about it. Raises `PictureRefused` for bytes that are no such picture or hold too many pixels.
    """
    height, width, channels = shape
    file = _opened(content)
    full = file.size
    picture, turned = _decoded(file, (width, height))
    if turned in SIDEWAYS.values():
        full = full[::-1]
    fitting = _fitting(full, (width, height))
    small = picture.resize(fitting, _filter(max(picture.size), max(fitting)))
    plain = _on_ground(small, invert)
    image = plain.convert(MODES[channels])
    padded = _padded(image, (width, height))
    notes = {
        "Of its pictures, the first was taken.": file.format == "PNG" and getattr(file, "n_frames", 1) > 1,
        "It was turned upright, as its EXIF data say.": turned is not None,
        "Its 65,536 levels of grey became 256.": file.mode.startswith("I"),
        "Its transparent parts count as black.": small.mode == "RGBA" and small.getextrema()[3][0] < 255,
        "Its colours became levels of grey.": channels == 1 and _spread(plain) > COLOURFUL,
        f"It was scaled from {_shown(full)} to {_shown(image.size)} pixels.": image.size != full,
        f"Black was added beside it, up to {_shown(padded.size)} pixels.": padded.size != image.size,
        **_oddities(np.asarray(image), invert),
    }
    pixels = scaled(np.asarray(padded).reshape(1, *shape))[0]
    return pixels, tuple(note for note, holds in notes.items() if holds)


def _opened(content: bytes) -> Image.Image:
    """The picture, not decoded yet; refused where it is none, or too large."""
    if not content:
        raise PictureRefused(f"The file is empty: choose another under '{UPLOAD}'.")
    try:
        file = Image.open(BytesIO(content), formats=("PNG", "JPEG"))
    except Image.DecompressionBombError as error:
        raise PictureRefused(_too_large("far more")) from error
    except DAMAGED as error:
        raise PictureRefused(f"This is no PNG or JPEG picture: choose one under '{UPLOAD}'.") from error
    if file.width * file.height > MAX_PIXELS:
        raise PictureRefused(_too_large(_shown(file.size)))
    return file


def _too_large(received: str) -> str:
    return (
        f"A picture may have {MAX_PIXELS:,} pixels, this one has {received}: "
        f"make it smaller and choose it again under '{UPLOAD}'."
    )


def _decoded(file: Image.Image, frame: Size) -> tuple[Image.Image, Turn | None]:
    """The picture upright, in RGB or RGBA, and how it was turned.

    A JPEG may come out at a half, a quarter or an eighth of its size: enough for the frame, and sooner.
    """
    turn = _turn(file)
    try:
        file.draft(None, (8 * frame[0], 8 * frame[1]))
        file.load()
        picture = _in_colour(file)
    except DAMAGED as error:
        raise PictureRefused(
            "This picture is damaged or incomplete: open it in another program, save it as PNG, "
            f"and choose it again under '{UPLOAD}'."
        ) from error
    return (picture if turn is None else picture.transpose(turn)), turn


def _turn(file: Image.Image) -> Turn | None:
    try:
        return TURNS.get(file.getexif().get(ORIENTATION))
    except DAMAGED:  # EXIF data that cannot be read say nothing of the pixels, which may be sound
        return None


def _in_colour(picture: Image.Image) -> Image.Image:
    """Any picture in RGB, or in RGBA where it may be transparent."""
    if picture.mode.startswith("I"):  # 16 bits, which Pillow would clip to 8 instead of scaling them
        return Image.fromarray((np.asarray(picture) >> 8).astype(np.uint8)).convert("RGB")
    mode = "RGBA" if picture.has_transparency_data else "RGB"
    return picture if picture.mode == mode else picture.convert(mode)


def _fitting(size: Size, frame: Size) -> Size:
    """The largest size of the same proportions within the frame, at least one pixel each way."""
    scale = min(frame[0] / size[0], frame[1] / size[1])
    return max(1, round(size[0] * scale)), max(1, round(size[1] * scale))


def _filter(before: int, after: int) -> Image.Resampling:
    """The mean over about each new pixel's area where a picture shrinks; smooth where it grows."""
    return Image.Resampling.BOX if after <= before else Image.Resampling.BILINEAR


def _on_ground(small: Image.Image, invert: bool) -> Image.Image:
    """The picture in RGB, inverted where wanted; what is transparent becomes black either way."""
    if small.mode == "RGBA":
        ground = Image.new("RGBA", small.size, "white" if invert else "black")
        small = Image.alpha_composite(ground, small).convert("RGB")
    return ImageChops.invert(small) if invert else small


def _spread(plain: Image.Image) -> int:
    """By how much the three channels of an RGB picture differ at most, from 0 to 255."""
    return int(np.ptp(np.asarray(plain), axis=2).max())


def _padded(image: Image.Image, frame: Size) -> Image.Image:
    padded = Image.new(image.mode, frame)
    padded.paste(image, ((frame[0] - image.width) // 2, (frame[1] - image.height) // 2))
    return padded


def _oddities(pixels: np.ndarray, invert: bool) -> dict[str, bool]:
    """What speaks against an image, (h, w) or (h, w, 3) uint8, with the control that may mend it."""
    border = np.concatenate([pixels[0], pixels[-1], pixels[:, 0], pixels[:, -1]])
    advice = f"turn '{SWAP}' {'off' if invert else 'on'}"
    even = bool(pixels.min() == pixels.max())
    return {
        f"It is the same everywhere, so there is nothing to recognise: {advice}, or choose another.": even,
        f"Its border is bright, but the data set's images are bright on black: {advice}.": (
            not even and bool(border.mean() > BRIGHT * 255)
        ),
    }


def _shown(size: Size) -> str:
    return "×".join(map(str, size))


def fit_drawing(
    canvas: np.ndarray, dataset: str, shape: tuple[int, int, int], centred: bool = True
) -> np.ndarray:
    """A drawing as one image of the data set, scaled and centred as the data set's own images were.

    Args:
        canvas: (S, S) float in [0, 1], bright ink on black.
        dataset: "mnist": the ink's box is scaled, proportions kept, until its longer side has 20 of 28
            pixels; its centre of mass comes to lie in the middle pixel (LeCun, Cortes, Burges: The
            MNIST database of handwritten digits). All others: the longer side takes the whole image,
            and the box lies in the middle (Xiao, Rasul, Vollgraf 2017: Fashion-MNIST, section 2; their
            sharpening is left out, as a drawing has sharp edges).
        shape: Height, width and channels of the data set's images.
        centred: Without it the canvas is scaled as a whole, so that it matters where the drawing lies.

    Returns `shape` float32 in [0, 1]. Raises `PictureRefused` where there is no ink, and `ValueError` for
    another canvas.
    """
    if canvas.ndim != 2 or len(set(canvas.shape)) != 1 or not (canvas.min() >= 0 and canvas.max() <= 1):
        raise ValueError(f"A canvas must be square with numbers from 0 to 1, not {canvas.shape}.")
    if not (canvas > INK).any():
        raise PictureRefused(
            "Nothing is drawn yet: draw on the black square, move the drawing back into it, "
            "or choose a test image."
        )
    height, width, _ = shape
    by_mass = centred and dataset == "mnist"
    longer_side = round(min(height, width) * (DIGIT_SHARE if by_mass else 1))
    ink = canvas > INK
    spans = [_extent(ink.any(axis=axis)) if centred else (0, len(canvas)) for axis in (1, 0)]
    pixel = max(stop - start for start, stop in spans) / longer_side
    rows, columns = (_shares(start, stop, pixel, len(canvas)) for start, stop in spans)
    small = np.clip(rows @ canvas @ columns.T, 0.0, 1.0)
    image = np.zeros(shape, np.float32)
    places = _place(small.sum(axis=1), height, by_mass), _place(small.sum(axis=0), width, by_mass)
    image[places] = small[..., None]
    return image


def _extent(ink: np.ndarray) -> tuple[int, int]:
    """Where the first True is, and where the last has been: (n,) bool."""
    (found,) = np.nonzero(ink)
    return int(found[0]), int(found[-1]) + 1


def _shares(start: int, stop: int, pixel: float, length: int) -> np.ndarray:
    """How pixels of this size, which cover start to stop, are made up of a canvas: (pixels, length) shares.

    Times the canvas, it gives the mean over each pixel's area. The pixels are as few as possible and lie
    around the middle; what they reach beyond the canvas is black.
    """
    pixels = ceil((stop - start) / pixel - 1e-9)
    edges = (start + stop) / 2 + (np.arange(pixels + 1)[:, None] - pixels / 2) * pixel
    units = np.arange(length)
    overlaps = np.minimum(edges[1:], units + 1) - np.maximum(edges[:-1], units)
    return np.maximum(overlaps, 0.0) / pixel


def _place(mass: np.ndarray, side: int, by_mass: bool) -> slice:
    """Where lines of this much ink each come to lie within a side: around the middle, never beyond it."""
    room = side - len(mass)
    # In every image of MNIST the centre of mass lies within half a pixel of pixel 14, counted from 0.
    centre = side // 2 - np.average(np.arange(len(mass)), weights=mass)
    first = min(max(round(centre), 0), room) if by_mass else (room + 1) // 2
    return slice(first, first + len(mass))
