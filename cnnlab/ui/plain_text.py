"""Names that people gave, on their way into text on the page."""

import re

_MARKS = re.compile(r"([\\`*_\[\]<>#|~$:])")


def plain(text: str) -> str:
    """The text so that Markdown shows it as it is."""
    return _MARKS.sub(r"\\\1", text)
