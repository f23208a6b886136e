"""A Plotly figure that changes in place: zoom, pan and hidden lines survive every update.

`st.plotly_chart` draws a new chart whenever the data change (streamlit issues 8782 and 5107); this
component keeps its node and hands new data to `Plotly.react`. Plotly's script comes from the installed
package, by a route of `app.py`.
"""

from typing import Any

import plotly
import streamlit as st

_JS = """
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

function themed(layout, node) {
  const style = getComputedStyle(node);
  const color = name => style.getPropertyValue(name).trim();
  const axis = { gridcolor: color("--st-border-color-light"),
                 zerolinecolor: color("--st-border-color"),
                 linecolor: color("--st-border-color") };
  const themedLayout = { ...layout, font: { color: color("--st-text-color"), family: color("--st-font") },
    hoverlabel: { bgcolor: color("--st-secondary-background-color"),
                  font: { color: color("--st-text-color") } } };
  for (const key of Object.keys(layout).filter(key => /^[xy]axis/.test(key)))
    themedLayout[key] = { ...layout[key], ...axis };
  return themedLayout;
}

export default async function ({ data, parentElement }) {
  const node = parentElement.querySelector(".live-plot");
  node.setAttribute("aria-label", data.alt);
  node.style.height = data.figure.layout.height + "px";
  const Plotly = await load(data.script);
  const layout = { ...themed(data.figure.layout, node), uirevision: data.revision, autosize: true };
  await Plotly.react(node, data.figure.data, layout,
                     { responsive: true, displaylogo: false, displayModeBar: data.tools ? "hover" : false,
                       modeBarButtonsToRemove: ["select2d", "lasso2d"] });
}
"""

_component = st.components.v2.component(
    "cnnlab_live_plot",
    html='<div class="live-plot" role="img"></div>\n',
    css=".live-plot {\n  width: 100%;\n}\n",
    js=_JS,
    isolate_styles=False,
)


def show(figure: dict[str, Any], key: str, revision: str, alt: str, tools: bool = True) -> None:
    """Draws the figure, or changes the one that stands there.

    Args:
        figure: `data` and `layout` as Plotly knows them; the layout must give a height.
        key: The plot's place on the page.
        revision: As long as it stays the same, so do zoom, pan and hidden lines.
        alt: What the figure shows, for those who do not see it.
        tools: Whether Plotly's buttons for zoom and download appear while the pointer is over it.
    """
    base = st.get_option("server.baseUrlPath").strip("/")
    script = f"/{base}/cnnlab/plotly.min.js" if base else "/cnnlab/plotly.min.js"
    _component(
        key=key,
        data={
            "figure": figure,
            "script": f"{script}?v={plotly.__version__}",
            "revision": revision,
            "alt": alt,
            "tools": tools,
        },
    )
