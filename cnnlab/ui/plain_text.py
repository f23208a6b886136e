"""Plain text and findings as Markdown: what people typed appears as they typed it."""

import re
from collections.abc import Iterable

from cnnlab.evidence.finding import Finding

_MARKS = re.compile(r"([\\`*_\[\]<>#|~$:])")


def plain(text: str) -> str:
    """The text with every mark of Markdown escaped."""
    return _MARKS.sub(r"\\\1", text)


def markdown(findings: Iterable[Finding]) -> str:
    """Findings as one paragraph, with what is claimed in bold."""
    return " ".join(
        f"{plain(each.before_claim)}**{plain(each.claim)}**{plain(each.after_claim)}" for each in findings
    )
