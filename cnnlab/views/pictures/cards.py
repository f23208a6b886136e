"""Cards of one or more small pictures with a few words: the maps of a layer, the filters of a convolution."""

from collections.abc import Collection, Iterable
from dataclasses import dataclass

import numpy as np

from cnnlab import words
from cnnlab.views.pictures.kernels import BY_CHANNEL, CHANNELS, ColourView
from cnnlab.views.pictures.tiles import data_uri, image_tiles, scale_limit, shrunk, tile_png

WIDTH = 112  # pixels of a picture's longer side, which is shown at 64 or more
PATCHES_A_ROW = 3


@dataclass(frozen=True)
class Picture:
    """One picture on a card."""

    src: str
    """A data URI."""
    text: str
    """The text alternative."""


@dataclass(frozen=True)
class Card:
    """What is shown of one map, filter or image."""

    number: int
    """Identifies it among the cards."""
    title: str
    pictures: tuple[Picture, ...]
    lines: tuple[str, ...] = ()
    on: bool | None = None
    """Where its switch stands; None where it has none."""


def map_cards(name: str, maps: np.ndarray, numbers: Iterable[int], limit: float) -> list[Card]:
    """The maps of a layer in the given order, on one scale.

    Args:
        name: Of the layer.
        maps: (h, w, channels) float32.
        numbers: Of the maps to show, counted from 1.
        limit: The end of the scale; see `tile_png`.
    """
    return [
        Card(number, f"{number}", (map_picture(f"{name}, map {number}", maps[..., number - 1], limit),))
        for number in map(int, numbers)
    ]


def map_picture(name: str, values: np.ndarray, limit: float) -> Picture:
    """One map or kernel, (h, w), or (h, w, 3) in colour; its text says between which numbers it lies."""
    low, high = (words.number(float(end), 2) for end in (values.min(), values.max()))
    tile = tile_png(shrunk(values[None], WIDTH), limit, columns=1, width=WIDTH)
    return Picture(data_uri(tile), f"{name}, from {low} to {high}")


def filter_cards(
    kernels: np.ndarray,
    maps: np.ndarray,
    patches: np.ndarray,
    lost: np.ndarray,
    order: Iterable[int],
    muted: Collection[int],
    colours: ColourView | None = None,
) -> list[Card]:
    """A wall of filters: kernel, map, what excites it most, and what is lost without it.

    Args:
        kernels: (k, k, C, filters) float32; of several input maps the mean is shown.
        maps: (h, w, filters) float32: what the filters make of the chosen image.
        patches: (filters, n, side, side, C) float32: the patches that excite each filter most.
        lost: (filters,): by how much the share of right answers falls without it.
        order: Of the filters to show, counted from 0.
        muted: The filters that are muted, counted from 0.
        colours: How to show kernels whose three input maps are the channels of an image in colour, instead of
            their mean; None where they are not.
    """
    pictured = kernels if colours else kernels.mean(axis=2)
    of_kernels, of_maps = scale_limit(pictured), scale_limit(maps)
    return [
        Card(
            number + 1,
            f"Filter {number + 1}",
            (
                *_kernel_pictures(number, kernels[..., number], of_kernels, colours),
                map_picture(f"Filter {number + 1}, its map of the image", maps[..., number], of_maps),
                _patches(number, patches[number]),
            ),
            (f"without it {words.signed_points(-float(lost[number]))}",),
            number in muted,
        )
        for number in map(int, order)
    ]


def _kernel_pictures(
    number: int, kernel: np.ndarray, limit: float, colours: ColourView | None
) -> list[Picture]:
    """A kernel, (k, k, C), in one picture; channel by channel in three."""
    name = f"Filter {number + 1}, its"
    if colours == BY_CHANNEL:
        return [
            map_picture(f"{name} weights for {channel}", kernel[..., index], limit)
            for index, channel in enumerate(CHANNELS)
        ]
    if colours:
        return [map_picture(f"{name} weights in colour, middle grey is 0", kernel, limit)]
    what = "weights" if kernel.shape[2] == 1 else "mean weights over its input maps"
    return [map_picture(f"{name} {what}", kernel.mean(axis=2), limit)]


def _patches(number: int, patches: np.ndarray) -> Picture:
    tiles = shrunk(image_tiles(patches), WIDTH // PATCHES_A_ROW)
    sheet = tile_png(tiles, 1.0, "grey", columns=PATCHES_A_ROW, width=WIDTH)
    text = f"The nine test patches that excite filter {number + 1} most, the most exciting first"
    return Picture(data_uri(sheet), text)


def image_card(number: int, title: str, image: np.ndarray, lines: Iterable[str] = ()) -> Card:
    """A test image, (H, W, C) in [0, 1]."""
    tile = tile_png(shrunk(image_tiles(image[None]), WIDTH), 1.0, "grey", columns=1, width=WIDTH)
    return Card(number, title, (Picture(data_uri(tile), title),), tuple(lines))
