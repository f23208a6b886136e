"""A network as one picture: an image, the maps of each layer, and the answer as bars.

Everything comes from the layer table and, once they are known, from the outputs of the layers; without these
the same picture has empty tiles, so that nothing moves when they arrive.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from math import log2

import numpy as np

from cnnlab import words
from cnnlab.arithmetic.explanations import shape_label
from cnnlab.arithmetic.network import LayerRow, totals
from cnnlab.inside.network_view import NetworkView
from cnnlab.views.pictures.feature_maps import unit_sheet
from cnnlab.views.pictures.tiles import data_uri, image_tiles, scale_limit, shrunk, tile_png

UNPICTURED = ("Flatten", "BatchNormalization", "Activation", "Dropout")  # the layers before them show them
MOST_TILES = 8  # of a layer
IMAGE_WIDTH = 160  # pixels of the longer side of an image's picture
LONGEST = 84  # values along a side of a tile, which is shown at 42 pixels
MOST_BARS = 12  # classes; of more, the likeliest


@dataclass(frozen=True)
class Tile:
    """One map, one picture of weights, or the outputs of a dense layer."""

    number: int
    """Of the map or unit in its layer, counted from 1; 0 for all of a dense layer."""
    text: str
    """The text alternative."""
    src: str = ""
    """The picture as a data URI; empty while it is not known."""


@dataclass(frozen=True)
class Layer:
    """One column of the picture."""

    name: str
    type: str
    shape: str
    costs: tuple[str, ...]
    """Parameters and multiply-adds, in words."""
    breadth: float
    """How many maps or units it has beside the other layers: from 0 to 1, by their logarithms."""
    shown: str
    """Which tiles are shown, such as '8 of 64 shown'; empty where all are."""
    tiles: tuple[Tile, ...]
    formula: str
    """How its values come about, in one or two sentences."""
    wide: bool
    """Whether the tiles are in two rows, as where the layer stands alone and has room beside it."""


@dataclass(frozen=True)
class Bar:
    """The probability of one class."""

    label: str
    share: float
    """From 0 to 1; 0 while it is not known."""
    text: str
    best: bool
    true: bool


@dataclass(frozen=True)
class NetworkPicture:
    """One network with one image."""

    title: str
    state: str
    """What it has been through, such as 'untrained'."""
    costs: str
    color: str
    answer: str
    """What it takes the image for, in a sentence; empty while it is not known."""
    layers: tuple[Layer, ...]
    bars: tuple[Bar, ...]
    """Of all classes in their order; of more than `MOST_BARS` the likeliest, and the true one."""
    bars_note: str
    """Which of the classes have a bar; empty where all have."""


def image_uri(image: np.ndarray, width: int = IMAGE_WIDTH) -> str:
    """An image, (H, W, C) in [0, 1], as a data URI."""
    return data_uri(tile_png(image_tiles(image)[None], 1.0, "grey", columns=1, width=width))


def network_picture(
    title: str,
    state: str,
    color: str,
    rows: Sequence[LayerRow],
    classes: Sequence[str],
    seen: NetworkView | None,
    label: int | None = None,
) -> NetworkPicture:
    """The picture of one network.

    Args:
        title: Of the network.
        state: What it has been through.
        color: Of the network, as CSS has it.
        rows: Its layers.
        classes: Their names, in the order of the outputs.
        seen: What it makes of the image; None while that is not known.
        label: The image's class; None where it is not known.
    """
    shown = [row for row in rows[:-1] if row.type not in UNPICTURED]
    sum_of_costs = totals(list(rows))
    bars = _bars(classes, None if seen is None else seen.outputs[rows[-1].name], label)
    return NetworkPicture(
        title,
        state,
        f"{sum_of_costs.params:,} parameters, {words.large(sum_of_costs.macs)} multiply-adds",
        color,
        _answer(bars),
        tuple(_layer(row, rows, seen) for row in shown),
        *_shown_bars(bars),
    )


def _layer(row: LayerRow, rows: Sequence[LayerRow], seen: NetworkView | None) -> Layer:
    most = max(each.output_shape[-1] for each in rows if len(each.output_shape) == 3 or each.params)
    size = row.output_shape[-1]
    tiles = _map_tiles(row, seen) if len(row.output_shape) == 3 else _unit_tiles(row, rows, seen)
    pictured = len(tiles) if tiles and tiles[0].number else size
    return Layer(
        row.name,
        row.type,
        shape_label(row.output_shape),
        tuple(
            f"{words.large(amount)} {noun}"
            for amount, noun in ((row.params, "parameters"), (row.macs, "multiply-adds"))
            if amount
        ),
        log2(1 + size) / log2(1 + most),
        f"{pictured} of {size:,} shown" if pictured < size else "",
        tiles,
        row.shape_text,
        wide=len(row.output_shape) == 1 and len(tiles) > 1,
    )


def _map_tiles(row: LayerRow, seen: NetworkView | None) -> tuple[Tile, ...]:
    """The most active maps, in their order, on one scale for the layer."""
    count = min(MOST_TILES, row.output_shape[-1])
    if seen is None:
        return tuple(Tile(number, f"{row.name}, map {number}") for number in range(1, count + 1))
    maps = seen.outputs[row.name]
    activity = np.abs(maps).mean(axis=(0, 1))
    numbers = np.sort(np.argsort(-activity, kind="stable")[:count])
    limit = scale_limit(maps)
    return tuple(
        Tile(int(number) + 1, _text(f"{row.name}, map {number + 1}", maps[..., number]), _png(each, limit))
        for number, each in zip(numbers, maps.transpose(2, 0, 1)[numbers], strict=True)
    )


def _unit_tiles(row: LayerRow, rows: Sequence[LayerRow], seen: NetworkView | None) -> tuple[Tile, ...]:
    """The weights of the first units as pictures where the layer sees the image, else its outputs as one."""
    first = next(each for each in rows if each.params).name == row.name
    count = min(MOST_TILES, row.output_shape[0]) if first else 1
    if seen is None:
        return tuple(Tile(number if first else 0, row.name) for number in range(1, count + 1))
    if not first:
        outputs = seen.outputs[row.name]
        picture = _png(unit_sheet(outputs), scale_limit(outputs))
        return (Tile(0, _text(f"{row.name}, all outputs", outputs), picture),)
    limit = scale_limit(seen.pictures)
    in_colour = " in colour, middle grey is 0" if seen.pictures.shape[-1] == 3 else ""
    return tuple(
        Tile(
            number,
            _text(f"{row.name}, weights of unit {number}{in_colour}", weights),
            _png(image_tiles(weights), limit),
        )
        for number, weights in enumerate(seen.pictures[:count], start=1)
    )


def _png(tile: np.ndarray, limit: float) -> str:
    """A pixel for each value, which the browser enlarges: there are some forty of these every second."""
    return data_uri(tile_png(shrunk(tile[None], LONGEST), limit, columns=1, width=1))


def _text(name: str, values: np.ndarray) -> str:
    return f"{name}, from {words.number(float(values.min()), 2)} to {words.number(float(values.max()), 2)}"


def _bars(classes: Sequence[str], shares: np.ndarray | None, label: int | None) -> tuple[Bar, ...]:
    if shares is None or not np.isfinite(shares).all():
        text = "" if shares is None else "not a number"
        return tuple(
            Bar(name, 0.0, text, best=False, true=place == label) for place, name in enumerate(classes)
        )
    best = int(shares.argmax())
    return tuple(
        Bar(name, float(share), words.percent(float(share)), place == best, place == label)
        for place, (name, share) in enumerate(zip(classes, shares, strict=True))
    )


def _shown_bars(bars: tuple[Bar, ...]) -> tuple[tuple[Bar, ...], str]:
    """The bars that there is room for, and what is said of them."""
    if len(bars) <= MOST_BARS:
        return bars, ""
    ranked = sorted(bars, key=lambda bar: (not bar.true, -bar.share))[
        :MOST_BARS
    ]  # the true one is among them
    shown = tuple(sorted(ranked, key=lambda bar: -bar.share))
    return shown, f"{MOST_BARS} of {len(bars)} classes, the likeliest first"


def _answer(bars: Sequence[Bar]) -> str:
    best = next((bar for bar in bars if bar.best), None)
    if best is None:
        return ""
    known = any(bar.true for bar in bars)
    verdict = (", which is right" if best.true else ", which is wrong") if known else ""
    return f"{best.label}, {best.text}{verdict}"
