const PAPER = { text: "#1d2733", font: "Arial, Helvetica, sans-serif", grid: "#e3e7eb", line: "#9aa5b1",
                hover: "#ffffff" };

export default async function ({ data, parentElement }) {
  const node = parentElement.querySelector(".cnnlab-figure");
  node.setAttribute("aria-label", data.alt);
  const whole = complete(data.figure.layout);
  node.style.height = whole.height + "px";
  const Plotly = await load(data.script);
  await Plotly.react(node, data.figure.data, { ...themed(whole, node), autosize: true, uirevision: data.key },
                     QUIET);
  for (const button of parentElement.querySelectorAll(".cnnlab-formats button")) {
    const format = button.dataset.format;
    button.setAttribute("aria-label", `Download "${data.title}" as ${format.toUpperCase()}`);
    button.onclick = () => {
      // As it is zoomed now, but always as on white paper, whichever theme the page has, and never
      // narrower than paper. The lower margin has room for a font that is larger than the page's.
      const margin = { ...node.layout.margin, b: node.layout.margin.b + 15 };
      const layout = { ...painted(node.layout, PAPER), margin,
                       paper_bgcolor: "#ffffff", plot_bgcolor: "#ffffff" };
      return Plotly.downloadImage({ data: node.data, layout },
                                  { format, filename: data.filename, width: Math.max(node.clientWidth, 720),
                                    height: node.clientHeight + 15, scale: format === "png" ? 3 : 1 });
    };
    button.disabled = false;
  }
}
