"""Registers components: their HTML, and their scripts and styles from files in this folder."""

import math
from pathlib import Path
from typing import Any

import numpy as np
import streamlit as st
from streamlit.components.v2.bidi_component import ComponentResult
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
    component = st.components.v2.component(
        f"cnnlab_{name}",
        html=html,
        css=read_asset(css or f"{name}.css"),
        js=shared_js + read_asset(f"{name}.js"),
        isolate_styles=False,
    )

    def render(*, data: Any = None, **options: Any) -> ComponentResult:
        return component(data=strict_json(data), **options)

    return render


def strict_json(data: Any) -> Any:
    """The data with None for every number that is not finite, which JSON, and so a browser, does not know."""
    if isinstance(data, dict):
        return {key: strict_json(value) for key, value in data.items()}
    if isinstance(data, list | tuple):
        return [strict_json(value) for value in data]
    if isinstance(data, float | np.floating):
        return float(data) if math.isfinite(data) else None
    return data


def read_asset(file_name: str) -> str:
    """The text of a file in this folder."""
    return Path(__file__).with_name(file_name).read_text("utf-8")
