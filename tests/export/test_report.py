"""The report as a file: escaped, complete, and with everything in it. How it opens is for a browser."""

import json
import re
from datetime import UTC, datetime
from html.parser import HTMLParser
from importlib.metadata import PackageNotFoundError, version

import numpy as np
import pandas as pd
import plotly.graph_objects as go
import pytest

from cnnlab.comparison.section import Figure, Picture, Section, Table
from cnnlab.evidence.finding import Finding
from cnnlab.export import report
from cnnlab.export.report import html
from cnnlab.views.figures.style import styled_figure
from cnnlab.views.figures.web import figure_json

NASTY = '</script><script>alert(1)</script> & "quoted" <!--'
FIGURE = styled_figure([go.Scatter(x=[0, 1], y=[1.5, None], name=NASTY)], 300)
SECTION = Section(
    "Heading <1>",
    (Finding(("A",), f"Better by 2 points; {NASTY}"),),
    ("A note <3>",),
    (Figure("Loss <2>", FIGURE, 'alt "of" the figure'),),
    (Table("Results", pd.DataFrame({"Run": [NASTY], "Accuracy": [0.89432]})),),
    (Picture("Picture", b"\x89PNG", "alt of the picture"),),
)


class Read(HTMLParser):
    """Elements with their attributes, and the text outside of scripts and styles."""

    def __init__(self, text: str) -> None:
        super().__init__(convert_charrefs=True)
        self.elements: list[tuple[str, dict]] = []
        self.scripts: list[str] = []
        self.text = ""
        self.stack: list[str] = []
        self.feed(text)

    def handle_starttag(self, tag, attrs):
        self.elements.append((tag, dict(attrs)))
        self.stack.append(tag)
        if tag == "script":
            self.scripts.append("")

    def handle_endtag(self, tag):
        while self.stack and self.stack.pop() != tag:
            pass

    def handle_data(self, data):
        if self.stack and self.stack[-1] == "script":
            self.scripts[-1] += data
        elif not self.stack or self.stack[-1] != "style":
            self.text += data

    def of(self, tag: str) -> list[dict]:
        return [attributes for name, attributes in self.elements if name == tag]


@pytest.fixture(scope="module")
def read() -> Read:
    return Read(html("Title <0>", [SECTION, Section("Second")], datetime(2026, 1, 2, 3, 4, tzinfo=UTC)))


def test_what_is_handed_in_stays_text(read):
    assert len(read.scripts) == 3  # Plotly's, the figures, the report's own
    for words in ("Title <0>", "Heading <1>", "Loss <2>", "A note <3>"):
        assert words in read.text
    assert read.text.count(NASTY) == 2  # in the finding and in the table
    assert "alert" not in read.scripts[0] + read.scripts[2]


def test_nothing_in_plotlys_script_can_end_it_early(read):
    lowered = read.scripts[0].lower()
    assert len(lowered) > 1_000_000 and "plotly.js v" in lowered[:100]
    assert not any(mark in lowered for mark in ("</script", "<script", "<!--"))
    assert sum("plotly.js v" in script[:100] for script in read.scripts) == 1


def test_the_figures_arrive_as_they_were_handed_in(read):
    assert json.loads(read.scripts[1]) == [figure_json(FIGURE)]
    [node] = [each for each in read.of("div") if each.get("class") == "drawn"]
    assert (node["role"], node["aria-label"]) == ("img", 'alt "of" the figure')


def test_pictures_are_in_the_file_and_have_an_alternative(read):
    [picture] = read.of("img")
    assert picture == {"src": "data:image/png;base64,iVBORw==", "alt": "alt of the picture"}


def test_the_contents_lead_to_every_section(read):
    ids = [attributes["id"] for attributes in read.of("section")]
    assert [attributes["href"] for attributes in read.of("a")] == [f"#{name}" for name in ids]
    assert len(ids) == 2


def test_nothing_outside_of_the_file_is_referred_to(read):
    addresses = [
        value
        for _, attributes in read.elements
        for name, value in attributes.items()
        if name in ("src", "href", "data", "action") and not value.startswith(("#", "data:"))
    ]
    assert addresses == [] and read.of("link") == []
    [policy] = [each["content"] for each in read.of("meta") if "http-equiv" in each]
    assert policy.startswith("default-src 'none'")
    assert "http" not in policy and "'self'" not in policy


def test_the_date_and_the_versions_are_named(read):
    assert "2026-01-02 03:04 UTC" in read.text
    for name, package in (("Keras", "keras"), ("TensorFlow", "tensorflow"), ("Plotly", "plotly")):
        assert f"{name} {version(package)}" in read.text


@pytest.mark.parametrize("claim", ["two ** stars", r"**not** \_bold\_ of run \#1", NASTY])
def test_what_is_claimed_is_strong_and_its_marks_stay_marks(claim):
    finding = Finding(("A",), claim, grounds=(f"Grounds of {claim}.",), topic="Topic:")
    read = Read(html("t", [Section("s", (finding,))]))
    assert f"Topic: {claim}. Grounds of {claim}." in read.text
    assert len(read.of("strong")) == 2  # that of <noscript>, and the claim


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (0.89432, "0.8943"),
        (243786.0, "243,786"),
        (243786, "243,786"),
        (np.int64(1000), "1,000"),
        (1234.56, "1,234.6"),
        (1.5e-9, "1.5e−09"),
        (0.0, "0"),
        (-0.025, "−0.025"),
        (float("nan"), "–"),
        (None, "–"),
        (pd.NA, "–"),
        (float("inf"), "inf"),
        (True, "yes"),
        ("text", "text"),
    ],
)
def test_a_cell_says_its_value_in_as_many_digits_as_one_reads(value, expected):
    assert report.cell(value) == expected


def test_numbers_stand_to_the_right_and_words_to_the_left():
    frame = pd.DataFrame({"a": ["x"], "b": [1.5], "c": [True], "d": pd.array([None], dtype="Int64")})
    read = Read(html("t", [Section("s", tables=(Table("t", frame),))]))
    classes = [each.get("class") for each in read.of("td")]
    assert classes == [None, "number", None, "number"]


def test_two_columns_of_the_same_name_are_both_shown():
    frame = pd.DataFrame([[1, "x"]], columns=["same", "same"])
    text = Read(html("t", [Section("s", tables=(Table("t", frame),))])).text
    assert re.search(r"same\s+same\s+1\s+x", text)


def test_a_report_of_nothing_is_a_page_all_the_same():
    read = Read(html("Nothing", []))
    assert json.loads(read.scripts[1]) == [] and read.of("section") == []


@pytest.mark.parametrize(
    ("value", "number_format", "expected"),
    [
        (86.04, "percent", "86.0%"),
        (-0.62, "points", "−0.6"),
        (3.14, "points", "+3.1"),
        (-0.0312, "signed", "−0.031"),
        (0.5234, "loss", "0.523"),
        (49.68, "factor", "49.7"),
        (243786.0, "count", "243,786"),
        (float("nan"), "percent", "–"),
        ("text", "count", "text"),
    ],
)
def test_a_column_with_a_format_is_written_in_it(value, number_format, expected):
    assert report.cell(value, number_format) == expected


def test_the_versions_are_named_whichever_backend_is_installed(monkeypatch):
    installed = {"keras": "3.15.1", "tensorflow-cpu": "2.21.0", "plotly": "7.0.0"}

    def version(package: str) -> str:
        if package not in installed:
            raise PackageNotFoundError(package)
        return installed[package]

    monkeypatch.setattr(report, "version", version)
    assert report.versions().endswith("Keras 3.15.1, TensorFlow 2.21.0, Plotly 7.0.0")
