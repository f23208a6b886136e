"""The trials of a sweep as a table."""

from collections.abc import Sequence
from typing import Any, NamedTuple

import pandas as pd


class Row(NamedTuple):
    """One trial."""

    number: int
    state: str
    accuracy: float | None
    """On the validation images, from 0 to 1; None unless it has finished."""
    cost: float | None
    settings: dict[str, Any]
    """Title → value."""
    note: str
    run: str
    """The address of its run; empty where it has none."""


TRIAL, STATE, ACCURACY, NOTE, RUN = "Trial", "State", "Accuracy", "Note", "Run"


def trials_frame(rows: Sequence[Row], cost_title: str) -> pd.DataFrame:
    """A row for each trial, the most accurate first, those without a result last.

    Columns: Trial, Accuracy (in percent), the second objective under its title if there is one, a column for
    each setting, State, Note, Run (an address).
    """
    settings = list(dict.fromkeys(title for row in rows for title in row.settings))
    ranked = sorted(rows, key=lambda row: (row.accuracy is None, -(row.accuracy or 0.0), row.number))
    table: dict[str, list[Any]] = {
        TRIAL: [row.number for row in ranked],
        ACCURACY: [None if row.accuracy is None else 100 * row.accuracy for row in ranked],
    }
    if cost_title:
        table[cost_title] = [row.cost for row in ranked]
    table |= {title: _column([row.settings.get(title) for row in ranked]) for title in settings}
    table |= {
        STATE: [row.state for row in ranked],
        NOTE: [row.note for row in ranked],
        RUN: [row.run or None for row in ranked],
    }
    return pd.DataFrame(table)


def _column(values: list[Any]) -> list[Any]:
    """Switches in words; values of several kinds all as text, since a column has one kind."""
    shown = [("on" if value else "off") if isinstance(value, bool) else value for value in values]
    kinds = {type(value) for value in shown if value is not None}
    return shown if kinds <= {int, float} or len(kinds) < 2 else list(map(str, shown))
