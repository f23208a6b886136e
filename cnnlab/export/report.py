"""Sections as one self-contained HTML file: findings, tables, pictures, and interactive figures.

The file needs nothing but a browser. Plotly's script is in it once, and its policy forbids requests to any
host. It follows the reader's light or dark theme, and fits a phone and paper.
"""

import contextlib
import functools
import json
import re
from collections.abc import Callable
from datetime import UTC, datetime
from importlib.metadata import PackageNotFoundError, version
from importlib.resources import files
from typing import Any

import numpy as np
import pandas as pd
from jinja2 import Environment, StrictUndefined, Template

import cnnlab
from cnnlab import words
from cnnlab.comparison.section import NumberFormat, Section, Table
from cnnlab.views.figures.web import THEME_JS, figure_json
from cnnlab.views.pictures.tiles import data_uri

MADE_WITH = {
    "keras": "Keras",
    "tensorflow": "TensorFlow",
    "tensorflow-cpu": "TensorFlow",
    "jax": "JAX",
    "torch": "PyTorch",
    "plotly": "Plotly",
}
MISSING = "–"

FORMATS: dict[NumberFormat, Callable[[float], str]] = {
    "percent": lambda value: words.percent(value / 100),
    "points": words.signed,
    "signed": lambda value: words.signed(value, 3),
    "spread": lambda value: words.number(value, 2),
    "loss": lambda value: words.number(value, 3),
    "factor": lambda value: words.with_minus(f"{value:.3g}"),
    "seconds": words.number,
    "count": lambda value: f"{value:,.0f}",
}


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
    others = [f"{name} {number}" for package, name in MADE_WITH.items() if (number := _installed(package))]
    return ", ".join([f"cnnlab {cnnlab.__version__}", *others])


def _installed(package: str) -> str:
    """The version of a package; empty if it is not installed, as any backend but the one in use may be."""
    with contextlib.suppress(PackageNotFoundError):
        return version(package)
    return ""


def cell(value: Any, number_format: NumberFormat | None = None) -> str:
    """A value of a table as text; a number without a format gets as many digits as one reads."""
    if value is None or value is pd.NA or (isinstance(value, float) and np.isnan(value)):
        return MISSING
    if isinstance(value, bool | np.bool_):
        return "yes" if value else "no"
    if isinstance(value, int | float | np.number):
        return FORMATS[number_format](value) if number_format else _number(value)
    return str(value)


def _number(value: float) -> str:
    if value % 1 == 0 and abs(value) < 1e15:
        return f"{value:,.0f}"
    size = abs(value)
    return words.with_minus(
        f"{value:,.1f}" if size >= 1000 else f"{value:.3g}" if size < 0.001 else f"{value:.4g}"
    )


def _cells(table: Table) -> list[list[str]]:
    """The rows of a table as text."""
    formats = [table.formats.get(name) for name in table.frame.columns]
    rows = table.frame.itertuples(index=False, name=None)
    return [[cell(*pair) for pair in zip(row, formats, strict=True)] for row in rows]


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


@functools.cache
def _template() -> Template:
    environment = Environment(autoescape=True, undefined=StrictUndefined, trim_blocks=True)
    environment.filters |= {"cells": _cells, "numeric": _numeric, "data_uri": data_uri}
    return environment.from_string(files("cnnlab.export").joinpath("report.html").read_text("utf-8"))
