"""How large the page is shown: the size that figures share with the text around them."""

import streamlit as st

PRESENTATION = "presentation"  # session state: whether the pages are shown to an audience
PRESENTATION_SCALE = 1.4


def text_scale() -> float:
    """1, or more where the pages are shown to an audience."""
    return PRESENTATION_SCALE if st.session_state.get(PRESENTATION, False) else 1.0
