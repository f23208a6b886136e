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
  (window.requestIdleCallback ?? setTimeout)(fetchAll);
}, { once: true });
