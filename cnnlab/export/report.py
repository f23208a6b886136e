"""Sections as one self-contained HTML file: findings, tables, pictures, and interactive figures.

The file needs nothing but a browser. Plotly's script is in it once, and its policy forbids requests to any
host. It follows the reader's light or dark theme, and fits a phone and paper.
"""

import base64
import functools
import json
import re
from datetime import UTC, datetime
from importlib.metadata import version
from importlib.resources import files
from typing import Any, NamedTuple

import numpy as np
import pandas as pd
import plotly.graph_objects as go
from jinja2 import Environment, StrictUndefined, Template

import cnnlab
from cnnlab.evidence.finding import Finding
from cnnlab.views.figures.web import THEME_JS, figure_json

MADE_WITH = {"keras": "Keras", "tensorflow": "TensorFlow", "plotly": "Plotly"}
MISSING = "–"


class Figure(NamedTuple):
    """A Plotly figure with its title."""

    title: str
    figure: go.Figure
    alt: str
    """What it shows, for those who do not see it."""


class Table(NamedTuple):
    """A table; its index is not shown."""

    title: str
    frame: pd.DataFrame


class Picture(NamedTuple):
    """A picture as PNG."""

    title: str
    png: bytes
    alt: str


class Section(NamedTuple):
    """A heading and what follows it, in this order. Every text is plain; the file shows it as it is."""

    heading: str
    findings: tuple[Finding, ...] = ()
    """A paragraph each, with the claim in bold."""
    notes: tuple[str, ...] = ()
    """How to read the tables and figures, a paragraph each."""
    tables: tuple[Table, ...] = ()
    figures: tuple[Figure, ...] = ()
    pictures: tuple[Picture, ...] = ()


def html(title: str, sections: list[Section], made: datetime | None = None) -> str:
    """The whole file. `made` is when, in UTC; now where it is not given."""
    figures = [figure_json(each.figure) for section in sections for each in section.figures]
    return _template().render(
        title=title,
        made=f"{made or datetime.now(UTC):%Y-%m-%d %H:%M} UTC",
        versions=versions(),
        sections=sections,
        figures=_for_script(figures),
        plotly=_plotly_script(),
        theme_js=THEME_JS,
    )


def versions() -> str:
    """What made the numbers, without loading it: 'cnnlab 0.1.0, Keras 3.15.1, …'."""
    others = [f"{name} {version(package)}" for package, name in MADE_WITH.items()]
    return ", ".join([f"cnnlab {cnnlab.__version__}", *others])


def cell(value: Any) -> str:
    """A value of a table as text; numbers with as many digits as one reads."""
    if value is None or value is pd.NA or (isinstance(value, float) and np.isnan(value)):
        return MISSING
    if isinstance(value, bool | np.bool_):
        return "yes" if value else "no"
    if isinstance(value, float | np.floating):
        return _number(float(value))
    return f"{value:,}" if isinstance(value, int | np.integer) else str(value)


def _number(value: float) -> str:
    if value % 1 == 0 and abs(value) < 1e15:
        return f"{value:,.0f}"
    size = abs(value)
    return f"{value:,.1f}" if size >= 1000 else f"{value:.3g}" if size < 0.001 else f"{value:.4g}"


def _numeric(frame: pd.DataFrame) -> list[bool]:
    """Of each column whether it holds numbers."""
    types = pd.api.types
    return [types.is_numeric_dtype(dtype) and not types.is_bool_dtype(dtype) for dtype in frame.dtypes]


def _for_script(data: Any) -> str:
    """JSON that cannot end the script element in which it stands."""
    return json.dumps(data, separators=(",", ":")).replace("<", "\\u003c")


@functools.cache
def _plotly_script() -> str:
    """Plotly's script, which must hold none of the three marks that HTML reads within a script."""
    script = files("plotly").joinpath("package_data", "plotly.min.js").read_text("utf-8")
    return re.sub(r"<(?=/script|script|!--)", r"\\x3c", script, flags=re.IGNORECASE)


def _data_uri(png: bytes) -> str:
    return f"data:image/png;base64,{base64.b64encode(png).decode('ascii')}"


@functools.cache
def _template() -> Template:
    environment = Environment(autoescape=True, undefined=StrictUndefined, trim_blocks=True)
    environment.filters |= {"cell": cell, "numeric": _numeric, "data_uri": _data_uri}
    return environment.from_string(files("cnnlab.export").joinpath("report.html").read_text("utf-8"))
