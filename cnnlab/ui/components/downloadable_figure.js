// A figure, and buttons that save it as PNG or SVG.

const PAPER = { text: "#1d2733", font: "Arial, Helvetica, sans-serif", grid: "#e3e7eb", line: "#9aa5b1",
                hover: "#ffffff" };
const LEAST_WIDTH = 720;  // pixels of a saved figure

export default async function ({ data, parentElement }) {
  const node = parentElement.querySelector(".cnnlab-figure");
  node.setAttribute("aria-label", data.alt);
  const { data: traces, layout } = data.figure;
  node.style.height = layout.height + "px";
  const Plotly = await loadPlotly(data.script);
  await Plotly.react(node, traces, { ...themed(layout, node), autosize: true, uirevision: data.revision },
                     PLOT_OPTIONS);
  for (const button of parentElement.querySelectorAll(".cnnlab-formats button")) {
    const format = button.dataset.format;
    button.setAttribute("aria-label", `Download "${data.title}" as ${format.toUpperCase()}`);
    button.onclick = () => Plotly.downloadImage({ data: node.data, layout: onPaper(node.layout) }, {
      format, filename: data.filename, width: Math.max(node.clientWidth, LEAST_WIDTH),
      height: node.clientHeight + 15, scale: format === "png" ? 3 : 1 });
    button.disabled = false;
  }
}

// The layout as it is zoomed now, but on white paper, whichever theme the page has. The lower margin has
// room for a font that is larger than the page's.
function onPaper(layout) {
  const margin = { ...layout.margin, b: (layout.margin?.b ?? layout.template.layout.margin.b) + 15 };
  return { ...painted(layout, PAPER), margin, paper_bgcolor: "#ffffff", plot_bgcolor: "#ffffff" };
}
