"""Figures on their way to a browser: as JSON, and the script that gives them the colours of the page."""

import json
import re
from importlib.resources import files
from typing import Any

import plotly.graph_objects as go
import plotly.io

IDENTIFIER = re.compile(r"[\w-]+", re.ASCII)
THEME_JS = files("cnnlab.views.figures").joinpath("figure.js").read_text("utf-8")
"""The functions of `figure.js`, for the dashboard's components and for the report."""


def figure_json(figure: go.Figure) -> dict[str, Any]:
    """`data` and `layout` of a figure, ready for strict JSON.

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
    return json.loads(plotly.io.to_json(figure, validate=False, remove_uids=False, engine="json"))
