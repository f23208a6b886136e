"""Registers components: their HTML, and their scripts and styles from files in this folder."""

from pathlib import Path

import streamlit as st
from streamlit.components.v2.types import ComponentRenderer


def register(name: str, html: str, shared_js: str = "", css: str = "") -> ComponentRenderer:
    """The component whose script is `name`.js.

    Args:
        name: Of the component and its script.
        html: What it consists of before its script runs.
        shared_js: Functions that the script calls.
        css: The file of its styles; `name`.css by default. They are not isolated, since Plotly adds its own
            to the page's head; all classes are called `cnnlab-…`.
    """
    return st.components.v2.component(
        f"cnnlab_{name}",
        html=html,
        css=read_asset(css or f"{name}.css"),
        js=shared_js + read_asset(f"{name}.js"),
        isolate_styles=False,
    )


def read_asset(file_name: str) -> str:
    """The text of a file in this folder."""
    return Path(__file__).with_name(file_name).read_text("utf-8")
