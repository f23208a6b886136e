"""Figures on their way to a browser: as JSON, and the script that gives them the colours of the page."""

import json
import re
from importlib.resources import files
from typing import Any

import plotly.graph_objects as go
import plotly.io

FONT_SIZE = 12  # pixels: Plotly's own
IDENTIFIER = re.compile(r"[\w-]+", re.ASCII)
THEME_JS = files("cnnlab.views.figures").joinpath("figure.js").read_text("utf-8")
"""The functions of `figure.js`, for the dashboard's components and for the report."""


def figure_json(figure: go.Figure, scale: float = 1.0) -> dict[str, Any]:
    """`data` and `layout` of a figure, ready for strict JSON.

    Args:
        figure: Its layout must set a height.
        scale: By how much text, margins and height are larger than the figure says; the width is the page's.

    Arrays become Plotly.js's typed arrays (`bdata` in base64), which hold NaN and infinity; anywhere else
    these become null.

    Raises `ValueError` for a trace's uid that is no identifier, such as a name that a person typed: Plotly.js
    makes CSS selectors of them, and draws nothing where one is invalid.
    """
    for trace in figure.data:
        if trace.uid is not None and not IDENTIFIER.fullmatch(trace.uid):
            raise ValueError(
                f"The uid '{trace.uid}' of a trace must be made of letters, digits, '-' and '_'."
            )
    plain = json.loads(plotly.io.to_json(figure, validate=False, remove_uids=False, engine="json"))
    return plain if scale == 1 else _enlarged(plain, scale)


def _enlarged(figure: dict[str, Any], scale: float) -> dict[str, Any]:
    larger = _with_larger_text(figure, scale)
    for layout in (larger["layout"], larger["layout"]["template"]["layout"]):
        if "margin" in layout:
            layout["margin"] = {side: room * scale for side, room in layout["margin"].items()}
    larger["layout"]["height"] *= scale
    larger["layout"]["font"] = {"size": FONT_SIZE * scale} | larger["layout"].get("font", {})
    return larger


def _with_larger_text(node: Any, scale: float, name: str = "") -> Any:
    if isinstance(node, list):
        return [_with_larger_text(each, scale) for each in node]
    if not isinstance(node, dict):
        return node
    return {
        key: value * scale
        if key == "size" and name.endswith("font") and isinstance(value, int | float)
        else _with_larger_text(value, scale, key)
        for key, value in node.items()
    }
