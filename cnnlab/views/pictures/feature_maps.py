"""Feature maps as tiles, sorted by activation, and the outputs of dense layers as one picture."""

from math import ceil, sqrt
from typing import NamedTuple

import numpy as np

MAPS_A_PAGE = 64


class MapSheet(NamedTuple):
    """The maps of a layer, the most active one first, with a caption."""

    tiles: np.ndarray
    """(N, h, w) float32."""
    numbers: np.ndarray
    """(N,) int: each tile's map, counted from 1."""
    caption: str


def map_sheet(maps: np.ndarray, most: int = MAPS_A_PAGE) -> MapSheet:
    """The maps of a convolution or pooling, (h, w, channels) float32; at most so many.

    Activity is the mean of the absolute values.
    """
    activity = np.abs(maps).mean(axis=(0, 1))
    order = np.argsort(-activity, kind="stable")[:most]
    height, width, channels = maps.shape
    silent = int((activity == 0).sum())
    which = f"the {len(order)} most active of {channels}" if len(order) < channels else f"{channels}"
    caption = f"{which} maps of {height}×{width}, the most active first"
    if silent:
        caption += f"; {silent} {'is' if silent == 1 else 'are'} zero everywhere"
    return MapSheet(maps.transpose(2, 0, 1)[order], order + 1, caption)


def unit_sheet(values: np.ndarray) -> np.ndarray:
    """The outputs of a dense layer, (units,) float32, as one (h, w) picture, row by row; the rest is NaN."""
    columns = ceil(sqrt(2 * len(values)))  # twice as wide as high
    rows = ceil(len(values) / columns)
    picture = np.full(rows * columns, np.nan, np.float32)
    picture[: len(values)] = values
    return picture.reshape(rows, columns)
