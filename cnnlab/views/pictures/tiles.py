"""Many small arrays as one picture: kernels, feature maps, images.

The picture is composed in NumPy and written as PNG, with nearest-neighbour scaling and transparent
gutters, so that it looks right on light and dark pages. All tiles share one scale; pictures that are to
be compared need the same `limit`.
"""

import functools
from base64 import b64encode
from io import BytesIO
from math import ceil, isqrt
from typing import Literal

import numpy as np
from PIL import Image

from cnnlab.views.palette import DIVERGING, GREYS, NOT_FINITE, rgb

Colormap = Literal["diverging", "grey"]

TARGET_WIDTH = 960  # pixels
GUTTER = 6  # pixels between tiles


def scale_limit(*arrays: np.ndarray) -> float:
    """The largest absolute value in all arrays: the `limit` with which they share one scale.

    Values that are not finite do not count; where there are no others, or all are zero, the limit is 1.0.
    """
    largest = max((_largest(array) for array in arrays), default=0.0)
    return largest or 1.0


def _largest(array: np.ndarray) -> float:
    return float(np.max(np.abs(array), initial=0.0, where=np.isfinite(array)))


def tile_png(
    tiles: np.ndarray,
    limit: float,
    colormap: Colormap = "diverging",
    columns: int | None = None,
    width: int = TARGET_WIDTH,
) -> bytes:
    """The tiles in rows, from left to right, as a PNG with an alpha channel.

    Args:
        tiles: (N, h, w) numbers, or (N, h, w, 3) numbers for the colours red, green and blue.
        limit: The scale's end, above 0; values beyond it get its colour. "diverging" shows -limit in
            orange, 0 in light grey and limit in blue; "grey" shows 0 in black and limit in white. Three
            colours are each shown from -limit to limit (then 0 is middle grey) or from 0 to limit.
        columns: Tiles in a row; by default as many as leave the fewest gaps.
        width: Of the picture, in pixels; tiles are enlarged by the whole number that comes closest, and never
            made smaller. Where they are higher than wide, this is the length of their longer side.

    Values that are not finite are crimson. Raises `ValueError` for another shape, no tiles, or a limit
    that is not a positive number.
    """
    if tiles.ndim not in (3, 4) or (tiles.ndim == 4 and tiles.shape[3] != 3) or not tiles.size:
        raise ValueError(f"Tiles must be (N, h, w) or (N, h, w, 3) and not empty, not {tiles.shape}.")
    if not (np.isfinite(limit) and limit > 0):
        raise ValueError(f"The limit of a colour scale must be a positive number, not {limit}.")
    columns = columns or columns_for(len(tiles))
    scale = max(1, round((width / columns - GUTTER) / max(tiles.shape[1:3])))
    return _png(_arrange(_colored(tiles, limit, colormap), columns, scale))


def data_uri(png: bytes) -> str:
    """A PNG as an address that holds the picture itself."""
    return f"data:image/png;base64,{b64encode(png).decode('ascii')}"


def image_tiles(images: np.ndarray) -> np.ndarray:
    """Images, (…, H, W, C), as tiles: three channels stay colours, otherwise the first one is shown."""
    return images if images.shape[-1] == 3 else images[..., 0]


def shrunk(tiles: np.ndarray, longest: int) -> np.ndarray:
    """Tiles, (N, h, w) or (N, h, w, 3), with at most `longest` values along a side, for small pictures.

    Larger ones become the means of blocks of whole numbers of values; those at the right and lower border may
    be smaller. Integers become float64.
    """
    step = -(-max(tiles.shape[1:3]) // longest)
    if step == 1:
        return tiles
    for axis in (1, 2):
        starts = np.arange(0, tiles.shape[axis], step)
        sizes = np.diff([*starts, tiles.shape[axis]])
        sums = np.add.reduceat(tiles, starts, axis=axis)
        tiles = sums / sizes.reshape([-1 if other == axis else 1 for other in range(tiles.ndim)])
    return tiles


def shown_width(height: int, width: int, longest: int) -> int:
    """The width in pixels at which to show a picture whose longer side is to be `longest`, for `st.image`."""
    return max(1, round(longest * width / max(height, width)))


def columns_for(count: int) -> int:
    """How many columns leave the fewest gaps in a grid of `count` tiles that is at least as wide as high."""
    least = isqrt(count - 1) + 1  # the square root, rounded up
    return min(range(least, 2 * least + 1), key=lambda columns: (-count % columns, columns))


def _colored(tiles: np.ndarray, limit: float, colormap: Colormap) -> np.ndarray:
    """(N, h, w) or (N, h, w, 3) numbers to (N, h, w, 4) uint8: red, green, blue, opaque."""
    low = -limit if colormap == "diverging" else 0.0
    finite = np.isfinite(tiles)
    share = (np.where(finite, tiles, low) - low) / (limit - low)
    level = np.rint(np.clip(share, 0.0, 1.0) * 254).astype(np.uint8)  # 127 is the middle
    if tiles.ndim == 4:
        colors, finite = _ramp(*GREYS)[level, 0], np.all(finite, axis=3)
    else:
        colors = _ramp(*(DIVERGING if colormap == "diverging" else GREYS))[level]
    colors = np.where(np.expand_dims(finite, -1), colors, np.array(rgb(NOT_FINITE), np.uint8))
    return np.concatenate([colors, np.full_like(colors[..., :1], 255)], axis=3)


@functools.cache
def _ramp(low: str, middle: str, high: str) -> np.ndarray:
    """255 colours, interpolated linearly through three: (255, 3) uint8."""
    points = np.array([rgb(low), rgb(middle), rgb(high)])
    channels = [np.interp(np.arange(255), [0, 127, 254], points[:, channel]) for channel in range(3)]
    return np.rint(np.stack(channels, axis=1)).astype(np.uint8)


def _arrange(tiles: np.ndarray, columns: int, scale: int) -> np.ndarray:
    """(N, h, w, 4) tiles, enlarged and in rows: one (H, W, 4) picture, transparent between the tiles."""
    rows = ceil(len(tiles) / columns)
    large = tiles.repeat(scale, axis=1).repeat(scale, axis=2)
    height, width = large.shape[1] + GUTTER, large.shape[2] + GUTTER
    cells = np.zeros((rows * columns, height, width, 4), np.uint8)
    cells[: len(tiles), :-GUTTER, :-GUTTER] = large
    picture = cells.reshape(rows, columns, height, width, 4).swapaxes(1, 2)
    return picture.reshape(rows * height, columns * width, 4)[:-GUTTER, :-GUTTER]


def _png(picture: np.ndarray) -> bytes:
    buffer = BytesIO()
    Image.fromarray(np.ascontiguousarray(picture)).save(buffer, "png", compress_level=3)
    return buffer.getvalue()


def colorbar_html(limit: float) -> str:
    """A small legend of the diverging scale: its three colours with the numbers -limit, 0 and limit."""
    number = f"{limit:.2g}"
    return _legend(
        f"Colour scale from minus {number}, orange, over 0, grey, to {number}, blue", number, DIVERGING
    )


def channels_bar_html(limit: float) -> str:
    """The same for weights in colour: each of red, green and blue from -limit, dark, to limit, full."""
    number = f"{limit:.2g}"
    label = f"Each of red, green and blue from minus {number}, dark, over 0, half, to {number}, full"
    return _legend(label, number, GREYS)


def _legend(label: str, number: str, colors: tuple[str, str, str]) -> str:
    return (
        f'<div role="img" aria-label="{label}" style="max-width:16rem;font-size:0.8rem;line-height:1.4">'
        '<div style="height:0.7rem;border-radius:0.2rem;'
        f'background:linear-gradient(to right,{",".join(colors)})"></div>'
        '<div style="display:flex;justify-content:space-between">'
        f"<span>−{number}</span><span>0</span><span>{number}</span></div></div>"
    )
