// The colours and the font of a figure, for the dashboard's components and the report. Both name those
// of the page in CSS variables, as Streamlit does.

// Without the buttons that select nothing here, and the one that uploads the figure to Plotly's cloud.
const PLOT_OPTIONS = { responsive: true, displaylogo: false,
                       modeBarButtonsToRemove: ["select2d", "lasso2d", "sendChartToCloud"] };

// The layout in the colours of the page that `node` is on.
function themed(layout, node) {
  const style = getComputedStyle(node);
  const color = name => style.getPropertyValue(name).trim();
  return painted(layout, { text: color("--st-text-color"), font: color("--st-font"),
                           grid: color("--st-border-color-light"), line: color("--st-border-color"),
                           hover: color("--st-secondary-background-color") });
}

// The layout in these colours, but for those that it sets itself.
function painted(layout, { text, font, grid, line, hover }) {
  const axis = { gridcolor: grid, zerolinecolor: line, linecolor: line };
  const base = layout.template?.layout;
  const colors = { ...base, font: { ...base?.font, color: text, family: font },
                   hoverlabel: { ...base?.hoverlabel, bgcolor: hover, font: { color: text } },
                   modebar: { bgcolor: "rgba(0,0,0,0)", color: line, activecolor: text },
                   xaxis: { ...base?.xaxis, ...axis }, yaxis: { ...base?.yaxis, ...axis } };
  return { ...layout, template: { ...layout.template, layout: colors } };
}
