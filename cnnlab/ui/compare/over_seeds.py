"""The section "Over seeds" of the page, and which run of each group the other sections show."""

from collections.abc import Sequence

import streamlit as st

from cnnlab.comparison import over_seeds
from cnnlab.comparison.candidates import Candidate
from cnnlab.comparison.over_seeds import EVERY_RUN, Seeded
from cnnlab.comparison.section import Section
from cnnlab.ui.cached.seed_curves import validation_curves
from cnnlab.ui.compare import section
from cnnlab.ui.plain_text import plain

SEED = "compared_seed"


def section_of(compared: Sequence[Seeded], baseline: Seeded) -> Section:
    """The section, with the curves that this session has read."""
    curves = {each.label: validation_curves(each.group.by_seed.values()) for each in compared}
    return over_seeds.over_seeds(compared, baseline, curves)


def render(compared: Sequence[Seeded], baseline: Seeded) -> None:
    """Draws the section, but for its verdicts, which stand above all sections."""
    made = section_of(compared, baseline)
    section.notes(made)
    for figure in made.figures:
        section.figure(figure)
    for table in made.tables:
        with st.expander(table.title) if table.key == EVERY_RUN else st.container():
            if table.key != EVERY_RUN:
                st.markdown(f"**{plain(table.title)}**")
            section.table(table)


def render_verdicts(compared: Sequence[Seeded], baseline: Seeded) -> None:
    """The verdict on each group against the baseline, above the sections."""
    findings, _ = over_seeds.judged([each for each in compared if each is not baseline], baseline)
    with st.container(key="verdict"):
        section.findings(Section("", tuple(findings)))


def representatives(compared: Sequence[Seeded]) -> list[Candidate]:
    """One run of each group, all with the seed that is chosen in a box.

    Groups without a seed in common have their newest runs; one in which nothing counts is left out.
    """
    counted = [each for each in compared if each.group.by_seed]
    common = sorted(set.intersection(*(set(each.group.by_seed) for each in counted))) if counted else []
    if common and st.session_state.get(SEED) not in common:
        st.session_state[SEED] = common[0]
    if common:
        seed = st.selectbox(
            "Seed",
            common,
            key=SEED,
            persist_state="session",
            width=180,
            help="Whose runs the sections beside 'Over seeds' show, one of each group.",
        )
        chosen = [each.group.by_seed[seed] for each in counted]
    else:
        chosen = [max(each.group.by_seed.values(), key=lambda run: run.started) for each in counted]
    return [
        Candidate(run, f"{each.label}, seed {run.spec.training.seed}", each.color)
        for run, each in zip(chosen, counted, strict=True)
    ]
