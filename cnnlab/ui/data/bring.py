"""A data set of one's own: brought, looked at, set up and added; those that there are, and their removal.

Each step is a file of its own beside this one: `bring_source`, `bring_choices`, `bring_preview`,
`bring_add` and `bring_list`.
"""

import streamlit as st

from cnnlab.ui.actions import reported
from cnnlab.ui.data import bring_add, bring_choices, bring_list, bring_preview, bring_source


def render() -> None:
    """The section of the page Data."""
    st.subheader("Your own images", anchor=False)
    st.write(
        "Bring pictures in one folder for each class, as a zip or as a folder, or arrays in an .npz file. "
        "You see what becomes of them before they are stored, beside the runs."
    )
    bring_add.render_added()
    bring_list.render()
    with reported(icon=":material/block:"):
        brought = bring_source.render()
        if brought:
            plan = bring_choices.render(brought)
            bring_preview.render(brought, plan.choices)
            bring_add.render(brought, plan)
