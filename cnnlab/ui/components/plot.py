"""A Plotly figure that changes in place: zoom, pan and hidden lines survive every update.

`st.plotly_chart` draws a new chart whenever the data change (streamlit issues 8782 and 5107); this
component keeps its node and passes new data to `Plotly.react`. It also reports clicks on heat maps, which
`st.plotly_chart` leaves out of its selections.
"""

from collections.abc import Callable
from typing import Any, NamedTuple

import plotly.graph_objects as go
import streamlit as st

from cnnlab.ui.components import plotly_address, plotly_script
from cnnlab.ui.components.registration import register
from cnnlab.ui.components.text_scale import text_scale
from cnnlab.views.figures.web import figure_json

_component = register("plot", '<div class="cnnlab-plot" role="figure"></div>\n', plotly_script.JS)


class Click(NamedTuple):
    """The point of a figure that was clicked, in the units of its axes."""

    x: Any
    y: Any


def render(
    figure: go.Figure,
    key: str,
    revision: str,
    alt: str,
    tools: bool = True,
    on_click: Callable[[Click], None] | None = None,
    share_of_window: float = 0.0,
) -> None:
    """Draws the figure, or changes the one that is there.

    Args:
        figure: Its layout must set a height.
        key: Identifies the plot on the page.
        revision: As long as it stays the same, so do zoom, pan and hidden lines.
        alt: The text alternative.
        tools: Whether Plotly's buttons for zoom and download appear while the pointer is over the figure.
        on_click: Called with the clicked point before the page runs again. The point comes from the
            browser, and may be anything.
        share_of_window: How much of the window's height it takes at most; 0 for as much as the figure says.
    """
    _component(
        key=key,
        data={
            "figure": figure_json(figure, text_scale()),
            "script": plotly_address.address(),
            "revision": revision,
            "alt": alt,
            "tools": tools,
            "clickable": on_click is not None,
            "shareOfWindow": share_of_window,
        },
        on_clicked_change=lambda: _report_click(key, on_click),
    )


def _report_click(key: str, on_click: Callable[[Click], None] | None) -> None:
    clicked = st.session_state[key].get("clicked")
    if on_click and isinstance(clicked, dict):
        on_click(Click(clicked.get("x"), clicked.get("y")))
