// One figure in a node that stays: Plotly.react changes it in place.

const CLICK = 400; // milliseconds: Plotly waits 300 for a second click, and forgets the first in a redraw
const LEAST_HEIGHT = 215;  // pixels of a figure that shares the window with others

export default async function ({ data, parentElement, setTriggerValue }) {
  const node = parentElement.querySelector(".cnnlab-plot");
  node.setAttribute("aria-label", data.alt);
  node.style.height = heightOf(data) + "px";
  const Plotly = await loadPlotly(data.script);
  node.onpointerdown ??= () => { node.pressed = performance.now(); };
  await until(node.pressed + CLICK);
  const layout = { ...themed(data.figure.layout, node), uirevision: data.revision, autosize: true,
                   height: undefined };
  const wanted = JSON.stringify([data, layout]);  // with the page's colours
  if (node.drawn !== wanted) {  // a page that runs again sends most figures as they are
    await Plotly.react(node, data.figure.data, layout,
                       { ...PLOT_OPTIONS, displayModeBar: data.tools ? "hover" : false });
    node.drawn = wanted;
  }
  node.classList.toggle("cnnlab-clickable", data.clickable);
  node.removeAllListeners("plotly_click");
  if (data.clickable)
    node.on("plotly_click", event =>
      setTriggerValue("clicked", { x: event.points[0].x, y: event.points[0].y }));
}

// Waits until a moment by the browser's clock; not at all where that is past or no number.
function until(moment) {
  const wait = moment - performance.now();
  return wait > 0 ? new Promise(resolve => setTimeout(resolve, wait)) : undefined;
}

function heightOf({ figure, shareOfWindow }) {
  const height = figure.layout.height;
  if (!shareOfWindow) return height;
  return Math.round(Math.min(height, Math.max(LEAST_HEIGHT, shareOfWindow * window.innerHeight)));
}
