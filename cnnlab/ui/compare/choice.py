"""Which runs the page Compare shows, and which of them is the baseline; the address keeps both."""

import streamlit as st

from cnnlab import runs
from cnnlab.comparison.candidates import MOST, Candidate, candidates
from cnnlab.runs import Run
from cnnlab.ui.choices.address_parameter import COMPARED_RUNS
from cnnlab.ui.choices.labels import run_label
from cnnlab.ui.choices.own_first import newest_runs
from cnnlab.ui.choices.picker import pick_several
from cnnlab.ui.sidebar import steering

LISTED = 200
BASELINE = "baseline_run"


def render() -> tuple[list[Candidate], Candidate] | None:
    """The boxes; returns the runs and their baseline, or None, with a sentence, for fewer than two."""
    with st.spinner("Opening the stored runs"):
        listed = {run.run_id: run for run in newest_runs(LISTED) if not run.active}
    chosen = pick_several(
        COMPARED_RUNS,
        "Runs",
        listed,
        runs.get,
        run_label,
        at_first=lambda: _newest_comparison(listed),
        most=MOST,
        placeholder=f"Choose 2 to {MOST} runs",
    )
    if len(chosen) < 2:
        st.info(_what_to_do(len(listed)), icon=":material/info:")
        return None
    compared = candidates([listed[run_id] for run_id in chosen])
    return compared, _choose_baseline(compared)


def _what_to_do(stored: int) -> str:
    if stored < 2:
        return "Nothing has been trained yet that could be compared: press Train on the page Lab."
    return f"Choose 2 to {MOST} runs to compare."


def _newest_comparison(listed: dict[str, Run]) -> list[str]:
    newest = next((run for run in listed.values() if run.role == "model"), None)
    if newest is None:
        return []
    members = runs.members(newest.comparison).values()
    return [run.run_id for run in members if not run.active]


def _likely_baseline(compared: list[Candidate]) -> str:
    """The pinned run if it is among them, else the first one with a baseline's role, else the last."""
    ids = [candidate.run.run_id for candidate in compared]
    if steering.pinned() in ids:
        return steering.pinned()
    baselines = [candidate.run.run_id for candidate in compared if candidate.run.role == "baseline"]
    return baselines[0] if baselines else ids[-1]


def _choose_baseline(compared: list[Candidate]) -> Candidate:
    """What the others are compared with."""
    by_id = {each.run.run_id: each for each in compared}
    if st.session_state.get(BASELINE) not in by_id:
        st.session_state[BASELINE] = _likely_baseline(compared)
    chosen = st.selectbox(
        "Baseline",
        list(by_id),
        list(by_id).index(st.session_state[BASELINE]),
        format_func=lambda run_id: by_id[run_id].label,
        key=BASELINE,
        persist_state="session",
        width=360,
        help="What the others are compared with.",
    )
    return by_id[chosen]
