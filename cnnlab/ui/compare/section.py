"""Draws the sections of a comparison on the page, whole or part by part around its controls."""

from collections.abc import Callable
from functools import partial

import streamlit as st

from cnnlab import words
from cnnlab.comparison.section import Figure, NumberFormat, Section, Table
from cnnlab.ui.components import plot
from cnnlab.ui.components.plot import Click
from cnnlab.ui.plain_text import markdown, plain

PRINTED: dict[NumberFormat, str] = {
    "percent": "%.1f%%",
    "spread": "%.2f",
    "loss": "%.3f",
    "factor": "%.3g",
    "seconds": "%.1f",
    "count": "%,.0f",
}


SIGNED_DIGITS: dict[NumberFormat, int] = {"points": 1, "signed": 3}  # the browser would write a hyphen


def render(section: Section) -> None:
    """The whole section: its figures, one below the other, then its tables."""
    heading(section)
    for each in section.figures:
        figure(each)
    for each in section.tables:
        table(each)


def figures_first(section: Section) -> None:
    """The figures, then what they show and how to read them; the heading is the page's."""
    for each in section.figures:
        figure(each)
    findings(section)
    notes(section)


def heading(section: Section) -> None:
    """The heading, the findings and the notes."""
    st.subheader(section.heading, anchor=False)
    findings(section)
    notes(section)


def findings(section: Section) -> None:
    """A paragraph for each finding."""
    for each in section.findings:
        st.markdown(markdown([each]))


def notes(section: Section) -> None:
    """How to read what follows."""
    for each in section.notes:
        st.caption(plain(each))


def table(shown: Table) -> None:
    """A table whose columns can be sorted."""
    columns = {
        name: st.column_config.NumberColumn(
            format=PRINTED.get(shown.formats[name]) if name in shown.formats else None,
            help=shown.help.get(name),
        )
        for name in shown.formats.keys() | shown.help.keys()
    }
    signed = {
        name: partial(words.signed, digits=SIGNED_DIGITS[kind])
        for name, kind in shown.formats.items()
        if kind in SIGNED_DIGITS and name in shown.frame
    }
    frame = shown.frame.style.format(signed, na_rep="–") if signed else shown.frame
    st.dataframe(frame, hide_index=True, column_config=columns, key=shown.key)


def figure(shown: Figure, on_click: Callable[[Click], None] | None = None) -> None:
    """A figure without its title, with its text alternative."""
    plot.render(
        shown.figure,
        key=shown.key,
        revision=shown.version,
        alt=shown.alt,
        tools=shown.zoomable,
        on_click=on_click,
    )
