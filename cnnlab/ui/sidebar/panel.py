"""The controls in the sidebar, and the comparison that they describe.

Every control carries a setting's title as its label. What it gives is validated by `cnnlab.spec` like
any other input, and refused with the same sentences: a widget's bounds hold in the browser only.

Each is given its value as its default too. A browser that is busy may draw a control only from the
second message about it, which no longer carries the value, and would send back the widget's own default.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, get_args

import streamlit as st
from pydantic import ValidationError

from cnnlab.checks import refusals
from cnnlab.spec import (
    Activation,
    ComparisonSpec,
    DenseSpec,
    sentences,
)
from cnnlab.ui.plain_text import plain
from cnnlab.ui.sidebar import address, augmentation, house_rules, presets, rate_finder
from cnnlab.ui.sidebar.baseline import SECOND_LAYER_HELP, baseline, baseline_of
from cnnlab.ui.sidebar.controls import (
    BASELINE_SETTINGS,
    BLOCK_SETTINGS,
    DATA_SETTINGS,
    MOST_BLOCKS,
    NETWORK_SETTINGS,
    TRAINING_SETTINGS,
    training_values,
)
from cnnlab.ui.sidebar.fields import (
    block_kinds,
    block_sizes,
    block_tabs,
    data_fields,
    fit_images,
    spread,
    training_fields,
)
from cnnlab.ui.sidebar.widgets import number_field, select, slider, switch

STATE = "cnnlab"  # where the pages find what the sidebar says


@dataclass(frozen=True)
class Choice:
    """What the sidebar says: the comparison, unless a single value is refused, and what is wrong."""

    comparison: ComparisonSpec | None
    problems: tuple[str, ...]
    """One sentence for each reason why it cannot be trained."""

    @property
    def trainable(self) -> ComparisonSpec | None:
        """The comparison; None while there are problems."""
        return None if self.problems else self.comparison


def choice() -> Choice:
    """What the sidebar says now; for the pages."""
    return st.session_state[STATE]


def render(page: str, drawn: bool = True) -> bool:
    """Draws the controls and keeps what they say, also in the address of this page.

    `drawn`: whether this page has the controls; what they say is kept on the others, too. Returns whether the
    address has set them, as where a session begins or a person comes back to a page.
    """
    from_address = address.read(page)
    if from_address:
        fit_images({"images"} & st.query_params.keys())
    _address_notes()
    if drawn:
        _draw()
    else:
        st.session_state[STATE] = _judged(_settings())
        address.write(drawn=False)
    return from_address


def _draw() -> None:
    presets.render(_judged(_settings()).comparison, _apply)
    house_rules.render()
    problems = st.container()
    always_in_view = st.container()  # filled last: the number of blocks is set further down
    _tweak_switch()
    same = switch("same_blocks", on_change=spread)
    with st.expander("Network"):
        number = slider("blocks", 1, MOST_BLOCKS)
        shared_kinds = block_kinds("") if same else {}
        head = {
            "activation": select("activation", get_args(Activation)),
            "dense_units": number_field("dense_units", step=16),
            "second_dense_units": number_field("second_dense_units", step=16, help=SECOND_LAYER_HELP),
            "dropout": slider("dropout", 0.0, 0.9, step=0.05),
        }
    with always_in_view:
        blocks = [block_sizes("", shared_kinds) | shared_kinds] * number if same else block_tabs(number)
    model = head | {"blocks": blocks}
    data, training = data_fields(), training_fields()
    with st.expander("Augmentation"):
        training |= augmentation.fields()
        augmented_images = st.container()
    tree = {"data": data, "model": model, "training": training, "baseline": baseline(model, data)}
    st.session_state[STATE] = _judged(tree)
    address.write()
    with augmented_images:
        augmentation.preview(choice().trainable)
    rate_finder.dialog_if_asked(choice().trainable)
    with problems:
        for problem in choice().problems:
            st.error(plain(problem), icon=":material/block:")


def _settings() -> dict[str, Any]:
    """What the controls say, as a tree of settings, where they are not drawn."""
    state = st.session_state

    def values(names: Iterable[str], suffix: str = "") -> dict[str, Any]:
        return {name: state[f"{name}{suffix}"] for name in names}

    numbers = range(1, state["blocks"] + 1)
    suffixes = ["" if state["same_blocks"] else f"_{number}" for number in numbers]
    blocks = [values(BLOCK_SETTINGS, suffix) for suffix in suffixes]
    model = values(NETWORK_SETTINGS) | {"blocks": blocks}
    data, training = values(DATA_SETTINGS), training_values(state)
    return {"data": data, "model": model, "training": training, "baseline": baseline_of(model, data)}


def _judged(tree: dict[str, Any]) -> Choice:
    try:
        comparison = ComparisonSpec.model_validate(tree)
    except ValidationError as error:
        return Choice(None, tuple(sentences(error)))
    return Choice(comparison, (*refusals(comparison), *house_rules.refusals(comparison)))


def _address_notes() -> None:
    notes = address.notes()
    if notes:
        st.warning("\n\n".join(map(plain, notes)), icon=":material/link_off:")
        st.button("Dismiss", key="dismiss_notes", on_click=address.dismiss_notes)


def _tweak_switch() -> None:
    switch(
        "tweak",
        help="Any change of the networks or the data trains the CNN again, for one epoch, in place of the "
        "training under way. The baseline is trained only where it changes. Watch it on the page Lab.",
    )


def restore(comparison: ComparisonSpec) -> None:
    """Sets all controls to what a comparison says, its data and its seed too."""
    _apply(comparison)
    state = st.session_state
    for name in DATA_SETTINGS:
        state[name] = getattr(comparison.data, name)
    state["seed"] = comparison.training.seed


def _apply(preset: ComparisonSpec) -> None:
    """Sets the controls of networks and training; the data and the seed stay as they are."""
    state, blocks = st.session_state, preset.model.blocks
    state["same_blocks"] = len(set(blocks)) == 1
    state["blocks"] = len(blocks)
    for name in BLOCK_SETTINGS:
        state[name] = getattr(blocks[0], name)
        for number, block in enumerate(blocks, start=1):
            state[f"{name}_{number}"] = getattr(block, name)
    for name in NETWORK_SETTINGS:
        state[name] = getattr(preset.model, name)
    for name in TRAINING_SETTINGS:
        if name != "seed":
            state[name] = getattr(preset.training, name)
    state["match_parameters"] = state["match_macs"] = False
    if isinstance(preset.baseline, DenseSpec):
        for name in BASELINE_SETTINGS:
            state[name] = getattr(preset.baseline, name)
