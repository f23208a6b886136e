// Shows a page once it has been drawn, so that nothing moves under the reader's eyes: Streamlit mounts the
// sidebar after the page, and loads the code of each kind of element as it comes. What takes longer is shown
// as it comes. Later changes are not hidden.
{
  const LONGEST = 1500;  // milliseconds from the page's first element on
  const QUIET = 120;  // milliseconds in which nothing is added
  const WITHOUT_ELEMENTS = 10000;  // milliseconds from the address on
  const root = document.documentElement;
  const find = selector => document.querySelector(selector);
  const drawn = () =>
    find("[data-testid=stApp][data-test-script-state=notRunning]") && find("[data-testid=stSidebar]") &&
    !find("[data-testid=stSkeleton]");
  const show = () => {
    observer.disconnect();
    root.classList.remove("cnnlab-curtain");
    dispatchEvent(new Event("cnnlab-drawn"));
  };
  let begun = false, soon;
  const observer = new MutationObserver(() => {
    if (!begun && find("[data-testid=stMain] [data-testid=stElementContainer]")) {
      begun = true;
      setTimeout(show, LONGEST);
    }
    clearTimeout(soon);
    if (begun && drawn()) soon = setTimeout(show, QUIET);
  });
  root.classList.add("cnnlab-curtain");
  setTimeout(show, WITHOUT_ELEMENTS);
  observer.observe(root, { subtree: true, childList: true, attributes: true,
                           attributeFilter: ["data-test-script-state"] });
}
