"""The facts of a data set: how many images of which size, how many classes, and its fingerprint."""

import streamlit as st

from cnnlab import words
from cnnlab.evidence.images import most_frequent_share
from cnnlab.ui.cached import dataset_numbers
from cnnlab.ui.data.choice import Chosen

SHOWN_DIGITS = 16  # of the fingerprint


def render(chosen: Chosen) -> None:
    """One line of numbers, and a caption."""
    info, images = chosen.info, chosen.images
    height, width, channels = info.input_shape
    with st.container(horizontal=True, gap="small", key="data_facts"):
        st.metric("Training images", f"{len(images.y_train):,}", border=True, width="stretch")
        st.metric("Test images", f"{len(images.y_test):,}", border=True, width="stretch")
        st.metric("Classes", f"{len(info.classes):,}", border=True, width="stretch")
        st.metric("Pixels", f"{height}×{width}", border=True, width="stretch")
        st.metric("Channels", "3 (colour)" if channels == 3 else "1 (grey)", border=True, width="stretch")
    with st.spinner("Reading all images"):
        fingerprint = dataset_numbers.print_of(chosen.key, info.classes, images)
    always = words.percent(most_frequent_share(images.y_test))
    st.caption(
        f"An image is {height * width * channels:,} numbers. Always answering the most frequent class of the "
        f"test images would be right on {always} of them: a network has to do better. Fingerprint of images "
        f"and classes (SHA-256): `{fingerprint[:SHOWN_DIGITS]}…`"
    )
