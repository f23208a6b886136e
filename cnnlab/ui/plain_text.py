"""Plain text and findings as Markdown: what people typed appears as they typed it."""

import re
from collections.abc import Iterable, Mapping

from cnnlab.evidence.finding import Finding

# A colon before a space begins no icon and no colour.
_MARKS = re.compile(r"([\\`*_\[\]<>#|~$]|:(?=\S)|&(?=#?\w+;))")
_LINE_MARKS = re.compile(r"^(\s*)([-+=](?=[-=\s]|$)|\d+(?=[.)](?:\s|$)))", re.MULTILINE)
_JOINER = "\u2060"  # has no width and allows no line break
# What Streamlit looks for in the text after the marks are read, so that escaping does not help: links, e-mail
# addresses, icons, and signs such as -> that become arrows. A joiner goes into each, at the empty place.
_REPLACED = re.compile(
    r"(?<=http:)(?=//)|(?<=https:)(?=//)|(?<=www)(?=\.)|(?<=[\w.+-])(?=@[\w-])"
    r"|(?<=:)(?=[\w+/-]+:)|(?<=[-<])(?=[->])|(?<=[<>~!])(?==)",
    re.IGNORECASE,
)


def plain(text: str) -> str:
    """The text as Markdown that is shown as it is: no link, picture, icon, formula, list or heading.

    What is copied from the page has an invisible character within links and signs such as `->`.
    """
    joined = _REPLACED.sub(_JOINER, text)
    return _LINE_MARKS.sub(_escaped_line_mark, _MARKS.sub(r"\\\1", joined))


def _escaped_line_mark(found: re.Match[str]) -> str:
    space, mark = found.groups()
    return f"{space}{mark}\\" if mark.isdecimal() else f"{space}\\{mark}"


def facts_in_markdown(facts: Mapping[str, int | str]) -> dict[str, int | str]:
    """The facts that a lesson's text names; the data set's title, which a person may have typed, as it is."""
    return {name: plain(str(fact)) if name == "dataset" else fact for name, fact in facts.items()}


def one_line(finding: Finding) -> str:
    """What is claimed, in bold, with its numbers: an entry of a list."""
    numbers = f" ({plain(finding.numbers)})" if finding.numbers else ""
    return f"- {plain(finding.before_claim)}**{plain(finding.claim)}**{numbers}."


def markdown(findings: Iterable[Finding]) -> str:
    """Findings as one paragraph, with what is claimed in bold."""
    return " ".join(
        f"{plain(each.before_claim)}**{plain(each.claim)}**{plain(each.after_claim)}" for each in findings
    )
