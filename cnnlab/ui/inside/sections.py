"""What the page Inside can show of an image and the networks, and the way there from other pages."""

from enum import StrEnum

import streamlit as st

from cnnlab.runs import Run
from cnnlab.ui.choices import epoch
from cnnlab.ui.choices.address_parameter import COMPARISON
from cnnlab.ui.inside import image

KEY = "section"
OLD_ADDRESS = "/filters"  # of the page that showed the filters in earlier versions


class Section(StrEnum):
    """A part of the page, by its title."""

    MAPS = "Feature maps"
    FILTERS = "Filters"
    WEIGHTS = "Weights"
    CONVOLUTION = "Convolution"
    BY_HAND = "Kernel by hand"
    POOLING = "Pooling"
    WHY = "Why this class"
    TEMPLATES = "Templates against kernels"


def choose_section() -> Section:
    """The control, and what it says."""
    old = (st.context.url or "").partition("?")[0].rstrip("/").endswith(OLD_ADDRESS)
    first = Section.FILTERS if old else Section.MAPS
    chosen = st.segmented_control(
        "Look at", [*Section], default=first, required=True, key=KEY, persist_state="session"
    )
    return Section(chosen)


def follow_map(layer: str, number: int) -> None:
    """Turns to the section that computes this map pixel by pixel, or to the feature maps if there is none.

    Args:
        layer: Such as 'conv_2' or 'pool_1'.
        number: Of the map, counted from 1.
    """
    state = st.session_state
    kind, _, block = layer.partition("_")
    sections = {"conv": (Section.CONVOLUTION, "explained_filter"), "pool": (Section.POOLING, "pooled_map")}
    if kind not in sections or not block.isdecimal():
        state[KEY] = Section.MAPS
        return
    state[KEY], filter_key = sections[kind]
    state["block_looked_at"] = int(block)
    state[f"{filter_key}_{block}"] = number


def choose_image(number: int) -> None:
    """Sets the page to a test image, by its number from 0 among all of them."""
    state, all_images = st.session_state, "all"
    state["image_source"], state["image_class"], state["image_group"] = (
        image.SOURCES[0],
        image.ANY_CLASS,
        all_images,
    )
    state[image.place_key(image.ANY_CLASS, all_images)] = number + 1


def open_image(run: Run, number: int, at_epoch: int | None = None) -> None:
    """Goes to the page with a test image, by its number from 0, in the comparison of a run.

    `at_epoch`: the one to show; the one shown last where it is None.
    """
    choose_image(number)
    if at_epoch is not None:
        st.session_state[epoch.EPOCH] = at_epoch
    st.switch_page("../../pages/inside.py", query_params={COMPARISON.name: run.comparison})
