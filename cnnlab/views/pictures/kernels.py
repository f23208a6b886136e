"""Weights as tiles: kernels of a convolution, first weights of a dense layer."""

from typing import NamedTuple

import numpy as np

FILTERS_A_PAGE = 8
MAPS_A_PAGE = 32


class Page(NamedTuple):
    """The first of the kernel slices that are shown, counted from 0."""

    first_filter: int = 0
    first_map: int = 0


FIRST_PAGE = Page()


class Sheet(NamedTuple):
    """Pictures of weights in reading order, with a caption."""

    tiles: np.ndarray
    """(N, h, w) float32."""
    columns: int | None
    """Tiles in a row; None for as many as leave the fewest gaps."""
    caption: str


def kernel_sheet(kernels: np.ndarray, page: Page = FIRST_PAGE) -> Sheet:
    """The kernels of a convolution, (k, k, C_in, filters) float32.

    With one input map each filter is one tile. With several, a row is a filter and a column an input
    map; a page has `FILTERS_A_PAGE` rows and `MAPS_A_PAGE` columns.
    """
    side, _, maps, filters = kernels.shape
    if maps == 1:
        return Sheet(kernels[:, :, 0].transpose(2, 0, 1), None, f"{filters} filters of {side}×{side} weights")
    cut = kernels[
        :,
        :,
        page.first_map : page.first_map + MAPS_A_PAGE,
        page.first_filter : page.first_filter + FILTERS_A_PAGE,
    ]
    shown_maps, shown_filters = cut.shape[2:]
    caption = (
        f"{filters} filters, each with {side}×{side} weights for every one of {maps} input maps. "
        f"Rows: filters {page.first_filter + 1} to {page.first_filter + shown_filters}; "
        f"columns: input maps {page.first_map + 1} to {page.first_map + shown_maps}"
    )
    return Sheet(cut.transpose(3, 2, 0, 1).reshape(-1, side, side), shown_maps, caption)


def dense_sheet(weights: np.ndarray, input_shape: tuple[int, int, int], units: int) -> Sheet:
    """The weights of a dense network's first layer as pictures of the image's size, averaged over colours.

    Args:
        weights: (H·W·C, stored units) float32.
        input_shape: (H, W, C) of an image.
        units: How many the layer has; the run may store the weights of fewer.
    """
    pictures = weights.reshape(*input_shape, -1).mean(axis=2)  # (H, W, stored units)
    stored = pictures.shape[2]
    which = f"{stored} units" if stored == units else f"the first {stored} of {units} units"
    return Sheet(pictures.transpose(2, 0, 1), None, f"{which}, one weight for every pixel")
