// The colours and the font of a figure. Shared by the dashboard's components and the report, which both
// name those of the page in CSS variables as Streamlit does.

// Without the buttons that select nothing here, and the one that uploads the figure to Plotly's cloud.
const QUIET = { responsive: true, displaylogo: false,
                modeBarButtonsToRemove: ["select2d", "lasso2d", "sendChartToCloud"] };

function themed(layout, node) {
  const style = getComputedStyle(node);
  const color = name => style.getPropertyValue(name).trim();
  return painted(layout, { text: color("--st-text-color"), font: color("--st-font"),
                           grid: color("--st-border-color-light"), line: color("--st-border-color"),
                           hover: color("--st-secondary-background-color") });
}

function complete(layout) {
  return { xaxis: {}, yaxis: {}, paper_bgcolor: "rgba(0,0,0,0)", plot_bgcolor: "rgba(0,0,0,0)",
           autotypenumbers: "strict", height: 420, ...layout,
           margin: { l: 60, r: 20, t: 40, b: 50, ...layout.margin } };
}

function painted(layout, { text, font, grid, line, hover }) {
  const axis = { gridcolor: grid, zerolinecolor: line, linecolor: line };
  const paintedLayout = { ...layout, font: { color: text, family: font },
                          hoverlabel: { bgcolor: hover, font: { color: text } },
                          modebar: { bgcolor: "rgba(0,0,0,0)", color: line, activecolor: text } };
  for (const key of Object.keys(layout).filter(key => /^[xy]axis/.test(key)))
    paintedLayout[key] = { ...layout[key], ...axis };
  return paintedLayout;
}
