"""The figure of the course's lab: three test images, and the map of one filter in each layer."""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import streamlit as st

from cnnlab import words
from cnnlab.arithmetic.explanations import shape_label
from cnnlab.data.registry import DATASETS
from cnnlab.runs import Run
from cnnlab.spec import DataSpec, network_title
from cnnlab.ui.actions import reported
from cnnlab.ui.cached import test_images
from cnnlab.ui.cached.answers import ask
from cnnlab.views.pictures.cards import Picture, image_card, map_picture
from cnnlab.views.pictures.layer_grid import Column, Row, layer_grid_html
from cnnlab.views.pictures.tiles import scale_limit
from cnnlab.worker import answers

PLACES = ("First", "Second", "Third")
FIRST_IMAGES = (0, 7, 26)  # those of the notebook, counted from 0
FIRST_FILTER = 1  # the notebook's, counted from 0
COUNTS = " The notebook counts from 0."  # said of the data that the course's notebook has
MOST_LAYERS = 4
SCALES = "Each layer has one scale for all three images: blue is above 0, orange below 0, light grey is 0."


class _Shown(NamedTuple):
    """A test image and the maps of the first layers."""

    title: str
    image: np.ndarray
    """(H, W, C) float32 in [0, 1], its pixels where the network finds them."""
    maps: dict[str, np.ndarray]
    """Layer → (h, w, filters) float32."""


def render(run: Run, epoch: int) -> None:
    """Controls for the images and the filter, and a row of pictures for each image.

    Args:
        run: Of a network with convolutions.
        epoch: One whose weights are stored; 0 is before training.

    Where the network cannot be asked, a sentence says why. Raises `TypeError` for a dense-only network.
    """
    with reported():
        _render(run, epoch)


def _render(run: Run, epoch: int) -> None:
    images = test_images.images(run)
    with st.container(horizontal=True, vertical_alignment="bottom", gap="small"):
        numbers = [
            _choose(run, f"{place} image", f"image_{place.lower()}", first, len(images))
            for place, first in zip(PLACES, FIRST_IMAGES, strict=True)
        ]
        fewest = min(block.filters for block in run.spec.cnn.blocks)
        chosen = _choose(run, "Filter", "filter", FIRST_FILTER, fewest)
    shown = [_shown(run, epoch, images, number) for number in numbers]
    title = f"{network_title(run.spec.model)} after epoch {epoch}: filter {chosen} of each layer"
    st.html(_grid(shown, chosen, title))
    st.write(
        "Look down a column: the images differ, the filter is the same. What its three maps have in common "
        f"is what filter {chosen} of that layer responds to."
    )
    st.caption(SCALES)


def _choose(run: Run, label: str, name: str, first: int, most: int) -> int:
    """A number from 1 to `most`; `first` is counted from 0. Each range has a choice of its own."""
    return st.number_input(
        label,
        1,
        most,
        min(first + 1, most),
        key=f"lab_figure_{name}_of_{most}",
        persist_state="session",
        help=f"1 to {most:,}.{COUNTS if run.spec.data.dataset == DataSpec().dataset else ''}",
        width=160,
    )


def _shown(run: Run, epoch: int, images: np.ndarray, number: int) -> _Shown:
    """A test image, by its number from 1, with the outputs of the first convolutions and poolings."""
    outputs = ask(answers.layer_outputs, run, epoch, images[number - 1])
    maps = [name for name, output in outputs.items() if output.ndim == 3][:MOST_LAYERS]
    label = DATASETS[run.spec.data.dataset].classes[test_images.labels(run)[number - 1]]
    shuffled = ", its pixels shuffled" if run.spec.data.shuffled_pixels else ""
    title = f"Test image {number:,}: {label}{shuffled}"
    return _Shown(title, images[number - 1], {name: outputs[name] for name in maps})


def _grid(shown: Sequence[_Shown], chosen: int, title: str) -> str:
    first = shown[0]
    of_filter = {name: [each.maps[name][..., chosen - 1] for each in shown] for name in first.maps}
    limits = {name: scale_limit(*maps) for name, maps in of_filter.items()}
    columns = [Column("Image", (shape_label(first.image.shape),))]
    columns += [
        Column(name, (shape_label(maps.shape), f"scale ±{words.number(limits[name], 2)}"))
        for name, maps in first.maps.items()
    ]
    rows = [
        Row(each.title, (_image(each), *(_map(each, name, chosen, limits[name]) for name in each.maps)))
        for each in shown
    ]
    return layer_grid_html(columns, rows, title)


def _image(shown: _Shown) -> Picture:
    [picture] = image_card(1, shown.title, shown.image).pictures
    return picture


def _map(shown: _Shown, layer: str, chosen: int, limit: float) -> Picture:
    return map_picture(f"{layer}, map {chosen} of {shown.title}", shown.maps[layer][..., chosen - 1], limit)
