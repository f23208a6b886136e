"""What the page Compare shows, runs or groups of seeds, and what is the baseline; the address keeps them."""

from typing import Literal, NamedTuple, get_args

import streamlit as st

from cnnlab import runs
from cnnlab.comparison.candidates import MOST, Candidate, candidates
from cnnlab.comparison.over_seeds import Seeded, among, of_run
from cnnlab.runs import Run
from cnnlab.ui.choices.address_parameter import COMPARED_GROUPS, COMPARED_RUNS
from cnnlab.ui.choices.labels import run_label
from cnnlab.ui.choices.own_first import newest_runs
from cnnlab.ui.choices.picker import pick_several
from cnnlab.ui.compare import group_choice, over_seeds
from cnnlab.ui.sidebar import steering

Kind = Literal["Runs", "Groups"]
LISTED = 200
BASELINE = "baseline_run"
BASELINE_GROUP = "baseline_group"
KIND = "compare_kind"
KIND_HELP = "A group is all runs that are equal but for the seed."


class Choice(NamedTuple):
    """What is compared."""

    compared: list[Candidate]
    """The runs; of groups one run each."""
    baseline: Candidate | None
    """None where there is no run."""
    groups: list[Seeded]
    """The groups, or those that the chosen runs make; empty where these are no seeds of several settings."""
    baseline_group: Seeded | None
    """None without groups."""
    by_group: bool
    """Whether groups were chosen, not runs."""

    @property
    def every_run(self) -> list[Run]:
        """All runs that stand behind the comparison."""
        if self.by_group:
            return [run for each in self.groups for run in each.group.runs]
        return [each.run for each in self.compared]


def render() -> Choice | None:
    """The boxes; returns None, with a sentence, where there is too little to compare."""
    if _choose_kind() == "Groups":
        COMPARED_RUNS.write("")
        return _groups()
    COMPARED_GROUPS.write("")
    return _runs()


def _choose_kind() -> Kind:
    """Runs or groups, as the address asks or as was chosen before."""
    if COMPARED_GROUPS.asked():
        st.session_state[KIND] = "Groups"
    elif COMPARED_RUNS.asked():
        st.session_state[KIND] = "Runs"
    st.session_state.setdefault(KIND, "Runs")
    box = st.segmented_control(
        "What to compare", get_args(Kind), required=True, key=KIND, persist_state="session", help=KIND_HELP
    )
    return box or "Runs"


def _groups() -> Choice | None:
    chosen = group_choice.render()
    if not chosen:
        return None
    with st.container(horizontal=True, vertical_alignment="bottom"):
        baseline = _choose_baseline_group(chosen)
        compared = over_seeds.representatives(chosen)
    shown = next((each for each in compared if each.color == baseline.color), None)
    return Choice(compared, shown, chosen, baseline, by_group=True)


def _choose_baseline_group(chosen: list[Seeded]) -> Seeded:
    """What the other groups are compared with; at first the last one that a dense-only network makes."""
    labels = [each.label for each in chosen]
    if st.session_state.get(BASELINE_GROUP) not in labels:
        dense = [each.label for each in chosen if each.group.spec.model.kind == "dense"]
        st.session_state[BASELINE_GROUP] = (dense or labels)[-1]
    label = st.selectbox(
        "Baseline",
        labels,
        key=BASELINE_GROUP,
        persist_state="session",
        width=360,
        help="What the others are compared with.",
    )
    return next(each for each in chosen if each.label == label)


def _runs() -> Choice | None:
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
    baseline, groups = _choose_baseline(compared), among(compared)
    baseline_group = of_run(groups, baseline.run.run_id) or (groups[-1] if groups else None)
    return Choice(compared, baseline, groups, baseline_group, by_group=False)


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
