"""What will be stored, the button that stores it, and what was added last."""

from typing import NamedTuple

import numpy as np
import streamlit as st

from cnnlab.data.own.contents import described
from cnnlab.data.own.reading import Reading, division, read, stored_bytes
from cnnlab.data.registry import DATASETS
from cnnlab.runs import own_data
from cnnlab.ui.actions import reported
from cnnlab.ui.data import bring_source
from cnnlab.ui.data.bring_choices import Plan
from cnnlab.ui.data.bring_source import Brought
from cnnlab.ui.plain_text import plain
from cnnlab.ui.sidebar.fields import fit_images

ADDED = "bring_added"  # session state


class Added(NamedTuple):
    """What was added last."""

    dataset: str
    title: str
    left_out: str
    """Files that are not in it, in words; empty where all are."""


def render(brought: Brought, plan: Plan) -> None:
    """The sentence and the button; why it cannot be stored is said below it, and all stays as it is."""
    st.write(_sentence(brought, plan))
    pressed = st.button("Add data set", icon=":material/add:", key="add_data_set", type="primary")
    if not pressed:
        return
    with reported(icon=":material/block:"):
        reading = _read(brought, plan)
        with st.spinner("Storing"):
            images = reading.images
            dataset = own_data.add(plan.name, images.classes, images.arrays)
        st.session_state[ADDED] = Added(dataset, plan.name, described(reading.left_out))
        bring_source.forget()
        st.rerun()


def render_added() -> None:
    """What was added last, and the way to use it."""
    added: Added | None = st.session_state.get(ADDED)
    if not added or added.dataset not in DATASETS:
        return
    with st.container(horizontal=True, vertical_alignment="center", gap="small"):
        left_out = f" Not used: {added.left_out}." if added.left_out else ""
        st.success(plain(f"Added '{added.title}'.{left_out}"), icon=":material/check:")
        use_button("Use it", "use_data_set", added.dataset)
        st.button("Dismiss", key="dismiss_added", type="tertiary", on_click=_dismiss)


def use_button(label: str, key: str, dataset: str) -> None:
    """Sets the sidebar to a data set, and goes to the page Lab."""
    help_text = "Sets the sidebar's data set, and goes to the page Lab."
    if st.button(label, icon=":material/tune:", key=key, help=help_text, on_click=use, args=(dataset,)):
        st.switch_page("../../pages/lab.py")


def use(dataset: str) -> None:
    """Sets the sidebar to a data set, with all of its images if there are fewer than it says."""
    st.session_state["dataset"] = dataset
    fit_images()


def _dismiss() -> None:
    st.session_state[ADDED] = None


def _sentence(brought: Brought, plan: Plan) -> str:
    """How many images of which size will be stored."""
    for_test = division(brought.contents, plan.choices)
    test, choices = int(np.count_nonzero(for_test)), plan.choices
    size = stored_bytes(brought.contents, choices) / 1e6
    return (
        f"To be stored: {len(for_test) - test:,} images for training and {test:,} for test, "
        f"{choices.height}×{choices.width} pixels, {'grey' if choices.channels == 1 else 'in colour'}; "
        f"up to {size:,.1f} MB."
    )


def _read(brought: Brought, plan: Plan) -> Reading:
    """Reads all pictures, with a bar of progress."""
    bar = st.progress(0.0, "Reading the images")
    shown = 0

    def report(share: float) -> None:
        nonlocal shown
        if round(100 * share) > shown:  # a message to the browser for each percent
            shown = round(100 * share)
            bar.progress(min(share, 1.0), f"Reading the images, {share:.0%}")

    try:
        return read(brought.contents, plan.choices, report)
    finally:
        bar.empty()
