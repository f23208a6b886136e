"""A button that copies the page's address, which holds the whole configuration."""

from cnnlab.ui.components.registration import register

_component = register("copy_link", '<button type="button" class="cnnlab-copy-link">Copy link</button>\n')


def show() -> None:
    """Draws the button."""
    _component(key="copy_link")
