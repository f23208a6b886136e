"""The section "Where they differ": the choice of two networks, the verdict on them, and its grounds."""

from collections.abc import Sequence

import numpy as np
import streamlit as st

from cnnlab.comparison import differences
from cnnlab.comparison.candidates import Candidate, Predicted
from cnnlab.ui.actions import refusal, reported
from cnnlab.ui.cached.predictions import predicted
from cnnlab.ui.compare import confusion, disagreements, section
from cnnlab.ui.plain_text import plain

FIRST, SECOND = "differ_first", "differ_second"  # the boxes that choose two of several networks


def render_verdicts(compared: Sequence[Candidate], baseline: Candidate) -> None:
    """The verdict on each network against the baseline; nothing where no answers are stored."""
    stored = [each for each in compared if not refusal(predicted, each)]
    networks = _comparable(stored, baseline)
    reference = next((each for each in networks if each.run.run_id == baseline.run.run_id), None)
    if reference is None:
        return
    pairs = [(each, reference) for each in networks if each is not reference]
    with st.container(key="verdict"):
        section.findings(differences.verdict(pairs))


def render(compared: Sequence[Candidate], baseline: Candidate, told: bool = False) -> None:
    """The verdict on two of the networks, and its grounds.

    A network without stored predictions, or with those of other images, is left out with a sentence.
    `told`: whether the verdicts against the baseline stand on the page already.
    """
    networks = _comparable(compared, baseline)
    if len(networks) < 2:
        st.info("It takes two tested networks to say where they differ: select another run.")
        return
    pair = _choose_pair(networks, baseline)
    _verdict(pair, told=told and pair[1].run.run_id == baseline.run.run_id)
    st.fragment(confusion.render)(*pair)
    section.render(differences.class_by_class(networks, [pair]))
    section.render(differences.calibration_section(networks))
    st.fragment(disagreements.render)(*pair)


def _comparable(compared: Sequence[Candidate], baseline: Candidate) -> list[Predicted]:
    """The answers on the baseline's test images, in the order of the networks."""
    by_id: dict[str, Predicted] = {}
    for candidate in sorted(compared, key=lambda each: each.run.run_id != baseline.run.run_id):
        left_out = f"{plain(candidate.label)} is left out here."
        with reported(left_out):
            answers = predicted(candidate)
            reference = next(iter(by_id.values()), answers)
            if np.array_equal(answers.labels, reference.labels):
                by_id[answers.run.run_id] = answers
            else:
                st.warning(f"{left_out} It was tested on other images than {plain(reference.label)}.")
    return [by_id[each.run.run_id] for each in compared if each.run.run_id in by_id]


def _choose_pair(networks: Sequence[Predicted], baseline: Candidate) -> tuple[Predicted, Predicted]:
    """Two of the networks: by default the first one beside the baseline, and the baseline."""
    by_id = {each.run.run_id: each for each in networks}
    second = baseline.run.run_id if baseline.run.run_id in by_id else networks[-1].run.run_id
    first = next(run_id for run_id in by_id if run_id != second)
    if len(networks) > 2:
        with st.container(horizontal=True):
            first = _box("Network", list(by_id), first, FIRST, by_id)
            others = [run_id for run_id in by_id if run_id != first]
            second = _box("Against", others, second if second in others else others[0], SECOND, by_id)
    return by_id[first], by_id[second]


def _box(label: str, options: list[str], default: str, key: str, by_id: dict[str, Predicted]) -> str:
    if st.session_state.get(key) not in options:  # chosen among other networks
        st.session_state[key] = default
    return st.selectbox(
        label,
        options,
        format_func=lambda run_id: by_id[run_id].label,
        key=key,
        persist_state="session",
        width=320,
    )


def _verdict(pair: tuple[Predicted, Predicted], told: bool) -> None:
    """The verdict comes first, without a heading, if it is not told already; then the counts."""
    verdict = differences.verdict([pair])
    if not told:
        section.findings(verdict)
    for counts in verdict.tables:
        frame = counts.frame.rename(columns=plain).map(plain)
        st.table(frame.set_index(frame.columns[0]).rename_axis(None))
