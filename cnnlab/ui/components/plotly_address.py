"""Where browsers find Plotly's script; known without loading Plotly."""

import functools
from importlib.metadata import version

PATH = "cnnlab/plotly.min.js"


@functools.cache
def address() -> str:
    """The path of Plotly's script, below wherever the browser found this server."""
    return f"{PATH}?v={version('plotly')}"
