"""What this dashboard lets its visitors train, told in the sidebar before anything is pressed."""

import streamlit as st

from cnnlab.spec import ComparisonSpec
from cnnlab.ui.cached.trainer import trainer
from cnnlab.ui.plain_text import plain


def render() -> None:
    """The limits in a line; nothing where there are none."""
    if rules := trainer().trainings.limits.rules:
        st.caption(f":material/rule: {plain(rules)}")


def refusals(comparison: ComparisonSpec) -> list[str]:
    """A sentence for each limit that these settings exceed, with the control that mends it."""
    return trainer().trainings.limits.refusals(comparison)
