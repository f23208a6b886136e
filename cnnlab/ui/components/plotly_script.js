// Plotly, loaded once a page.
function loadPlotly(address) {
  window.cnnlabPlotly ??= new Promise((resolve, reject) => {
    const script = document.createElement("script");
    script.src = address;
    script.onload = () => resolve(window.Plotly);
    script.onerror = () => reject(new Error("Plotly's script could not be loaded from " + address));
    document.head.append(script);
  });
  return window.cnnlabPlotly;
}
