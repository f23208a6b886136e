"""Where waiting trainings stand in the queue that all visitors share, and when they begin, in words."""

from collections.abc import Sequence

import streamlit as st

from cnnlab import runs
from cnnlab.runs import Run
from cnnlab.studies.progress import share_left
from cnnlab.studies.waiting_time import seconds_until_begun
from cnnlab.ui.cached import durations
from cnnlab.ui.cached.trainer import trainer

REMEMBERED = 3  # seconds
MOST_KEPT = 50


def place_in_words(run_ids: Sequence[str]) -> str:
    """'3 ahead of you, about 40 s', of the foremost of some waiting runs; 'next, in about 9 s' without any.

    The runs themselves do not count as ahead. Empty where none of them waits in this dashboard's queue.
    """
    places = [place for run_id in run_ids if (place := trainer().trainings.place(run_id))]
    if not places:
        return ""
    place = min(places, key=lambda place: len(place.ahead))
    ahead = tuple(run_id for run_id in place.ahead if run_id not in run_ids)
    seconds = _seconds(ahead, place.under_way, len(trainer().status().devices))
    if ahead:
        return f"{len(ahead):,} ahead of you" + (
            f", {durations.in_words(seconds)}" if seconds is not None else ""
        )
    return "next" if seconds is None else f"next, in {durations.in_words(seconds)}"


def _seconds(ahead: tuple[str, ...], under_way: tuple[str, ...], workers: int) -> float | None:
    before = [_seconds_left(run) for run in _stored(under_way)]
    waiting = {run.run_id: durations.seconds(run.spec) for run in _stored(ahead)}
    return seconds_until_begun(before, [waiting.get(run_id, 0.0) for run_id in ahead], workers)


def _seconds_left(run: Run) -> float | None:
    """None where that is not known, as while it pauses."""
    whole = durations.seconds(run.spec)
    if not run.active:
        return 0.0
    return None if whole is None or run.note == "paused" else whole * share_left(run)


@st.cache_data(ttl=REMEMBERED, max_entries=MOST_KEPT, show_spinner=False)
def _stored(run_ids: tuple[str, ...]) -> list[Run]:
    """Pages look every second, in every session; deleted runs are left out."""
    return runs.existing(list(run_ids))
