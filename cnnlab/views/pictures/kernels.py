"""Weights as tiles: kernels of a convolution, first weights of a dense layer.

Weights for the three channels of an image in colour are shown in colour, one picture for all three, or
channel by channel. In colour, a pixel's red, green and blue are its three weights on one symmetric scale:
middle grey is 0, a brighter channel a weight above 0, a darker one below.
"""

from typing import Literal, NamedTuple, get_args

import numpy as np

from cnnlab import words

FILTERS_A_PAGE = 8
MAPS_A_PAGE = 32
CHANNELS = "red", "green", "blue"

ColourView = Literal["In colour", "Channel by channel"]
COLOUR_VIEWS: tuple[ColourView, ...] = get_args(ColourView)
IN_COLOUR, BY_CHANNEL = COLOUR_VIEWS


class Page(NamedTuple):
    """The first of the kernel slices that are shown, counted from 0."""

    first_filter: int = 0
    first_map: int = 0


FIRST_PAGE = Page()


class Sheet(NamedTuple):
    """Pictures of weights in reading order, with a caption."""

    tiles: np.ndarray
    """(N, h, w) float32; in colour (N, h, w, 3)."""
    columns: int | None
    """Tiles in a row; None for as many as leave the fewest gaps."""
    caption: str


def kernel_sheet(kernels: np.ndarray, page: Page = FIRST_PAGE, colours: ColourView | None = None) -> Sheet:
    """The kernels of a convolution, (k, k, C_in, filters) float32.

    With one input map each filter is one tile. With several, a row is a filter and a column an input
    map; a page has `FILTERS_A_PAGE` rows and `MAPS_A_PAGE` columns.

    `colours`: how to show kernels whose three input maps are the channels of an image in colour; None where
    they are not. In colour each filter is one tile.
    """
    side, _, maps, filters = kernels.shape
    if maps == 1:
        return Sheet(kernels[:, :, 0].transpose(2, 0, 1), None, f"{filters} filters of {side}×{side} weights")
    if colours == IN_COLOUR:
        caption = f"{filters} filters of {side}×{side} weights for each of {words.listing(CHANNELS)}"
        return Sheet(kernels.transpose(3, 0, 1, 2), None, caption)
    cut = kernels[
        :,
        :,
        page.first_map : page.first_map + MAPS_A_PAGE,
        page.first_filter : page.first_filter + FILTERS_A_PAGE,
    ]
    shown_maps, shown_filters = cut.shape[2:]
    of_maps = f"input maps {page.first_map + 1} to {page.first_map + shown_maps}"
    caption = (
        f"{filters} filters, each with {side}×{side} weights for every one of {maps} input maps. "
        f"Rows: filters {page.first_filter + 1} to {page.first_filter + shown_filters}; "
        f"columns: {words.listing(CHANNELS) if colours else of_maps}"
    )
    return Sheet(cut.transpose(3, 2, 0, 1).reshape(-1, side, side), shown_maps, caption)


def dense_sheet(
    weights: np.ndarray,
    input_shape: tuple[int, int, int],
    units: int,
    page: Page = FIRST_PAGE,
    colours: ColourView = IN_COLOUR,
) -> Sheet:
    """The weights of a dense network's first layer as pictures of the image's size.

    Args:
        weights: (H·W·C, stored units) float32.
        input_shape: (H, W, C) of an image.
        units: How many the layer has; the run may store the weights of fewer.
        page: The first unit, as its `first_filter`, where each channel has its own picture.
        colours: How three channels are shown. Channel by channel a row is a unit, and a page has
            `FILTERS_A_PAGE` rows.
    """
    height, width, channels = input_shape
    pictures = weights.reshape(*input_shape, -1).transpose(3, 0, 1, 2)  # (stored units, H, W, C)
    stored = len(pictures)
    which = f"{stored} units" if stored == units else f"the first {stored} of {units} units"
    if channels == 1:
        return Sheet(pictures[..., 0], None, f"{which}, one weight for every pixel")
    caption = f"{which}, for every pixel a weight for each of {words.listing(CHANNELS)}"
    if colours == IN_COLOUR:
        return Sheet(pictures, None, caption)
    cut = pictures[page.first_filter : page.first_filter + FILTERS_A_PAGE]
    caption += (
        f". Rows: units {page.first_filter + 1} to {page.first_filter + len(cut)}; "
        f"columns: {words.listing(CHANNELS)}"
    )
    return Sheet(cut.transpose(0, 3, 1, 2).reshape(-1, height, width), channels, caption)
