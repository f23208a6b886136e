// The browser's history. Streamlit adds an entry whenever the settings in the address change; here such an entry
// takes the place of the one before, so that Back leads to the page before, and not to the slider's last position.
// Entries of other pages are added as usual.
{
  const push = history.pushState;
  if (!push.cnnlab) {
    history.pushState = function (state, title, url) {
      const samePage = url && new URL(url, location.href).pathname === location.pathname;
      return (samePage ? history.replaceState : push).call(history, state, title, url);
    };
    history.pushState.cnnlab = true;
  }
}
