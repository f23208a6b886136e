"""A finding is rendered in three media: the pages' Markdown, plain text, and the report's HTML."""

import re

import pytest

from cnnlab.comparison.section import Section
from cnnlab.evidence.finding import Finding, Quantity, in_points, text
from cnnlab.evidence.intervals import Interval
from cnnlab.export.report import html
from cnnlab.ui.plain_text import markdown, plain

NAME = "a *b* <c> $d$ #1"
FINDING = Finding(
    (NAME, "Dense"),
    f"{NAME} is better",
    Quantity(0.25, "points", 2, introduced_by="ahead by"),
    Interval(-0.04, 0.5),
    0.0004,
    "a test",
    grounds=("Grounds.",),
    caveats=("Caveat.", "Another."),
    topic="Pooling:",
)
NUMBERS = "(ahead by 0.25 points, 95% interval −0.04 to 0.50, p < 0.001, a test)"


def test_as_plain_text_a_finding_is_its_sentences():
    assert text([FINDING]) == f"Pooling: {NAME} is better {NUMBERS}. Grounds. Caveat. Another."


def test_as_markdown_the_claim_is_bold_and_typed_names_stay_as_they_were_typed():
    rendered = markdown([FINDING])
    assert f"**{plain(NAME)} is better**" in rendered
    bare = re.sub(r"(?<!\\)\*\*", "", rendered)
    assert re.sub(r"\\(.)", r"\1", bare) == text([FINDING])


def test_in_the_report_the_claim_is_strong_and_typed_names_are_escaped():
    page = html("t", [Section("s", (FINDING,))])
    assert "<p>Pooling: <strong>a *b* &lt;c&gt; $d$ #1 is better</strong> (ahead by" in page


@pytest.mark.parametrize(
    ("finding", "expected"),
    [
        (Finding(("A",), "A is right"), "A is right."),
        (Finding(("A",), "A is right", Quantity(3, "points")), "A is right."),
        (Finding(("A",), "A", interval=Interval(1, 2)), "A (95% interval 1.0 to 2.0)."),
        (Finding(("A",), "A", p_value=0.5), "A (p = 0.500)."),
        (Finding(("A",), "A", test="a test"), "A."),
    ],
)
def test_what_a_finding_lacks_is_left_out(finding, expected):
    assert text([finding]) == expected


def test_several_findings_are_one_paragraph_and_none_is_empty():
    assert text([Finding(("A",), "One"), Finding(("A",), "Two")]) == "One. Two."
    assert text([]) == markdown([]) == ""


def test_an_interval_is_seen_from_either_side_in_points():
    assert in_points(Interval(-0.1, 0.3)) == pytest.approx((-10, 30))
    assert in_points(Interval(-0.1, 0.3), mirrored=True) == pytest.approx((-30, 10))


@pytest.mark.parametrize(
    ("interval", "text"),
    [
        (Interval(0.02, 0.08), "95% interval 0.02 to 0.08"),
        (Interval(0.0, 1.26), "95% interval 0.0 to 1.3"),
        (Interval(-0.004, 0.3), "95% interval −0.004 to 0.300"),
    ],
)
def test_an_end_of_an_interval_that_is_not_zero_does_not_read_as_zero(interval, text):
    assert Finding(("A",), "A", Quantity(0.05, "points"), interval).numbers == text
