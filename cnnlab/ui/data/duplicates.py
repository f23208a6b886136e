"""Test images that are training images too, exactly or nearly, with the closest pairs side by side."""

import numpy as np
import streamlit as st

from cnnlab import words
from cnnlab.evidence.duplicates import NEAR, SIDE, Nearest, duplicates_finding
from cnnlab.ui.cached import dataset_numbers
from cnnlab.ui.data.choice import Chosen
from cnnlab.ui.plain_text import markdown, plain
from cnnlab.views.pictures.stored_images import images_png

PAIRS = 12
WIDTH = 132  # pixels of a pair on the page


def render(chosen: Chosen) -> None:
    """The finding, how it was measured, and the pairs."""
    images = chosen.images
    st.subheader("Duplicates of training images in the test set", anchor=False)
    nearest = dataset_numbers.nearest(chosen.key, images)
    same_class = images.y_train[nearest.training] == images.y_test
    st.markdown(markdown([duplicates_finding(nearest, same_class)]))
    st.caption(
        f"Images are reduced to {SIDE}×{SIDE} means per channel. The distance of two images is the root mean "
        "square difference of these, in levels of 255; 'nearly the same' is closer than "
        f"{words.number(NEAR, 0)} levels. Simple images, such as strokes, are close to each other without "
        "being copies: look at the closest pairs, the test image on the left."
    )
    grid = st.grid("auto", min_column_width=165, border=True)
    for number in map(int, nearest.closest(PAIRS)):
        with grid.cell():
            _pair(chosen, nearest, number)


def _pair(chosen: Chosen, nearest: Nearest, number: int) -> None:
    """A test image and its nearest training image, with their classes and their distance."""
    images, classes = chosen.images, chosen.info.classes
    twin = int(nearest.training[number])
    labels = classes[images.y_test[number]], classes[images.y_train[twin]]
    both = np.stack([images.x_test[number], images.x_train[twin]])
    alt = f"Test image {number + 1:,}, {labels[0]}, and training image {twin + 1:,}, {labels[1]}"
    st.image(images_png(both, 2, WIDTH), alt=alt, width=WIDTH)
    apart = (
        "identical"
        if nearest.identical[number]
        else f"{words.number(float(nearest.distance[number]))} levels apart"
    )
    same = plain(labels[0]) if labels[0] == labels[1] else f"{plain(labels[0])} | {plain(labels[1])}"
    st.markdown(f"**{same}**  \n{apart}")
    st.caption(f"test {number + 1:,}, training {twin + 1:,}")
