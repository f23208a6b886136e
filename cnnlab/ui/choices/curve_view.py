"""How curves are drawn: the time axis, smoothing, a logarithmic loss."""

from typing import get_args

import streamlit as st

from cnnlab.views.figures.curve_lines import View, XAxis

X_AXES: tuple[XAxis, ...] = get_args(XAxis)


def choose_view() -> View:
    """How the curves are looked at; outside of what is polled, so that it stays in hand."""
    with st.container(horizontal=True, vertical_alignment="bottom", gap="medium"):
        x = st.segmented_control(
            "Time axis", X_AXES, default="epoch", required=True, key="x_axis", persist_state="session"
        )
        smoothing = st.slider(
            "Smoothing", 0.0, 0.99, 0.0, 0.01, key="smoothing", width=220, persist_state="session"
        )
        log_loss = st.toggle("Logarithmic loss", key="log_loss", persist_state="session")
    return View(x, smoothing, log_loss)
