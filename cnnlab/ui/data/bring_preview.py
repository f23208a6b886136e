"""A few images of each class as they will be, in both ways of fitting pictures of another shape."""

from typing import NamedTuple

import numpy as np
import streamlit as st

from cnnlab import words
from cnnlab.data.own.choices import Choices, Fit
from cnnlab.data.own.contents import Contents
from cnnlab.data.own.fitting import fitted
from cnnlab.data.picture_files import Unreadable
from cnnlab.ui.data.bring_choices import FITS
from cnnlab.ui.data.bring_source import Brought
from cnnlab.ui.plain_text import plain
from cnnlab.views.pictures.tiles import image_tiles, tile_png

OF_EACH_CLASS = 4
CLASSES_AT_A_TIME = 6
WIDTH = 300  # pixels of a row of images


class Row(NamedTuple):
    """The examples of one class."""

    pictures: dict[Fit, bytes]
    """A PNG for each way of fitting; empty where no example can be read."""
    damaged: int
    """Examples that cannot be read."""


def render(brought: Brought, choices: Choices) -> None:
    """Both ways side by side; the one that is chosen is said to be."""
    choices.check()
    classes = brought.contents.classes
    start = _start(brought, len(classes))
    with st.container(key="bring_preview"):
        heads = st.columns([1, 2, 2])
        for column, (fit, title) in zip(heads[1:], FITS.items(), strict=True):
            column.markdown(f"**{title}**, used" if fit == choices.fit else title)
        for label in range(start, min(start + CLASSES_AT_A_TIME, len(classes))):
            row = _row(
                brought.token, label, choices.height, choices.width, choices.channels, brought.contents
            )
            name = choices.names[label] if choices.names else classes[label]
            _draw(name, row)


def _start(brought: Brought, classes: int) -> int:
    """The first class that is shown."""
    if classes <= CLASSES_AT_A_TIME:
        return 0
    return st.selectbox(
        "Classes shown",
        range(0, classes, CLASSES_AT_A_TIME),
        format_func=lambda start: f"{start + 1} to {min(start + CLASSES_AT_A_TIME, classes)}",
        key=f"bring_shown_{brought.token}",
        persist_state="session",
        width=160,
    )


def _draw(name: str, row: Row) -> None:
    columns = st.columns([1, 2, 2], vertical_alignment="center")
    damaged = f"  \n{words.count(row.damaged, 'damaged picture')} left out" if row.damaged else ""
    columns[0].markdown(f"{plain(name)}{damaged}")
    for column, (fit, picture) in zip(columns[1:], row.pictures.items(), strict=False):
        column.image(picture, width=WIDTH, alt=f"Images of the class {name}: {FITS[fit].lower()}")


@st.cache_data(max_entries=300, show_spinner=False)
def _row(token: str, label: int, height: int, width: int, channels: int, _contents: Contents) -> Row:
    images: dict[Fit, list[np.ndarray]] = {fit: [] for fit in FITS}
    damaged = 0
    for number in _contents.examples(OF_EACH_CLASS)[label].tolist():
        try:
            picture = _contents.picture(number, (width, height))
        except Unreadable:
            damaged += 1
            continue
        for fit, row in images.items():
            row.append(fitted(picture, height, width, channels, fit))
    if damaged and not images["pad"]:
        return Row({}, damaged)
    return Row({fit: _png(np.stack(row)) for fit, row in images.items()}, damaged)


def _png(images: np.ndarray) -> bytes:
    return tile_png(image_tiles(images), 255.0, "grey", columns=OF_EACH_CLASS, width=WIDTH)
