"""Plotly in the browser, for the components that draw with it: loaded once a page, by a route of `app.py`."""

import plotly
import streamlit as st

from cnnlab.ui.components.registration import read_asset
from cnnlab.views.figures.web import THEME_JS

JS = read_asset("plotly_script.js") + THEME_JS
"""`loadPlotly(address)`, which returns a promise of Plotly, and the functions of `figure.js`."""


def address() -> str:
    """The address of Plotly's script on this server."""
    base = st.get_option("server.baseUrlPath").strip("/")
    script = f"/{base}/cnnlab/plotly.min.js" if base else "/cnnlab/plotly.min.js"
    return f"{script}?v={plotly.__version__}"
