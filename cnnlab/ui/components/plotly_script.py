"""Plotly in the browser, for the components that draw with it: loaded once a page, by a route of `app.py`."""

from cnnlab.ui.components.registration import read_asset
from cnnlab.views.figures.web import THEME_JS

JS = read_asset("plotly_script.js") + THEME_JS
"""`loadPlotly(path)`, which returns a promise of Plotly, and the functions of `figure.js`."""
