"""A switch for the projector: everything larger, and the sidebar folded away."""

import streamlit as st

from cnnlab.ui.components.text_scale import PRESENTATION, PRESENTATION_SCALE, text_scale

NORMAL_SIZE = 16  # pixels of Streamlit's text; what is measured in rem follows it
HELP = (
    f"Everything {PRESENTATION_SCALE} times as large, with the sidebar folded. Unfold it with » to "
    "switch this off."
)


def is_on() -> bool:
    """Whether the pages are shown to an audience."""
    return text_scale() != 1


def render() -> None:
    """The switch."""
    st.toggle("Presentation", key=PRESENTATION, help=HELP)
    if is_on():
        st.html(f"<style>html {{ font-size: {NORMAL_SIZE * PRESENTATION_SCALE:.1f}px !important; }}</style>")
