"""A figure with two buttons that save it as PNG or SVG, drawn by the reader's own browser.

So the server needs no browser of its own, and the picture is the figure as it is zoomed. This file knows
nothing of what the figure shows.
"""

from pathlib import Path
from typing import Any

import streamlit as st

from cnnlab.ui.components import plotly_script

_HTML = """
<div class="cnnlab-figure" role="img"></div>
<div class="cnnlab-formats">
  <button type="button" data-format="png" disabled>PNG</button>
  <button type="button" data-format="svg" disabled>SVG</button>
</div>
"""

_CSS = """
.cnnlab-figure { width: 100%; }
.cnnlab-formats { display: flex; gap: 0.5rem; margin-top: 0.25rem; }
.cnnlab-formats button {
  font: inherit; color: var(--st-text-color); background: transparent; cursor: pointer;
  border: 1px solid var(--st-widget-border-color, var(--st-border-color));
  border-radius: var(--st-button-radius); padding: 0.25rem 0.75rem; min-height: 2.2rem;
}
.cnnlab-formats button:hover, .cnnlab-formats button:focus-visible {
  border-color: var(--st-primary-color); color: var(--st-primary-color);
}
.cnnlab-formats button:disabled { opacity: 0.5; cursor: default; }
"""

_component = st.components.v2.component(
    "cnnlab_figure_downloads",
    html=_HTML,
    css=_CSS,
    js=plotly_script.JS + Path(__file__).with_suffix(".js").read_text("utf-8"),
    isolate_styles=False,  # Plotly puts its own into the page's head
)


def show(figure: dict[str, Any], title: str, file_name: str, key: str, alt: str) -> None:
    """Draws the figure and its buttons.

    Args:
        figure: `data` and `layout` as Plotly knows them, ready for JSON.
        title: What the buttons say that they download.
        file_name: Of the download, without the ending.
        key: The figure's place on the page.
        alt: What the figure shows, for those who do not see it.
    """
    _component(
        key=key,
        data={
            "figure": figure,
            "title": title,
            "filename": file_name,
            "key": f"{key} {title}",
            "alt": alt,
            "script": plotly_script.address(),
        },
    )
