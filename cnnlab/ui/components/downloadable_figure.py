"""A figure with two buttons that save it as PNG or SVG, drawn by the reader's own browser.

So the server needs no browser of its own, and the picture is the figure as it is zoomed.
"""

import plotly.graph_objects as go

from cnnlab.ui.components import plotly_address, plotly_script
from cnnlab.ui.components.registration import register
from cnnlab.ui.components.text_scale import text_scale
from cnnlab.views.figures.web import figure_json

_HTML = """
<div class="cnnlab-figure" role="figure"></div>
<div class="cnnlab-formats">
  <button type="button" data-format="png" disabled>PNG</button>
  <button type="button" data-format="svg" disabled>SVG</button>
</div>
"""

_component = register("downloadable_figure", _HTML, plotly_script.JS)


def render(figure: go.Figure, title: str, file_name: str, key: str, alt: str) -> None:
    """Draws the figure and its buttons.

    Args:
        figure: Its layout must set a height.
        title: The figure's name, in the labels of the buttons.
        file_name: Of the download, without the ending.
        key: Identifies the figure on the page.
        alt: The text alternative.
    """
    _component(
        key=key,
        data={
            "figure": figure_json(figure, text_scale()),
            "title": title,
            "filename": file_name,
            "revision": f"{key} {title}",
            "alt": alt,
            "script": plotly_address.address(),
        },
    )
