"""The section "Side by side": results, what differs, layers, curves, costs.

Runs of other data are among them; only their test results are not compared.
"""

from collections.abc import Sequence
from typing import get_args

import streamlit as st

from cnnlab.comparison import side_by_side
from cnnlab.comparison.candidates import Candidate
from cnnlab.data.published import PUBLISHED
from cnnlab.ui.cached.curves import history
from cnnlab.ui.choices import curve_view
from cnnlab.ui.compare import section
from cnnlab.views.figures.pareto import COSTS, Cost
from cnnlab.views.tables.comparison import settings_frame


def render(compared: Sequence[Candidate], baseline: Candidate) -> None:
    """The whole section."""
    section.render(side_by_side.results(compared, baseline))
    _what_differs(compared)
    _same_settings(compared)
    section.render(side_by_side.layers(compared))
    _curves(compared)
    _accuracy_against_cost(compared, baseline)


def _what_differs(compared: Sequence[Candidate]) -> None:
    """What all networks have is in view; what only some have can be unfolded."""
    differing = side_by_side.what_differs(compared)
    section.heading(differing)
    for each in differing.tables:
        if each.key == side_by_side.OF_SOME:
            with st.expander(each.title):
                section.table(each)
        else:
            section.table(each)


def _same_settings(compared: Sequence[Candidate]) -> None:
    same = side_by_side.same_settings(compared)
    with st.expander(f"The same for all: {len(same)} settings"):
        st.dataframe(settings_frame(["Every run"], same), hide_index=True, key="alike")


def _curves(compared: Sequence[Candidate]) -> None:
    st.subheader("Curves", anchor=False)
    view = curve_view.choose_view()
    curves = {each.run.run_id: history(each.run) for each in compared}
    section.figures_first(side_by_side.learning_curves(compared, curves, view))


def _accuracy_against_cost(compared: Sequence[Candidate], baseline: Candidate) -> None:
    st.subheader("Accuracy against cost", anchor=False)
    with st.container(horizontal=True, vertical_alignment="bottom", gap="medium"):
        cost: Cost = st.segmented_control(
            "Cost",
            get_args(Cost),
            default="params",
            required=True,
            format_func=COSTS.__getitem__,
            key="cost",
            persist_state="session",
        )
        published = baseline.run.spec.data.dataset in PUBLISHED and st.toggle(
            "Published results", key="published", persist_state="session"
        )
    section.figures_first(side_by_side.accuracy_against_cost(compared, baseline, [cost], published))
