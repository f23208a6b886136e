"""The data sets of one's own that there are, and their removal."""

from typing import NamedTuple

import streamlit as st

from cnnlab import words
from cnnlab.data.catalogue import DatasetInfo
from cnnlab.data.registry import DATASETS
from cnnlab.errors import DatasetInUse
from cnnlab.runs import own_data
from cnnlab.ui.actions import attempt
from cnnlab.ui.data.bring_add import use_button
from cnnlab.ui.plain_text import plain

ASKED = "bring_removal"  # session state: the removal that has to be confirmed


class Asked(NamedTuple):
    """A removal that is confirmed or given up."""

    dataset: str
    used: str
    """Why it was refused at first: how many runs use it. Empty before anything was refused."""


def render() -> None:
    """A line for each, and the question below the one that is to be removed."""
    own = {dataset: info for dataset, info in DATASETS.items() if info.own}
    asked: Asked | None = st.session_state.get(ASKED)
    for dataset, info in own.items():
        with st.container(horizontal=True, vertical_alignment="center", gap="small", key=f"own_{dataset}"):
            st.markdown(f"**{plain(info.title)}**: {_facts(info)}", width="stretch")
            use_button("Use", f"use_{dataset}", dataset)
            st.button(
                "Remove", key=f"remove_{dataset}", icon=":material/delete:", on_click=_ask, args=(dataset,)
            )
        if asked and asked.dataset == dataset:
            _question(asked, info)


def _facts(info: DatasetInfo) -> str:
    height, width, _ = info.input_shape
    train, test = info.train_images["full"], info.test_images["full"]
    classes = words.count(len(info.classes), "class", "classes")
    return (
        f"{train:,} images for training and {test:,} for test of {classes}, "
        f"{height}×{width} pixels, {'in colour' if info.in_colour else 'grey'}"
    )


def _question(asked: Asked, info: DatasetInfo) -> None:
    with st.container(horizontal=True, vertical_alignment="center", gap="small", key="bring_question"):
        text = asked.used or f"Remove '{info.title}' and its images? This cannot be undone."
        st.warning(plain(text), icon=":material/delete:")
        label = "Remove all the same" if asked.used else "Remove it"
        st.button(label, key="confirm_removal", on_click=attempt, args=(_remove, asked))
        st.button("Keep it", key="keep_data_set", type="tertiary", on_click=_give_up)


def _ask(dataset: str) -> None:
    st.session_state[ASKED] = Asked(dataset, "")


def _give_up() -> None:
    st.session_state[ASKED] = None


def _remove(asked: Asked) -> None:
    """Removes it; where runs use it, that is said and has to be confirmed once more."""
    try:
        own_data.remove(asked.dataset, force=bool(asked.used))
    except DatasetInUse as refused:
        st.session_state[ASKED] = Asked(asked.dataset, str(refused))
    else:
        _give_up()
