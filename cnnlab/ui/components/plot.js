// One figure in a node that stays: Plotly.react changes it in place.

const LEAST_HEIGHT = 215;  // pixels of a figure that shares the window with others

export default async function ({ data, parentElement, setTriggerValue }) {
  const node = parentElement.querySelector(".cnnlab-plot");
  node.setAttribute("aria-label", data.alt);
  node.style.height = heightOf(data) + "px";
  const Plotly = await loadPlotly(data.script);
  const layout = { ...themed(data.figure.layout, node), uirevision: data.revision, autosize: true,
                   height: undefined };
  await Plotly.react(node, data.figure.data, layout,
                     { ...PLOT_OPTIONS, displayModeBar: data.tools ? "hover" : false });
  node.classList.toggle("cnnlab-clickable", data.clickable);
  node.removeAllListeners("plotly_click");
  if (data.clickable)
    node.on("plotly_click", event =>
      setTriggerValue("clicked", { x: event.points[0].x, y: event.points[0].y }));
}

function heightOf({ figure, shareOfWindow }) {
  const height = figure.layout.height;
  if (!shareOfWindow) return height;
  return Math.round(Math.min(height, Math.max(LEAST_HEIGHT, shareOfWindow * window.innerHeight)));
}
