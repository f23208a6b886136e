"""Plotly in the browser, for the components that draw with it: its script, and how figures are themed.

The script comes from the installed package, by a route of `app.py`, and is loaded once a page.
"""

from importlib.resources import files

import plotly
import streamlit as st

_LOADING = """
function load(address) {
  window.cnnlabPlotly ??= new Promise((resolve, reject) => {
    const script = document.createElement("script");
    script.src = address;
    script.onload = () => resolve(window.Plotly);
    script.onerror = () => reject(new Error("Plotly's script could not be loaded from " + address));
    document.head.append(script);
  });
  return window.cnnlabPlotly;
}
"""
JS = _LOADING + files("cnnlab.views.figures").joinpath("figure.js").read_text("utf-8")
"""`load(address)`, a promise of Plotly, and the functions of `figure.js`."""


def address() -> str:
    """Where this server has Plotly's script."""
    base = st.get_option("server.baseUrlPath").strip("/")
    script = f"/{base}/cnnlab/plotly.min.js" if base else "/cnnlab/plotly.min.js"
    return f"{script}?v={plotly.__version__}"
