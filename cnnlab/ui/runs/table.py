"""A page of the table of runs, and which of them are ticked.

Ticks belong to runs, not to rows, so that they stay when the rows are sorted, filtered or paged.
"""

import hashlib
from typing import Any

import streamlit as st

from cnnlab import runs, words
from cnnlab.runs.search import finder
from cnnlab.runs.search.finder import Entry, RunPage
from cnnlab.runs.search.query import ORDERS, Query, View
from cnnlab.runs.tags import UNLISTED
from cnnlab.ui import visitor
from cnnlab.ui.runs import search
from cnnlab.views.tables.runs import (
    BY,
    CHOICES,
    LOSS_CURVE,
    SHOWN_AT_FIRST,
    STUDY,
    banded,
    foreign_frame,
    frame,
)

CHOSEN = "runs_chosen"
SHOWN_COLUMNS, ROWS = "runs_columns", "runs_rows"
PAGES = "runs_pages"  # the query, and the tokens of its pages up to the one in view
_DRAWN = "runs_table_drawn"  # counted up when the ticks must be drawn again
PAGE_SIZES = (25, 50, 100)
ROW_HEIGHT = 35  # pixels
MOST_STUDIES = 1000  # of which the titles are told
MOST_HEIGHT = 16 * ROW_HEIGHT
ALT = "Runs, one in each row"
PERCENT = "%.1f%%"
STARTED_HELP = "In the time of your browser."
ACCURACY_HELP = "On the test images."


def read(query: Query) -> RunPage:
    """The page in view; the first one where the query has changed."""
    limit = st.session_state.setdefault(ROWS, 50)
    if st.session_state.get(PAGES, (None,))[0] != (query, limit):
        if st.session_state.get(PAGES) and st.session_state[PAGES][0][0].view != query.view:
            st.session_state[CHOSEN] = []
        st.session_state[PAGES] = (query, limit), [""]
    tokens = st.session_state[PAGES][1]
    page = finder.find(query, tokens[-1], limit)
    while not page.entries and len(tokens) > 1:  # the last page has been emptied
        del tokens[-1]
        page = finder.find(query, tokens[-1], limit)
    return page


def set_aside() -> bool:
    """Whether there are runs of cnnlab that are not listed."""
    views: tuple[View, ...] = (*UNLISTED, "deleted")
    return any(finder.find(Query(view), limit=1).entries for view in views)


def render(page: RunPage, query: Query) -> list[Entry]:
    """Draws the table; returns the ticked runs, those on its other pages included."""
    ids = [entry.run_id for entry in page.entries]
    chosen_before = st.session_state.setdefault(CHOSEN, [])
    rows = _draw(page.entries, query, [row for row, run_id in enumerate(ids) if run_id in chosen_before])
    ticked = [ids[row] for row in rows]
    chosen = [run_id for run_id in chosen_before if run_id not in ids or run_id in ticked]
    chosen += [run_id for run_id in ticked if run_id not in chosen]
    st.session_state[CHOSEN] = chosen
    return _entries(chosen, page.entries)


def _entries(chosen: list[str], in_view: list[Entry]) -> list[Entry]:
    known = {entry.run_id: entry for entry in in_view}
    elsewhere = finder.entries([run_id for run_id in chosen if run_id not in known])
    known |= {entry.run_id: entry for entry in elsewhere}
    return [known[run_id] for run_id in chosen if run_id in known]


def render_folded(query: Query) -> None:
    """How many runs of studies are not among the active ones, and the way to them."""
    if query.view != "listed":
        return
    folded = finder.find(Query("study", visitors=query.visitors), limit=1)
    if folded.entries:
        with st.container(horizontal=True, vertical_alignment="center", gap="small"):
            count = "Runs" if folded.total is None else words.count(folded.total, "run")
            st.caption(
                f"{count} of studies {'is' if folded.total == 1 else 'are'} folded away.", width="content"
            )
            st.button(
                "Show runs of studies",
                icon=":material/unfold_more:",
                key="unfold_studies",
                type="tertiary",
                on_click=search.show,
                args=("study",),
            )


def forget_ticks() -> None:
    """Unticks all runs."""
    st.session_state[CHOSEN] = []
    st.session_state[_DRAWN] = st.session_state.get(_DRAWN, 0) + 1


def _draw(entries: list[Entry], query: Query, ticked: list[int]) -> list[int]:
    """Draws the rows; returns the numbers of those that are ticked."""
    options: dict[str, Any] = {
        "hide_index": True,
        "height": min(ROW_HEIGHT * (len(entries) + 1) + 3, MOST_HEIGHT),
        "row_height": ROW_HEIGHT,
        "column_config": _column_config(),
        "placeholder": "",
        "alt": ALT,
    }
    if query.view == "foreign":
        st.dataframe(foreign_frame(entries), **options)
        return []
    ids = [entry.run_id for entry in entries]
    columns = ["Name", *(name for name in CHOICES if name in _columns())]
    sparklines = finder.sparklines(ids) if LOSS_CURVE in columns else {}
    studies = {}
    if query.view == "study":
        columns.insert(1, STUDY)
        studies = {study.study_id: study.title for study in runs.studies(MOST_STUDIES)}
    if query.visitors or not visitor.has_company():  # they would all be the same
        columns = [column for column in columns if column != BY]
    key = _key(ids)
    event = st.dataframe(
        banded(frame(entries, sparklines, studies, visitor.name_of), entries),
        key=key,
        on_select=lambda: _sort(key, columns),
        selection_mode=["multi-row", "single-column"],
        selection_default={"selection": {"rows": ticked, "columns": []}},
        column_order=columns,
        **options,
    )
    return list(event.selection.rows)


def _key(ids: list[str]) -> str:
    """Differs for other rows, so that the tick of a row does not pass to the run that takes its place."""
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


def footer(page: RunPage) -> None:
    """How many runs there are, the way to the other pages, and which columns are shown."""
    tokens, limit = st.session_state[PAGES][1], st.session_state[ROWS]
    with st.container(horizontal=True, vertical_alignment="center"):
        st.caption(_place(page, (len(tokens) - 1) * limit), width="content")
        if len(tokens) > 1 or page.following:
            st.button(
                "Previous",
                icon=":material/chevron_left:",
                key="previous_runs",
                disabled=len(tokens) == 1,
                on_click=_previous_page,
            )
            st.button(
                "Next",
                icon=":material/chevron_right:",
                key="next_runs",
                disabled=not page.following,
                on_click=_next_page,
                args=(page.following,),
            )
        with st.popover("Columns", icon=":material/view_column:", key="runs_columns_popover"):
            _columns()
            st.multiselect("Columns", CHOICES, key=SHOWN_COLUMNS, persist_state="session")
            st.selectbox("Rows on a page", PAGE_SIZES, key=ROWS, persist_state="session")


def _previous_page() -> None:
    _, tokens = st.session_state[PAGES]
    if len(tokens) > 1:  # a double click comes twice
        del tokens[-1]


def _next_page(token: str) -> None:
    _, tokens = st.session_state[PAGES]
    if tokens[-1] != token:  # a double click comes twice
        tokens.append(token)


def _place(page: RunPage, before: int) -> str:
    last = before + len(page.entries)
    if page.total is None:
        return f"Runs {before + 1:,} to {last:,}"
    if page.total == len(page.entries):
        return f"{page.total:,} {'run' if page.total == 1 else 'runs'}"
    return f"Runs {before + 1:,} to {last:,} of {page.total:,}"


def _column_config() -> dict[str, Any]:
    column, zone = st.column_config, st.context.timezone or "UTC"
    return {
        # These three fit a phone beside each other.
        "Name": column.TextColumn(pinned=True, width=125),
        "Started": column.DatetimeColumn(format="D MMM, HH:mm", width=110, timezone=zone, help=STARTED_HELP),
        "Test accuracy": column.NumberColumn("Accuracy", format=PERCENT, width=85, help=ACCURACY_HELP),
        STUDY: column.TextColumn(width=300),
        BY: column.TextColumn(width=100, help="The visitor of the dashboard who started it."),
        "Role": column.TextColumn(width=80),
        "Data set": column.TextColumn(width=120),
        "Best validation accuracy": column.NumberColumn("Best validation", format=PERCENT, width=110),
        "Test loss": column.NumberColumn(format="%.3f", width=90),
        "Parameters": column.NumberColumn(format="localized", width=110),
        "Multiply-adds": column.NumberColumn(
            format="localized", width=110, help="Of one image through the network."
        ),
        "Seconds": column.NumberColumn(format="%.1f", width=90),
        "Images/s": column.NumberColumn(format="%,.0f", width=90),
        LOSS_CURVE: column.LineChartColumn(
            width=120, help="Training loss from the first step to the last, each on a scale of its own."
        ),
        "State": column.TextColumn(width=110),
        "Tags": column.ListColumn(width=140),
        "Note": column.TextColumn(width=200),
        "Device": column.TextColumn(width=100),
        "Seed": column.NumberColumn(format="%d", width=80),
        "Run id": column.TextColumn(width=270),
        "Metrics": column.ListColumn(width=400),
    }
