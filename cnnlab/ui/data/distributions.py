"""How the images are distributed: over the classes, and their pixels over black to bright."""

import streamlit as st

from cnnlab import words
from cnnlab.evidence.images import class_counts
from cnnlab.ui.cached import dataset_numbers
from cnnlab.ui.components import plot
from cnnlab.ui.data.choice import Chosen
from cnnlab.views.figures.class_balance import Balance, class_balance_figure
from cnnlab.views.figures.pixel_histogram import pixel_histogram_figure


def render(chosen: Chosen) -> None:
    """Both figures, beside each other where there is room."""
    left, right = st.columns(2, gap="large")
    with left:
        _balance(chosen)
    with right:
        _pixels(chosen)


def _balance(chosen: Chosen) -> None:
    classes, images = chosen.info.classes, chosen.images
    counts = (class_counts(labels, len(classes)) for labels in (images.y_train, images.y_test))
    balance = Balance(classes, *counts)
    st.subheader("Class balance", anchor=False)
    said = (
        "Every class is equally frequent, so an accuracy says the same of each."
        if balance.even
        else "Classes are not equally frequent: an accuracy says most of the frequent ones."
    )
    st.caption(said)
    plot.render(
        class_balance_figure(balance),
        key="class_balance",
        revision=chosen.key,
        alt=f"Training and test images by class. {said}",
        tools=False,
    )


def _pixels(chosen: Chosen) -> None:
    histogram = dataset_numbers.histogram(chosen.key, chosen.images)
    black, bright = (words.percent(float(histogram[:, end].mean())) for end in (0, -1))
    said = f"{black} of the values are black or nearly so (0 to 7), {bright} at the bright end (248 to 255)."
    st.subheader("Pixel values", anchor=False)
    st.caption(f"Of all training images, before they are scaled. {said}")
    plot.render(
        pixel_histogram_figure(histogram),
        key="pixel_values",
        revision=chosen.key,
        alt=f"How frequent each pixel value is. {said}",
        tools=False,
    )
