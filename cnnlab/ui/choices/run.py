"""The choice of a past comparison, for the pages that look at trained networks."""

import streamlit as st

from cnnlab import runs
from cnnlab.data.registry import DATASETS
from cnnlab.runs import Run
from cnnlab.spec import Role, network_title

LISTED = 200
CHOSEN = "chosen_comparison"


def show() -> dict[Role, Run]:
    """A box with the newest comparisons; returns the chosen one's runs, empty where there are none.

    A run that stood in for the baseline is among them.
    """
    by_comparison: dict[str, dict[Role, Run]] = {}
    with st.spinner("Opening the stored runs"):
        newest = runs.recent(LISTED)
    for run in newest:
        by_comparison.setdefault(run.comparison, {})[run.role] = run
    asked = st.query_params.get("comparison")
    if CHOSEN not in st.session_state and asked:
        st.session_state[CHOSEN] = asked
    wanted = st.session_state.get(CHOSEN)
    if wanted and wanted not in by_comparison and (older := runs.members(wanted)):
        by_comparison[wanted] = older
    if not by_comparison:
        return {}
    known = list(by_comparison)
    if st.session_state.get(CHOSEN, known[0]) not in known:
        st.warning("The comparison that was asked for is not in the store; the newest is shown.")
        st.session_state[CHOSEN] = known[0]
    chosen = st.selectbox(
        "Comparison",
        known,
        known.index(st.session_state.get(CHOSEN, known[0])),
        format_func=lambda identity: _label(by_comparison[identity]),
        key=CHOSEN,
        persist_state="session",
        help="The newest stands first.",
    )
    st.query_params["comparison"] = chosen
    return runs.members(chosen)


def _label(members: dict[Role, Run]) -> str:
    first = next(iter(members.values()))
    networks = " and ".join(_tested(members[role]) for role in ("model", "baseline") if role in members)
    data = DATASETS[first.spec.data.dataset].title if first.spec.data.dataset in DATASETS else "other data"
    return f"{first.started:%Y-%m-%d %H:%M} UTC · {networks} · {data}"


def _tested(run: Run) -> str:
    accuracy = run.metrics.get("test_accuracy")
    result = f"{accuracy:.1%}" if accuracy is not None else run.status
    return f"{network_title(run.spec.model)} ({result})"
