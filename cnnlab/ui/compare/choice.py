"""Which runs the page Compare shows, and which of them is the baseline; the address keeps both."""

import streamlit as st

from cnnlab import runs
from cnnlab.runs import Run
from cnnlab.spec import network_title
from cnnlab.ui.actions import reported
from cnnlab.ui.labelled_runs import MOST, Candidate, candidates
from cnnlab.ui.sidebar import steering

LISTED = 200
PARAMETER = "runs"
CHOSEN, BASELINE = "compared_runs", "baseline_run"
_WRITTEN = "runs in the address"


def show() -> tuple[list[Candidate], Candidate] | None:
    """The boxes; returns the runs and their baseline, or None, with a sentence, for fewer than two."""
    with st.spinner("Opening the stored runs"):
        listed = {run.run_id: run for run in runs.recent(LISTED) if not run.active}
    _follow_address(listed)
    chosen = st.multiselect(
        "Runs",
        list(listed),
        st.session_state[CHOSEN],
        format_func=lambda run_id: _label(listed[run_id]),
        key=CHOSEN,
        max_selections=MOST,
        persist_state="session",
        placeholder=f"Choose 2 to {MOST} runs",
        help="The newest stand first. On the page Runs they can be searched, ticked and sent here.",
    )
    _write_address(chosen)
    if len(chosen) < 2:
        st.info(_what_to_do(len(listed)), icon=":material/info:")
        return None
    compared = candidates([listed[run_id] for run_id in chosen])
    return compared, _choose_baseline(compared)


def _write_address(chosen: list[str]) -> None:
    st.session_state[_WRITTEN] = ",".join(chosen)
    if chosen:
        st.query_params[PARAMETER] = st.session_state[_WRITTEN]
    elif PARAMETER in st.query_params:
        del st.query_params[PARAMETER]


def _what_to_do(stored: int) -> str:
    if stored < 2:
        return "Nothing has been trained yet that could be compared: press Train on the page Train."
    return f"Choose 2 to {MOST} runs to compare."


def _follow_address(listed: dict[str, Run]) -> None:
    """Chooses what the address asks for where it was changed from outside, at first the newest comparison."""
    address = st.query_params.get(PARAMETER, "")
    if address and address != st.session_state.get(_WRITTEN):
        asked = [run_id for run_id in address.split(",") if run_id]
        st.session_state[CHOSEN] = list(dict.fromkeys(asked))[:MOST]
    elif CHOSEN not in st.session_state:
        st.session_state[CHOSEN] = _newest_comparison(listed)
    kept = []
    for run_id in st.session_state[CHOSEN]:
        with reported(icon=":material/link_off:"):
            if run_id not in listed:
                listed[run_id] = runs.get(run_id)
            kept.append(run_id)
    if kept != st.session_state[CHOSEN]:
        st.session_state[CHOSEN] = kept


def _newest_comparison(listed: dict[str, Run]) -> list[str]:
    newest = next((run for run in listed.values() if run.role == "model"), None)
    if newest is None:
        return []
    members = runs.members(newest.comparison).values()
    return [run.run_id for run in members if not run.active]


def _choose_baseline(compared: list[Candidate]) -> Candidate:
    """The pinned run where it is among them, else the first one with a baseline's role, else the last."""
    by_id = {each.run.run_id: each for each in compared}
    likely = [run_id for run_id, each in by_id.items() if each.run.role == "baseline"]
    preferred = (
        steering.pinned() if steering.pinned() in by_id else (likely or list(by_id))[0 if likely else -1]
    )
    if st.session_state.get(BASELINE) not in by_id:
        st.session_state[BASELINE] = preferred
    chosen = st.selectbox(
        "Baseline",
        list(by_id),
        list(by_id).index(st.session_state[BASELINE]),
        format_func=lambda run_id: by_id[run_id].label,
        key=BASELINE,
        persist_state="session",
        width=360,
        help="What the others are held against.",
    )
    return by_id[chosen]


def _label(run: Run) -> str:
    accuracy = run.metrics.get("test_accuracy")
    result = f"{accuracy:.1%}" if accuracy is not None else run.status
    name = run.name or network_title(run.spec.model)
    return f"{name} ({result}), {run.started:%Y-%m-%d %H:%M} UTC"
