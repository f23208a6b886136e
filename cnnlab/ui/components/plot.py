"""A Plotly figure that changes in place: zoom, pan and hidden lines survive every update.

`st.plotly_chart` draws a new chart whenever the data change (streamlit issues 8782 and 5107); this
component keeps its node and hands new data to `Plotly.react`. It also tells what was clicked, of a heatmap
too, which `st.plotly_chart` leaves out of its selections.
"""

from collections.abc import Callable
from typing import Any, NamedTuple

import streamlit as st

from cnnlab.ui.components import plotly_script

_JS = """
export default async function ({ data, parentElement, setTriggerValue }) {
  const node = parentElement.querySelector(".live-plot");
  node.setAttribute("aria-label", data.alt);
  node.style.height = data.figure.layout.height + "px";
  const Plotly = await load(data.script);
  const layout = { ...themed(data.figure.layout, node), uirevision: data.revision, autosize: true };
  await Plotly.react(node, data.figure.data, layout,
                     { ...QUIET, displayModeBar: data.tools ? "hover" : false });
  node.classList.toggle("clickable", data.clickable);
  node.removeAllListeners("plotly_click");
  if (data.clickable)
    node.on("plotly_click", event =>
      setTriggerValue("clicked", { x: event.points[0].x, y: event.points[0].y }));
}
"""

_component = st.components.v2.component(
    "cnnlab_live_plot",
    html='<div class="live-plot" role="img"></div>\n',
    css=".live-plot {\n  width: 100%;\n}\n.live-plot.clickable .nsewdrag {\n  cursor: pointer;\n}\n",
    js=plotly_script.JS + _JS,
    isolate_styles=False,
)


class Click(NamedTuple):
    """The point of a figure that was clicked, in the units of its axes."""

    x: Any
    y: Any


def show(
    figure: dict[str, Any],
    key: str,
    revision: str,
    alt: str,
    tools: bool = True,
    on_click: Callable[[Click], None] | None = None,
) -> None:
    """Draws the figure, or changes the one that stands there.

    Args:
        figure: `data` and `layout` as Plotly knows them; the layout must give a height.
        key: The plot's place on the page.
        revision: As long as it stays the same, so do zoom, pan and hidden lines.
        alt: What the figure shows, for those who do not see it.
        tools: Whether Plotly's buttons for zoom and download appear while the pointer is over it.
        on_click: Called before the page runs again, where somebody clicked a point. What it is told came
            from the browser, and may be anything.
    """
    _component(
        key=key,
        data={
            "figure": figure,
            "script": plotly_script.address(),
            "revision": revision,
            "alt": alt,
            "tools": tools,
            "clickable": on_click is not None,
        },
        on_clicked_change=lambda: _tell(key, on_click),
    )


def _tell(key: str, on_click: Callable[[Click], None] | None) -> None:
    clicked = st.session_state[key].get("clicked")
    if on_click and isinstance(clicked, dict):
        on_click(Click(clicked.get("x"), clicked.get("y")))
