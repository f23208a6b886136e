"""Figures on their way to a browser: as JSON, and the script that gives them the colours of the page."""

import json
from importlib.resources import files
from typing import Any

import plotly.graph_objects as go
import plotly.io

THEME_JS = files("cnnlab.views.figures").joinpath("figure.js").read_text("utf-8")
"""The functions of `figure.js`, for the dashboard's components and for the report."""


def figure_json(figure: go.Figure) -> dict[str, Any]:
    """`data` and `layout` of a figure, ready for strict JSON.

    Arrays become Plotly.js's typed arrays (`bdata` in base64), which hold NaN and infinity; anywhere else
    these become null.
    """
    return json.loads(plotly.io.to_json(figure, validate=False, remove_uids=False, engine="json"))
