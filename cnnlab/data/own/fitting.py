"""A picture of any shape becomes an image of one size: all of it with black beside it, or its middle."""

import numpy as np
from PIL import Image

from cnnlab.data.own.choices import Fit
from cnnlab.data.picture_files import MODES, Size, fitting_size, on_ground, padded, scaling_filter


def fitted(picture: Image.Image, height: int, width: int, channels: int, fit: Fit) -> np.ndarray:
    """An image of this size, (H, W, C) uint8; transparent parts become black.

    Args:
        picture: In RGB or RGBA.
        height, width: In pixels.
        channels: 1 for grey, 3 for colour.
        fit: "pad" keeps all of the picture and its proportions, and adds black beside it; "crop" fills the
            image with the middle of the picture.
    """
    frame = (width, height)
    scaled = _cropped(picture, frame) if fit == "crop" else _shrunk(picture, frame)
    image = padded(on_ground(scaled, "black").convert(MODES[channels]), frame)
    return np.asarray(image).reshape(height, width, channels)


def _shrunk(picture: Image.Image, frame: Size) -> Image.Image:
    size = fitting_size(picture.size, frame)
    return picture.resize(size, scaling_filter(max(picture.size), max(size)))


def _cropped(picture: Image.Image, frame: Size) -> Image.Image:
    """The largest part in the middle that has the frame's proportions, scaled to it."""
    scale = min(picture.width / frame[0], picture.height / frame[1])  # of pixels, before to after
    part = (frame[0] * scale, frame[1] * scale)
    left, top = (picture.width - part[0]) / 2, (picture.height - part[1]) / 2
    box = (left, top, min(left + part[0], picture.width), min(top + part[1], picture.height))
    return picture.resize(frame, scaling_filter(part[0], frame[0]), box=box)
