// One figure in a node that stays: Plotly.react changes it in place.

export default async function ({ data, parentElement, setTriggerValue }) {
  const node = parentElement.querySelector(".cnnlab-plot");
  node.setAttribute("aria-label", data.alt);
  node.style.height = data.figure.layout.height + "px";
  const Plotly = await loadPlotly(data.script);
  const layout = { ...themed(data.figure.layout, node), uirevision: data.revision, autosize: true };
  await Plotly.react(node, data.figure.data, layout,
                     { ...PLOT_OPTIONS, displayModeBar: data.tools ? "hover" : false });
  node.classList.toggle("cnnlab-clickable", data.clickable);
  node.removeAllListeners("plotly_click");
  if (data.clickable)
    node.on("plotly_click", event =>
      setTriggerValue("clicked", { x: event.points[0].x, y: event.points[0].y }));
}
