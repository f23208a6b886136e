"""The size and colours that suit what was found, as a choice to begin with."""

import numpy as np

from cnnlab.data.own.choices import Choices
from cnnlab.data.own.contents import Contents
from cnnlab.data.own.own_images import LEAST_SIDE
from cnnlab.data.picture_files import COLOURFUL, Unreadable, colour_spread, fitting_size, on_ground

SIDE = 64  # pixels: of the longer side
LOOKED_AT = 32  # pictures that are decoded to see whether they have colours


def suggested(contents: Contents) -> Choices:
    """The size that all pictures have, made smaller where it exceeds 64 pixels, else 64×64; grey or colour.

    Colour is suggested where one of the pictures that were looked at is not grey.
    """
    width, height = _size(contents.sizes)
    return Choices(height=height, width=width, channels=3 if _has_colours(contents) else 1)


def _size(sizes: np.ndarray) -> tuple[int, int]:
    first = (int(sizes[0, 0]), int(sizes[0, 1]))
    if (sizes == sizes[0]).all():
        size = first if max(first) <= SIDE else fitting_size(first, (SIDE, SIDE))
        if min(size) >= LEAST_SIDE:
            return size
    return SIDE, SIDE


def _has_colours(contents: Contents) -> bool:
    candidates = np.flatnonzero(contents.in_colour)
    step = max(1, len(candidates) // LOOKED_AT)
    return any(_is_coloured(contents, int(number)) for number in candidates[::step][:LOOKED_AT])


def _is_coloured(contents: Contents, number: int) -> bool:
    try:
        picture = contents.picture(number, (SIDE, SIDE))
    except Unreadable:  # reading will say so
        return False
    return colour_spread(on_ground(picture, "black")) > COLOURFUL
