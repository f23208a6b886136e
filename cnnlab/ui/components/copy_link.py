"""A button that copies the page's address, which holds the whole configuration.

It is on every page, so it also carries the script that keeps the browser's history short.
"""

from cnnlab.ui.components.registration import read_asset, register

_component = register(
    "copy_link",
    '<button type="button" class="cnnlab-copy-link">Copy link</button>\n',
    shared_js=read_asset("history.js"),
)


def render() -> None:
    """Draws the button."""
    _component(key="copy_link")
