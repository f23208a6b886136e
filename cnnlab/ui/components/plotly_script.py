"""Plotly in the browser, for the components that draw with it: loaded once a page, by a route of `app.py`."""

import plotly

from cnnlab.ui.components.registration import read_asset
from cnnlab.views.figures.web import THEME_JS

JS = read_asset("plotly_script.js") + THEME_JS
"""`loadPlotly(path)`, which returns a promise of Plotly, and the functions of `figure.js`."""

PATH = "cnnlab/plotly.min.js"


def address() -> str:
    """The path of Plotly's script, below wherever the browser found this server."""
    return f"{PATH}?v={plotly.__version__}"
