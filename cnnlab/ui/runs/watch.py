"""Keeps the table of runs up to date while something trains, without disturbing who reads it."""

import streamlit as st

from cnnlab import runs
from cnnlab.runs.search.finder import Entry
from cnnlab.ui.actions import polled

POLL_SECONDS = 3.0


def render(entries: list[Entry]) -> None:
    """Runs the page again when one of its active runs starts or ends."""
    active = {entry.run_id: entry.status for entry in entries if entry.run and entry.run.active}
    if active:
        polled(_look, POLL_SECONDS)(active)


def _look(drawn: dict[str, str]) -> None:
    now = {run.run_id: run.status for run in runs.active()}
    if any(now.get(run_id) != status for run_id, status in drawn.items()):
        st.rerun()
