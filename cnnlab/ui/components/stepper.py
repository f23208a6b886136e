"""Shared by the two steppers: their style and script, their controls, and arrays packed for the browser.

A stepper is a component that explains one value of a layer at a time. Its arrays are sent once; the window
moves in the browser alone.
"""

import base64
from typing import Any

import numpy as np
from streamlit.components.v2.types import ComponentRenderer

from cnnlab.ui.components.registration import read_asset, register

CONTROLS = """
<div class="cnnlab-step-controls">
  <button type="button">Back</button>
  <button type="button">Play</button>
  <button type="button">Next</button>
  <span class="cnnlab-step-place"></span>
</div>
"""
HINT = "Point at a value, click to hold it, or use the arrow keys."


def register_stepper(name: str, html: str) -> ComponentRenderer:
    """The component whose own script is `name`.js in this folder, after the shared one."""
    return register(name, html, shared_js=read_asset("stepper.js"), css="stepper.css")


def require_scales(*limits: float) -> None:
    """Raises `ValueError` unless every limit of a colour scale is a positive number."""
    for limit in limits:
        if not (np.isfinite(limit) and limit > 0):
            raise ValueError(f"The limit of a colour scale must be a positive number, not {limit}.")


def pack_array(array: np.ndarray) -> dict[str, Any]:
    """An array for the browser: its shape, and its values as base64 of little-endian float32.

    Unlike JSON, this can hold NaN and infinity, which a training that diverged leaves behind.
    """
    values = np.ascontiguousarray(array, "<f4")
    return {"shape": list(values.shape), "values": base64.b64encode(values.tobytes()).decode("ascii")}
