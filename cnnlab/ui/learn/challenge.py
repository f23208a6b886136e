"""The challenge: its rules, the way into it, and who leads among the stored runs."""

import pandas as pd
import streamlit as st

from cnnlab import runs, words
from cnnlab.lessons import challenge
from cnnlab.spec import network_title
from cnnlab.ui import visitor
from cnnlab.ui.plain_text import plain
from cnnlab.ui.sidebar import panel

LOOKED_AT = 1000  # of the newest runs
LISTED = 20


def render() -> None:
    """Draws it; the button sets the sidebar and leads to the Lab."""
    st.subheader("Handwriting with one convolution", anchor=False)
    st.write(challenge.rules())
    st.caption(
        "The validation images choose, the test images only tell what the choice is worth. So a run that was "
        "continued after its test does not count."
    )
    begun = st.button(
        "Begin in the Lab",
        key="challenge_start",
        icon=":material/flag:",
        type="primary",
        on_click=panel.restore,
        args=(challenge.start(),),
    )
    if begun:
        st.switch_page("../../pages/lab.py")
    with st.spinner("Opening the stored runs"):
        tried = challenge.entries(runs.recent(LOOKED_AT))
    st.markdown(f"**{plain(challenge.sentence(tried))}**")
    if tried:
        st.dataframe(_table(tried[:LISTED]), hide_index=True)


def _table(entries: list[challenge.Entry]) -> pd.DataFrame:
    """With the names of who trained them, where there are several visitors."""
    with_names = not all(visitor.is_mine(each.run.visitor) for each in entries)
    return pd.DataFrame(
        [
            {
                "Network": network_title(each.run.spec.model),
                **({"By": visitor.name_of(each.run.visitor)} if with_names else {}),
                "Parameters": f"{each.params:,}",
                "Validation accuracy": words.percent(each.validation_accuracy, 2),
                "Test accuracy": words.percent(each.test_accuracy, 2),
                "Counts": each.refusal or "yes",
            }
            for each in entries
        ]
    )
