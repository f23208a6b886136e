"""A section of a comparison: a heading with findings, notes, tables and figures, ready to be shown.

The page Compare and the HTML report show the same sections, each in its own way.
"""

from collections.abc import Mapping
from typing import Literal, NamedTuple

import pandas as pd
import plotly.graph_objects as go

from cnnlab.evidence.finding import Finding

NumberFormat = Literal["percent", "points", "signed", "spread", "loss", "factor", "seconds", "count"]
"""How a column of numbers is written.

percent: 86.0%, of a number from 0 to 100. points: +3.1. signed: +0.031. spread: 0.42. loss: 0.523.
factor: 49.7, 0.0025. seconds: 19.4. count: 243,786.
"""


class Figure(NamedTuple):
    """A Plotly figure with its title."""

    title: str
    figure: go.Figure
    alt: str
    """What it shows, for those who do not see it."""
    key: str = ""
    """Tells it from the other figures of a page."""
    version: str = ""
    """While it stays the same, a page keeps the zoom and the hidden lines when the figure is drawn again."""
    zoomable: bool = False
    """Whether it is worth zooming into."""


class Table(NamedTuple):
    """A table; its index is not shown."""

    title: str
    frame: pd.DataFrame
    key: str = ""
    """Tells it from the other tables of a page."""
    formats: Mapping[str, NumberFormat] = {}
    """Column → how its numbers are written. Other numbers are written with the digits that they have."""
    help: Mapping[str, str] = {}
    """Column → what it means, where its name does not say."""


class Picture(NamedTuple):
    """A picture as PNG."""

    title: str
    png: bytes
    alt: str


class Section(NamedTuple):
    """A heading and what follows it: findings, notes, figures, tables, pictures. Every text is plain."""

    heading: str
    findings: tuple[Finding, ...] = ()
    """A paragraph each, with the claim in bold."""
    notes: tuple[str, ...] = ()
    """How to read the figures and tables, a paragraph each."""
    figures: tuple[Figure, ...] = ()
    tables: tuple[Table, ...] = ()
    pictures: tuple[Picture, ...] = ()
