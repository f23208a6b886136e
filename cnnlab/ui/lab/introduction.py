"""What the lab is, and which images both networks learn from."""

import streamlit as st

from cnnlab import words
from cnnlab.data.registry import DATASETS
from cnnlab.data.split import validation_images
from cnnlab.spec import ComparisonSpec, network_title
from cnnlab.ui.plain_text import plain

QUESTION = "Does the convolution earn its keep?"
HOW = "Set both networks in the sidebar, watch what they make of an image, train them, and compare."


def render(comparison: ComparisonSpec | None) -> None:
    """One sentence; the tooltip has the details."""
    if comparison is None:
        st.caption(f"{QUESTION} {HOW}")
        return
    data = comparison.data
    validation = validation_images(data)
    named = words.listing([f"**{network_title(run.model)}**" for run in comparison.runs().values()])
    shuffled = ", with their pixels shuffled" if data.shuffled_pixels else ""
    st.caption(
        f"{QUESTION} {named} learn from the same {data.images - validation:,} images of "
        f"{plain(DATASETS[data.dataset].title)}{shuffled}, in the same order.",
        help=f"{HOW} {validation:,} other images are set apart for validation; the test images are used "
        "once, at the end. Shuffled pixels change places in the same way in every image.",
    )
