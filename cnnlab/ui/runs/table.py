"""A page of the table of runs, and which of them are ticked.

What is ticked is kept by run, not by row, so that it stays when the rows are sorted, turned or filtered.
"""

import hashlib
from typing import Any

import streamlit as st

from cnnlab.runs.search import finder
from cnnlab.runs.search.finder import Entry, Found
from cnnlab.runs.search.query import ORDERS, Query, View
from cnnlab.ui.runs import search
from cnnlab.views.tables.runs import CHOICES, LOSS_CURVE, SHOWN_AT_FIRST, foreign_frame, frame

CHOSEN = "runs_chosen"
SHOWN_COLUMNS, ROWS = "runs_columns", "runs_rows"
PAGES = "runs_pages"  # the query, and the tokens of its pages up to the one in view
_DRAWN = "runs_table_drawn"  # counted up where the ticks must be drawn anew
PAGE_SIZES = (25, 50, 100)
ROW_HEIGHT = 35  # pixels
MOST_HEIGHT = 16 * ROW_HEIGHT
ALT = "Runs, one in each row"


def read(query: Query) -> Found:
    """The page in view; the first one where the query has changed."""
    limit = st.session_state.setdefault(ROWS, 50)
    if st.session_state.get(PAGES, (None,))[0] != (query, limit):
        if st.session_state.get(PAGES) and st.session_state[PAGES][0][0].view != query.view:
            st.session_state[CHOSEN] = []
        st.session_state[PAGES] = (query, limit), [""]
    tokens = st.session_state[PAGES][1]
    found = finder.find(query, tokens[-1], limit)
    while not found.entries and len(tokens) > 1:  # the last page has been emptied
        tokens.pop()
        found = finder.find(query, tokens[-1], limit)
    return found


def set_aside() -> bool:
    """Whether there are runs of cnnlab that are not listed."""
    views: tuple[View, ...] = ("archived", "superseded", "deleted")
    return any(finder.find(Query(view), limit=1).entries for view in views)


def show(found: Found, query: Query) -> list[Entry]:
    """The table; returns the ticked runs, also those that other pages of it show."""
    ids = [entry.run_id for entry in found.entries]
    kept = st.session_state.setdefault(CHOSEN, [])
    rows = _draw(found.entries, query, [row for row, run_id in enumerate(ids) if run_id in kept])
    ticked = [ids[row] for row in rows]
    chosen = [run_id for run_id in kept if run_id not in ids or run_id in ticked]
    chosen += [run_id for run_id in ticked if run_id not in chosen]
    st.session_state[CHOSEN] = chosen
    return _entries(chosen, found.entries)


def _entries(chosen: list[str], in_view: list[Entry]) -> list[Entry]:
    known = {entry.run_id: entry for entry in in_view}
    elsewhere = finder.entries([run_id for run_id in chosen if run_id not in known])
    known |= {entry.run_id: entry for entry in elsewhere}
    return [known[run_id] for run_id in chosen if run_id in known]


def forget_ticks() -> None:
    """Unticks all runs."""
    st.session_state[CHOSEN] = []
    st.session_state[_DRAWN] = st.session_state.get(_DRAWN, 0) + 1


def _draw(entries: list[Entry], query: Query, ticked: list[int]) -> list[int]:
    """Draws the rows; returns the numbers of those that are ticked."""
    foreign = query.view == "foreign"
    columns = None if foreign else ["Name", *(name for name in CHOICES if name in _columns())]
    ids = [entry.run_id for entry in entries]
    sparklines = finder.sparklines(ids) if columns and LOSS_CURVE in columns else {}
    options: dict[str, Any] = {
        "hide_index": True,
        "height": min(ROW_HEIGHT * (len(entries) + 1) + 3, MOST_HEIGHT),
        "row_height": ROW_HEIGHT,
        "column_order": columns,
        "column_config": _column_config(),
        "placeholder": "",
        "alt": ALT,
    }
    if foreign:
        st.dataframe(foreign_frame(entries), **options)
        return []
    key = _key(ids)
    event = st.dataframe(
        frame(entries, sparklines),
        key=key,
        on_select=lambda: _sort(key, columns),
        selection_mode=["multi-row", "single-column"],
        selection_default={"selection": {"rows": ticked, "columns": []}},
        **options,
    )
    return list(event.selection.rows)


def _key(ids: list[str]) -> str:
    """Another one for other rows: a row's tick must not fall on the run that has taken its place."""
    drawn = f"{st.session_state.get(_DRAWN, 0)} {' '.join(ids)}"
    return f"runs_table_{hashlib.sha256(drawn.encode()).hexdigest()[:16]}"


def _sort(key: str, columns: list[str]) -> None:
    """A click on a column's head sorts by it in the store, not only the rows in view."""
    for column in st.session_state[key]["selection"]["columns"]:
        if column in ORDERS:
            search.sort_by(column)
        else:
            st.toast(f"Runs cannot be sorted by '{column}'.", icon=":material/sort:")
        st.session_state[_DRAWN] = st.session_state.get(_DRAWN, 0) + 1


def _columns() -> list[str]:
    return st.session_state.setdefault(SHOWN_COLUMNS, list(SHOWN_AT_FIRST))


def footer(found: Found) -> None:
    """How many runs there are, the way to the other pages, and which columns are shown."""
    tokens, limit = st.session_state[PAGES][1], st.session_state[ROWS]
    with st.container(horizontal=True, vertical_alignment="center"):
        st.caption(_place(found, (len(tokens) - 1) * limit), width="content")
        if len(tokens) > 1 or found.following:
            st.button(
                "Previous",
                icon=":material/chevron_left:",
                key="previous_runs",
                disabled=len(tokens) == 1,
                on_click=tokens.pop,
            )
            st.button(
                "Next",
                icon=":material/chevron_right:",
                key="next_runs",
                disabled=not found.following,
                on_click=tokens.append,
                args=(found.following,),
            )
        with st.popover("Columns", icon=":material/view_column:", key="runs_columns_popover"):
            _columns()
            st.multiselect("Columns", CHOICES, key=SHOWN_COLUMNS, persist_state="session")
            st.selectbox("Rows on a page", PAGE_SIZES, key=ROWS, persist_state="session")


def _place(found: Found, before: int) -> str:
    last = before + len(found.entries)
    if found.total is None:
        return f"Runs {before + 1:,} to {last:,}"
    if found.total == len(found.entries):
        return f"{found.total:,} {'run' if found.total == 1 else 'runs'}"
    return f"Runs {before + 1:,} to {last:,} of {found.total:,}"


def _column_config() -> dict[str, Any]:
    column = st.column_config
    accuracy = {"format": "%.1f%%", "width": 110}
    whole = {"format": "localized", "width": 110}
    return {
        "Name": column.TextColumn(pinned=True, width=190),
        "Role": column.TextColumn(width=80),
        "Data set": column.TextColumn(width=120),
        "Test accuracy": column.NumberColumn(**accuracy),
        "Best validation accuracy": column.NumberColumn("Best validation", **accuracy),
        "Test loss": column.NumberColumn(format="%.3f", width=90),
        "Parameters": column.NumberColumn(**whole),
        "Multiply-adds": column.NumberColumn(**whole, help="Of one image through the network."),
        "Seconds": column.NumberColumn(format="%.1f", width=90),
        "Images/s": column.NumberColumn(format="%,.0f", width=90),
        LOSS_CURVE: column.LineChartColumn(
            width=120, help="Training loss from the first step to the last, each on a scale of its own."
        ),
        "State": column.TextColumn(width=110),
        "Started": column.DatetimeColumn("Started (UTC)", format="YYYY-MM-DD HH:mm", width=140),
        "Tags": column.ListColumn(width=140),
        "Note": column.TextColumn(width=200),
        "Device": column.TextColumn(width=100),
        "Seed": column.NumberColumn(format="%d", width=80),
        "Run id": column.TextColumn(width=270),
        "Metrics": column.ListColumn(width=400),
    }
