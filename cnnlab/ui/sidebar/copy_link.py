"""A button that copies the page's address, which is the whole configuration."""

import streamlit as st

_JS = """
export default function ({ parentElement }) {
  const button = parentElement.querySelector("button");
  button.onclick = async () => {
    try {
      await navigator.clipboard.writeText(window.location.href);
      button.textContent = "Link copied";
    } catch {
      window.prompt("Copy this link:", window.location.href);
    }
    setTimeout(() => { button.textContent = "Copy link"; }, 2000);
  };
}
"""

_CSS = """
button {
  font: inherit; color: var(--st-text-color); background: transparent; cursor: pointer;
  border: 1px solid var(--st-widget-border-color, var(--st-border-color));
  border-radius: var(--st-button-radius); padding: 0.25rem 0.75rem; min-height: 2.2rem;
}
button:hover, button:focus-visible {
  border-color: var(--st-primary-color); color: var(--st-primary-color);
}
"""

_component = st.components.v2.component(
    "cnnlab_copy_link", html='<button type="button">Copy link</button>\n', css=_CSS, js=_JS
)


def show() -> None:
    """Draws the button."""
    _component(key="copy_link")
