"""Which classes two networks confuse: their matrices, the difference, and the images of a selected cell."""

from collections.abc import Callable
from functools import partial

import numpy as np
import streamlit as st

from cnnlab.comparison.candidates import Predicted
from cnnlab.comparison.differences import confusions, most_different_cell
from cnnlab.comparison.section import Figure
from cnnlab.runs import Run
from cnnlab.ui.actions import reported
from cnnlab.ui.cached import test_images
from cnnlab.ui.compare import section
from cnnlab.ui.components import cards
from cnnlab.ui.components.plot import Click
from cnnlab.ui.inside.sections import open_image
from cnnlab.ui.plain_text import plain
from cnnlab.views.figures.confusion import Cell
from cnnlab.views.pictures.cards import image_card

BY = "cell_by"  # whose answers the images are chosen by
FIRST, SECOND, ONE = "first", "second", "one"
IMAGES_A_PAGE = 48


def render(first: Predicted, second: Predicted) -> None:
    """Both matrices and their difference; a click on a cell, or the boxes, choose the images below."""
    dataset, classes = first.run.spec.data.dataset, first.classes
    cell = _chosen_cell(dataset, classes, most_different_cell(first, second))
    shown = confusions([first], second, cell)
    st.subheader(shown.heading, anchor=False)
    diagonal, colors = shown.notes
    st.caption(f"{plain(diagonal)} Click a cell, or choose it below, to see its images.")
    of_first, of_second, difference = shown.figures
    for column, matrix, by in zip(st.columns(2), (of_first, of_second), (FIRST, SECOND), strict=True):
        with column:
            _figure(matrix, f"confusion_of_{by}", partial(_choose, dataset, classes, by))
    left, right = st.columns(2)
    with left:
        _figure(difference, "confusion_difference", partial(_choose, dataset, classes, ONE))
        st.caption(plain(colors))
    with right:
        _images(first, second, cell)


def _figure(shown: Figure, key: str, on_click: Callable[[Click], None]) -> None:
    """A figure below its title; the key is that of its place, so that it changes in place."""
    st.markdown(f"**{plain(shown.title)}**")
    section.figure(shown._replace(key=key), on_click)


def _keys(dataset: str) -> tuple[str, str]:
    return f"cell_class_{dataset}", f"cell_taken_for_{dataset}"


def _chosen_cell(dataset: str, classes: tuple[str, ...], default: Cell) -> Cell:
    """The cell that is chosen in the boxes, which come later on the page."""
    names = []
    for key, number in zip(_keys(dataset), default, strict=True):
        names.append(st.session_state.setdefault(key, classes[number]))
    return Cell(*map(classes.index, names))


def _choose(dataset: str, classes: tuple[str, ...], by: str, click: Click) -> None:
    """Puts the clicked cell into the boxes."""
    if click.x in classes and click.y in classes:
        st.session_state[BY] = by
        for key, name in zip(_keys(dataset), (click.y, click.x), strict=True):
            st.session_state[key] = name


def _images(first: Predicted, second: Predicted, cell: Cell) -> None:
    """The boxes that say which images, and these."""
    names = {FIRST: first.label, SECOND: second.label, ONE: "only one of them"}
    with st.container(horizontal=True, vertical_alignment="bottom"):
        for label, key in zip(("Class", "Predicted as"), _keys(first.run.spec.data.dataset), strict=True):
            st.selectbox(label, first.classes, key=key, persist_state="session", width=150)
        st.session_state.setdefault(BY, ONE)
        by = st.selectbox(
            "By", list(names), format_func=names.__getitem__, key=BY, persist_state="session", width=180
        )
    pictures = None
    with reported():
        pictures = test_images.pictures(first.run)
    for title, numbers in groups(first, second, cell, by):
        st.markdown(f"**{len(numbers):,}** {plain(title)}")
        if pictures is not None and len(numbers):
            _tiles(first.run, pictures, numbers, f"{first.run.run_id} {second.run.run_id} {title}", title)


def groups(first: Predicted, second: Predicted, cell: Cell, by: str) -> list[tuple[str, np.ndarray]]:
    """The images of a cell, those of one network or of only one each: what they are, and their numbers."""
    category, other = (first.classes[number] for number in cell)
    of_class = first.labels == cell.label
    taken = {
        key: of_class & (each.answers == cell.predicted) for key, each in ((FIRST, first), (SECOND, second))
    }
    does = "gets right" if category == other else f"predicts as {other}"
    of = f"of class {category} that"
    if by in taken:
        name = first.label if by == FIRST else second.label
        return [(f"{of} {name} {does}", np.flatnonzero(taken[by]))]
    return [
        (f"{of} only {first.label} {does}", np.flatnonzero(taken[FIRST] & ~taken[SECOND])),
        (f"{of} only {second.label} {does}", np.flatnonzero(taken[SECOND] & ~taken[FIRST])),
    ]


def _tiles(run: Run, pictures: np.ndarray, numbers: np.ndarray, key: str, title: str) -> None:
    """The images themselves, a page at a time."""
    pages = -(-len(numbers) // IMAGES_A_PAGE)
    page = st.pagination(pages, key=f"tiles of {key} on {pages}") if pages > 1 else 1
    shown = numbers[(page - 1) * IMAGES_A_PAGE : page * IMAGES_A_PAGE]
    place = f", page {page} of {pages}" if pages > 1 else ""
    opened = f"opened image of {key}"
    cards.render(
        f"images_of_{title}",
        [image_card(number, f"{number + 1:,}", pictures[number]) for number in map(int, shown)],
        f"{len(shown)} test images {title}{place}",
        lambda number: st.session_state.update({opened: number}),
        action="look inside",
    )
    if (number := st.session_state.pop(opened, None)) is not None:
        open_image(run, number)
