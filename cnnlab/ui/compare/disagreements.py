"""The images that only one of two networks gets right, with the answers of both."""

import numpy as np
import streamlit as st

from cnnlab.comparison.candidates import Predicted
from cnnlab.evidence.classes import only_right
from cnnlab.ui.actions import reported
from cnnlab.ui.cached import test_images
from cnnlab.ui.components import cards
from cnnlab.ui.inside.sections import open_image
from cnnlab.ui.plain_text import plain
from cnnlab.views.figures.answers import top_classes
from cnnlab.views.pictures.cards import image_card

IMAGES_A_PAGE = 12
ANY_CLASS = "any class"
PICTURE_SIDE = 112  # pixels
OPENED = "opened disagreement"  # session state: the number of the image that is to be looked into


def render(first: Predicted, second: Predicted) -> None:
    """The choice of the images, and a page of them."""
    st.subheader("Only one is right", anchor=False)
    sides = {each.run.run_id: (each, other) for each, other in ((first, second), (second, first))}
    with st.container(horizontal=True, vertical_alignment="bottom"):
        chosen = st.segmented_control(
            "Only right",
            list(sides),
            default=first.run.run_id,
            required=True,
            format_func=lambda run_id: _side(*sides[run_id]),
            key=f"only_right_{first.run.run_id}_{second.run.run_id}",
        )
        category = st.selectbox(
            "Class",
            [ANY_CLASS, *first.classes],
            key=f"only_right_class_{first.run.spec.data.dataset}",
            persist_state="session",
            width=200,
        )
    winner, loser = sides[chosen]
    index = first.classes.index(category) if category != ANY_CLASS else None
    numbers = only_right(winner.probabilities, loser.probabilities, winner.labels, index)
    if not len(numbers):
        what = "" if index is None else f" of class {plain(category)}"
        st.info(f"There is no test image{what} that only {plain(winner.label)} gets right.")
        return
    st.caption(
        f"{len(numbers):,} images, first those on which {plain(loser.label)} is most confident and wrong. "
        "Each shows the three likeliest classes of both networks."
    )
    pages = -(-len(numbers) // IMAGES_A_PAGE)
    page = st.pagination(pages, key=f"gallery_{chosen}_{category}_{pages}") if pages > 1 else 1
    _cards(winner, loser, numbers[(page - 1) * IMAGES_A_PAGE : page * IMAGES_A_PAGE])


def _side(winner: Predicted, loser: Predicted) -> str:
    return f"{plain(winner.label)} ({int((winner.right & ~loser.right).sum()):,})"


def _cards(winner: Predicted, loser: Predicted, numbers: np.ndarray) -> None:
    pictures = None
    with reported():
        pictures = test_images.pictures(winner.run)
    grid = st.grid("auto", min_column_width=270, border=True)
    for number in map(int, numbers):
        category = winner.classes[winner.labels[number]]
        with grid.cell():
            if pictures is not None:
                _picture(winner, number, pictures[number], category)
            else:
                st.markdown(f"**{plain(category)}**  \ntest image {number + 1:,}")
            st.markdown(_table(winner, loser, number))


def _picture(winner: Predicted, number: int, image: np.ndarray, category: str) -> None:
    """The image, which can be opened on the page Inside."""
    title = f"Test image {number + 1:,}: {category}"
    cards.render(
        f"gallery_{number}",
        [image_card(number, category, image, [f"test image {number + 1:,}"])],
        title,
        lambda opened: st.session_state.update({OPENED: opened}),
        action="look inside",
        width=PICTURE_SIDE,
    )
    if st.session_state.get(OPENED) == number:
        del st.session_state[OPENED]
        open_image(winner.run, number)


def _table(winner: Predicted, loser: Predicted, number: int) -> str:
    """Both networks' likeliest classes beside each other, in Markdown."""
    answers = [top_classes(each.probabilities[number], winner.classes) for each in (winner, loser)]
    rows = [
        " | ".join(f"{plain(name)} {probability:.1%}" for name, probability in ranked)
        for ranked in zip(*answers, strict=True)
    ]
    head = f"{plain(winner.label)}, right | {plain(loser.label)}, wrong"
    return "\n".join(f"| {row} |" for row in (head, "--- | ---", *rows))
