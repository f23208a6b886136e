"""How a first layer's weights are shown where the images are in colour: in colour, or channel by channel."""

import streamlit as st

from cnnlab.data.registry import DATASETS
from cnnlab.runs import Run
from cnnlab.spec import ConvNetSpec
from cnnlab.views.pictures.kernels import BY_CHANNEL, CHANNELS, COLOUR_VIEWS, IN_COLOUR, ColourView
from cnnlab.views.pictures.tiles import channels_bar_html, colorbar_html
from cnnlab.words import listing

KEY = "kernel_view"  # session state, shared by all sections
IN_COLOUR_WORDS = (
    "In colour: red, green and blue of each pixel are its three weights. Middle grey is 0 for all three; a "
    "brighter channel is a weight above 0, a darker one a weight below. So a red pixel wants much red and "
    "little green and blue."
)


def sees_colours(run: Run, layer: str) -> bool:
    """Whether a layer's input are the three channels of an image in colour: the first one of a network."""
    first = "conv_1" if isinstance(run.spec.model, ConvNetSpec) else "dense"
    return DATASETS[run.spec.data.dataset].in_colour and layer == first


def choose(run: Run, layer: str) -> ColourView | None:
    """The control, and what it says; None without a control where the layer does not see colours."""
    if not sees_colours(run, layer):
        return None
    return st.segmented_control(
        "Kernels and weights",
        COLOUR_VIEWS,
        default=IN_COLOUR,
        required=True,
        key=KEY,
        persist_state="session",
    )


def legend(view: ColourView | None, limit: float) -> None:
    """What the colours of a layer's weights mean, from -limit to limit."""
    if view == IN_COLOUR:
        st.html(channels_bar_html(limit))
        st.caption(IN_COLOUR_WORDS)
        return
    st.html(colorbar_html(limit))
    if view == BY_CHANNEL:
        st.caption(f"Channel by channel: {listing(CHANNELS)}, from left to right.")
