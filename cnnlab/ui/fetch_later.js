// Fetches into the browser's cache what later pages need, once the first one is drawn and nobody waits.
addEventListener("cnnlab-drawn", () => {
  const fetchAll = () => {
    for (const address of ADDRESSES) {
      const link = document.createElement("link");
      link.rel = "prefetch";
      link.as = "script";
      link.href = address;
      document.head.append(link);
    }
  };
  if (window.requestIdleCallback) {
    requestIdleCallback(fetchAll, { timeout: 5000 });  // a page that shows a training is hardly ever idle
  } else {
    setTimeout(fetchAll, 1000);
  }
}, { once: true });
