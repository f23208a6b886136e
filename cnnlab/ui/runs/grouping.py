"""The table of runs with one row for all that are equal but for the seed, and which rows are ticked.

All runs that meet the search and the filters are grouped, not only a page of them. Among the active runs are
here those of studies, since most seeds are trained by studies.
"""

import hashlib
from dataclasses import replace
from typing import Any, NamedTuple

import streamlit as st

from cnnlab import words
from cnnlab.runs.groups import Group, grouped, key
from cnnlab.runs.search import finder
from cnnlab.runs.search.finder import Entry
from cnnlab.runs.search.query import Query
from cnnlab.ui.runs import table
from cnnlab.views.tables.groups import NETWORK, OUTCOMES, SETTINGS, groups_frame

CHOSEN = "run_groups_chosen"
_DRAWN = "run_groups_drawn"  # counted up when the ticks must be drawn again
MOST = 2000  # runs that are read, the first ones in the chosen order
SORTED_BY = {
    "Started": "Newest",
    "Name": NETWORK,
    "Best validation accuracy": "Best validation",
    **{name: name for name in ("Data set", "Test accuracy", "Parameters", "Multiply-adds", "Seconds")},
}
"""The order of runs → the column by which groups are sorted. Others put the group of the first run first."""
COLUMNS = (
    NETWORK,
    "Test accuracy",
    "Test s.d.",
    "Seeds",
    "Data set",
    SETTINGS,
    "Best validation",
    "Validation s.d.",
    "Runs",
    OUTCOMES,
    "Newest",
    "Parameters",
    "Multiply-adds",
    "Seconds",
)


class Groups(NamedTuple):
    """The groups of all runs that were asked for."""

    groups: list[Group]
    entries: dict[str, Entry]
    """Run id → the run, of all that were read."""
    total: int | None
    """How many runs there are; None where the store does not tell, and there are more than were read."""

    @property
    def unreadable(self) -> int:
        """How many of them have settings that cannot be read."""
        return sum(entry.run is None for entry in self.entries.values())

    def members(self, chosen: list[Group]) -> list[Entry]:
        """The runs of some groups."""
        return [self.entries[run.run_id] for group in chosen for run in group.runs]


def read(query: Query) -> Groups:
    """Groups what a query asks for."""
    queries = [query, replace(query, view="study")] if query.view == "listed" else [query]
    pages = [finder.find(each, limit=MOST) for each in queries]
    entries = {entry.run_id: entry for page in pages for entry in page.entries}
    counts = [len(page.entries) if not page.following else page.total for page in pages]
    total = sum(count for count in counts if count is not None) if None not in counts else None
    found = grouped(entry.run for entry in entries.values() if entry.run)
    return Groups(_in_order(found, query), entries, total)


def _in_order(groups: list[Group], query: Query) -> list[Group]:
    column = SORTED_BY.get(query.order)
    if column is None or not groups:
        return groups
    order = groups_frame(groups)[column].sort_values(
        ascending=query.ascending, kind="stable", na_position="last"
    )
    return [groups[place] for place in order.index]


def render(found: Groups) -> list[Group]:
    """Draws the table; returns the ticked groups."""
    names = [_identity(group) for group in found.groups]
    before = st.session_state.setdefault(CHOSEN, [])
    rows = _draw(found.groups, [row for row, name in enumerate(names) if name in before])
    st.session_state[CHOSEN] = [names[row] for row in rows]
    return [found.groups[row] for row in rows]


def _draw(groups: list[Group], ticked: list[int]) -> list[int]:
    """Draws the rows; returns the numbers of those that are ticked."""
    drawn = f"{st.session_state.get(_DRAWN, 0)} {' '.join(map(_identity, groups))}"
    event = st.dataframe(
        groups_frame(groups),
        key=f"groups_table_{hashlib.sha256(drawn.encode()).hexdigest()[:16]}",
        on_select="rerun",
        selection_mode="multi-row",
        selection_default={"selection": {"rows": ticked, "columns": []}},
        column_order=COLUMNS,
        column_config=_column_config(),
        hide_index=True,
        height=min(table.ROW_HEIGHT * (len(groups) + 1) + 3, table.MOST_HEIGHT),
        row_height=table.ROW_HEIGHT,
        placeholder="",
        alt="Groups of runs that are equal but for the seed, one in each row",
    )
    return list(event.selection.rows)


def footer(found: Groups, query: Query) -> None:
    """How many groups and runs there are, and which are not among them."""
    read_runs = len(found.entries)
    parts = [f"{words.count(len(found.groups), 'group')} of {words.count(read_runs, 'run')}."]
    if query.view == "listed" and any(entry.run and entry.run.study for entry in found.entries.values()):
        parts.append("Runs of studies are among them.")
    if found.unreadable:
        parts.append(f"The settings of {found.unreadable:,} cannot be read: they are in no group.")
    if found.total != read_runs:
        of = "" if found.total is None else f" of {found.total:,}"
        parts.append(
            f"Only the first {read_runs:,} runs{of} are grouped: narrow them by 'Search' or 'Filter'."
        )
    st.caption(" ".join(parts))


def forget_ticks() -> None:
    """Unticks all groups."""
    st.session_state[CHOSEN] = []
    st.session_state[_DRAWN] = st.session_state.get(_DRAWN, 0) + 1


def _identity(group: Group) -> str:
    """Tells a group from the others, whichever runs it has by now."""
    return f"{key(group.runs[0])} {max(run.images for run in group.runs)}"


def _column_config() -> dict[str, Any]:
    column, zone = st.column_config, st.context.timezone or "UTC"
    points = "Standard deviation over the seeds, in percentage points."
    return {
        # These three fit a phone beside each other.
        NETWORK: column.TextColumn(pinned=True, width=125),
        "Test accuracy": column.NumberColumn(
            "Accuracy", format=table.PERCENT, width=85, help="On the test images: the mean over the seeds."
        ),
        "Test s.d.": column.NumberColumn("± s.d.", format="%.2f", width=70, help=points),
        "Seeds": column.NumberColumn(
            "Seeds", format="%d", width=65, help="How many count; of several runs with one seed the newest."
        ),
        SETTINGS: column.TextColumn(
            width=230, help="What is not at its default; what the network's name says is left out."
        ),
        "Best validation": column.NumberColumn(format=table.PERCENT, width=110),
        "Validation s.d.": column.NumberColumn(format="%.2f", width=100, help=points),
        "Runs": column.NumberColumn(format="%d", width=60),
        OUTCOMES: column.TextColumn(width=150, help="Runs that are not in the means, and why."),
        "Newest": column.DatetimeColumn(
            format="D MMM, HH:mm", width=110, timezone=zone, help=table.STARTED_HELP
        ),
        "Data set": column.TextColumn(width=120),
        "Parameters": column.NumberColumn(format="localized", width=110),
        "Multiply-adds": column.NumberColumn(format="localized", width=110),
        "Seconds": column.NumberColumn(format="%.1f", width=90),
    }
