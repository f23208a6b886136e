"""What the two steppers are made of: one style, one shared script, and arrays packed for the browser.

A stepper is a component that explains one value of a layer at a time. All its arrays are sent once, and
every move of the window happens in the browser. This file knows nothing of what is explained.
"""

import base64
from pathlib import Path
from typing import Any

import numpy as np
import streamlit as st
from streamlit.components.v2.types import ComponentRenderer

CONTROLS = """
<div class="cnnlab-step-controls">
  <button type="button">Back</button>
  <button type="button">Play</button>
  <button type="button">Next</button>
  <span class="cnnlab-step-place"></span>
</div>
"""
HINT = "Point at a value, click to hold it, or use the arrow keys."


def registered(name: str, html: str) -> ComponentRenderer:
    """The component whose own script is `name`.js in this folder, behind the shared one.

    Its styles are not isolated, so that tests and readers find its classes, all of them `cnnlab-…`.
    """
    return st.components.v2.component(
        f"cnnlab_{name}",
        html=html,
        css=_asset("stepper.css"),
        js=_asset("stepper.js") + _asset(f"{name}.js"),
        isolate_styles=False,
    )


def _asset(name: str) -> str:
    return Path(__file__).with_name(name).read_text("utf-8")


def require_scales(*limits: float) -> None:
    """Raises `ValueError` unless every limit of a colour scale is a positive number."""
    for limit in limits:
        if not (np.isfinite(limit) and limit > 0):
            raise ValueError(f"The limit of a colour scale must be a positive number, not {limit}.")


def packed(array: np.ndarray) -> dict[str, Any]:
    """An array for the browser: its shape, and its values as base64 of little-endian float32.

    Unlike JSON, this holds NaN and infinity too, which a training that diverged leaves behind.
    """
    values = np.ascontiguousarray(array, "<f4")
    return {"shape": list(values.shape), "values": base64.b64encode(values.tobytes()).decode("ascii")}
