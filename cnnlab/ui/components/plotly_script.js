// Plotly, loaded once a page.
function loadPlotly(path) {
  const load = () => new Promise((resolve, reject) => {
    const address = serverAddress(path), script = document.createElement("script");
    const fail = () => {
      window.cnnlabPlotly = undefined;  // the next figure tries again
      script.remove();
      reject(new Error("Plotly's script could not be loaded from " + address + ": reload the page. " +
                       "Behind a proxy, this address must lead to cnnlab's server, too."));
    };
    script.src = address;
    // A proxy may answer with a page of its own, which loads as a script without being Plotly.
    script.onload = () => window.Plotly ? resolve(window.Plotly) : fail();
    script.onerror = fail;
    document.head.append(script);
  });
  window.cnnlabPlotly ??= load();
  return window.cnnlabPlotly;
}

// The address of a path below the server's own, wherever the browser sees that: at the root, below
// `server.baseUrlPath`, or below a prefix that a proxy strips. Streamlit's own script tells.
function serverAddress(path) {
  const streamlits = document.querySelector('script[type="module"][src*="static/js/"]');
  return streamlits ? new URL("../../" + path, streamlits.src).href : new URL(path, document.baseURI).href;
}
