"""A switch for the projector: everything larger, and the sidebar folded away."""

import streamlit as st

KEY = "presentation"
SCALE = 1.4
NORMAL_SIZE = 16  # pixels of Streamlit's text; what is measured in rem follows it
HELP = f"Everything {SCALE} times as large, with the sidebar folded. Unfold it with » to switch this off."


def is_on() -> bool:
    """Whether the pages are shown to an audience."""
    return st.session_state.get(KEY, False)


def render() -> None:
    """The switch."""
    st.toggle("Presentation", key=KEY, help=HELP)
    if is_on():
        st.html(f"<style>html {{ font-size: {NORMAL_SIZE * SCALE:.1f}px !important; }}</style>")
