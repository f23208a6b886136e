"""The controls in the sidebar, and the comparison that they describe.

Every control carries a setting's title as its label. What it gives is validated by `cnnlab.spec` like
any other input, and refused with the same sentences: a widget's bounds hold in the browser only.

Each is given its value as its default too. A browser that is busy may draw a control only from the
second message about it, which no longer carries the value, and would send back the widget's own default.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Literal, get_args

import streamlit as st
from pydantic import ValidationError

from cnnlab.arithmetic.network import check, matching_units
from cnnlab.checks import refusals
from cnnlab.data.registry import DATASETS, DatasetInfo
from cnnlab.spec import (
    PRESET_TITLES,
    PRESETS,
    Activation,
    ComparisonSpec,
    ConvNetSpec,
    Optimizer,
    Padding,
    Pooling,
    Source,
    sentences,
)
from cnnlab.ui.sidebar import address
from cnnlab.ui.sidebar.controls import BLOCK_SETTINGS, CONTROLS, MOST_BLOCKS

STATE = "cnnlab"  # where the pages find what the sidebar says
OPTIMIZER_TITLES = {
    "adam": "Adam",
    "adamw": "AdamW",
    "rmsprop": "RMSprop",
    "sgd": "SGD",
    "momentum": "SGD with momentum 0.9",
}


@dataclass(frozen=True)
class Choice:
    """What the sidebar says: the comparison, unless a single value is refused, and what is wrong."""

    comparison: ComparisonSpec | None
    problems: tuple[str, ...]
    """One sentence for each reason why it cannot be trained."""

    @property
    def dataset(self) -> DatasetInfo:
        """The data set of the comparison."""
        return DATASETS[self.comparison.data.dataset]


def choice() -> Choice:
    """What the sidebar says now; for the pages."""
    return st.session_state[STATE]


def show() -> None:
    """Draws the controls and keeps what they say, also in the page's address."""
    if address.read() and "images" not in st.query_params:
        _fit_images()
    _address_notes()
    _presets()
    problems = st.container()
    always_in_view = st.container()  # filled last: how many blocks there are is told further down
    _tweak_switch()
    same = _switch("same_blocks", on_change=_spread)
    with st.expander("Network"):
        number = _slider("blocks", 1, MOST_BLOCKS)
        shared_kinds = _block_kinds("") if same else {}
        head = {
            "activation": _select("activation", get_args(Activation)),
            "dense_units": _number("dense_units", step=16),
            "dropout": _slider("dropout", 0.0, 0.9, step=0.05),
        }
    with always_in_view:
        blocks = [_block_sizes("", shared_kinds) | shared_kinds] * number if same else _blocks(number)
    model = head | {"blocks": blocks}
    data, training = _data(), _training()
    tree = {"data": data, "model": model, "training": training, "baseline": _baseline(model, data)}
    st.session_state[STATE] = _judged(tree)
    address.write()
    with problems:
        for problem in choice().problems:
            st.error(problem, icon=":material/block:")


def _judged(tree: dict[str, Any]) -> Choice:
    try:
        comparison = ComparisonSpec.model_validate(tree)
    except ValidationError as error:
        return Choice(None, tuple(sentences(error)))
    return Choice(comparison, tuple(refusals(comparison)))


def _address_notes() -> None:
    notes = address.notes()
    if notes:
        st.warning("\n\n".join(notes), icon=":material/link_off:")
        st.button("Understood", key="dismiss_notes", on_click=address.dismiss_notes)


def _presets() -> None:
    with st.container(horizontal=True, gap="small"):
        for name, title in PRESET_TITLES.items():
            st.button(title, key=f"preset_{name}", on_click=_apply, args=(PRESETS[name],))


def _tweak_switch() -> None:
    _switch(
        "tweak",
        help="Any change of the networks or the data trains the CNN anew, for one epoch, in place of the "
        "training under way. The baseline is trained only where it changes. Watch it on the page Train.",
    )


def _apply(preset: ComparisonSpec) -> None:
    """Sets the controls of networks and training; the data and the seed stay as they are."""
    state, blocks = st.session_state, preset.model.blocks
    state["same_blocks"] = len(set(blocks)) == 1
    state["blocks"] = len(blocks)
    for name in BLOCK_SETTINGS:
        state[name] = getattr(blocks[0], name)
        for number, block in enumerate(blocks, start=1):
            state[f"{name}_{number}"] = getattr(block, name)
    for name in ("activation", "dense_units", "dropout"):
        state[name] = getattr(preset.model, name)
    for name in ("optimizer", "learning_rate", "batch_size", "epochs"):
        state[name] = getattr(preset.training, name)
    state["match_parameters"] = state["match_macs"] = False
    state["units"] = preset.baseline.units


def _spread() -> None:
    """When the blocks part, each begins with what all had; when they join, the first one's stands."""
    state = st.session_state
    for name in BLOCK_SETTINGS:
        if state["same_blocks"]:
            state[name] = state[f"{name}_1"]
        else:
            state.update({f"{name}_{number}": state[name] for number in range(1, MOST_BLOCKS + 1)})


def _blocks(number: int) -> list[dict[str, Any]]:
    """Controls of their own for each block, in tabs."""
    blocks = []
    for index, tab in enumerate(st.tabs([f"Block {index}" for index in range(1, number + 1)]), start=1):
        with tab:
            sizes = st.container()
            kinds = _block_kinds(f"_{index}")
            with sizes:
                blocks.append(_block_sizes(f"_{index}", kinds) | kinds)
    return blocks


def _block_sizes(suffix: str, kinds: dict[str, Any]) -> dict[str, Any]:
    return {
        "filters": _slider(f"filters{suffix}", 1, 512),
        "kernel_size": _slider(f"kernel_size{suffix}", 1, 11),
        "pool_size": _slider(f"pool_size{suffix}", 2, 8, disabled=kinds["pooling"] == "none"),
    }


def _block_kinds(suffix: str) -> dict[str, Any]:
    return {
        "pooling": _select(f"pooling{suffix}", get_args(Pooling)),
        "padding": _select(f"padding{suffix}", get_args(Padding)),
        "batch_norm": _switch(f"batch_norm{suffix}"),
    }


def _data() -> dict[str, Any]:
    with st.expander("Data"):
        dataset = _select(
            "dataset",
            _with_own(list(DATASETS), "dataset"),
            lambda name: DATASETS[name].title if name in DATASETS else name,
            on_change=_fit_images,
        )
        source = st.segmented_control(
            CONTROLS["source"].title,
            get_args(Source),
            default=st.session_state["source"],
            required=True,
            key="source",
            on_change=_fit_images,
            help="The sample travels with cnnlab. The full set is downloaded where this machine lacks it.",
        )
        images = _number("images", step=1000)
        if dataset in DATASETS:
            available = DATASETS[dataset].train_images[source]
            st.caption(f"{available:,} available; a tenth is set apart for validation.")
        shuffled = _switch(
            "shuffled_pixels",
            help="A control experiment. A dense layer takes every pixel by itself, wherever it lies, and "
            "should learn as well as before. A kernel looks at neighbours, and these no longer belong "
            "together: the CNN should lose its advantage.",
        )
        if shuffled:
            st.caption(
                "The pixels of every image change places, always in the same way: for both networks, "
                "for training, validation and test."
            )
    return {"dataset": dataset, "source": source, "images": images, "shuffled_pixels": shuffled}


def _with_own(options: list[str], key: str) -> list[str]:
    """The options, and what the address asked for beyond them, so that it can be refused in words."""
    own = st.session_state[key]
    return options if own in options else [*options, own]


def _fit_images() -> None:
    """A smaller data set lowers the number of images in view of the person, rather than refuse it."""
    state = st.session_state
    if state["dataset"] in DATASETS:
        available = DATASETS[state["dataset"]].train_images[state["source"]]
        state["images"] = min(state["images"], available)


def _training() -> dict[str, Any]:
    with st.expander("Training"):
        return {
            "optimizer": _select("optimizer", get_args(Optimizer), OPTIMIZER_TITLES.get),
            "learning_rate": _number("learning_rate", step=0.0005, format="%g"),
            "batch_size": _number("batch_size", step=16),
            "epochs": _number("epochs"),
            "seed": _number("seed"),
        }


def _baseline(model: dict[str, Any], data: dict[str, Any]) -> dict[str, Any]:
    with st.expander("Baseline"):
        by_params = _switch(
            "match_parameters",
            help="Picks the units whose parameter count comes closest to the CNN's.",
            on_change=_match_one,
            args=("match_parameters", "match_macs"),
        )
        by_macs = _switch(
            "match_macs",
            help="Picks the units whose multiply-adds for one image come closest to the CNN's.",
            on_change=_match_one,
            args=("match_macs", "match_parameters"),
        )
        typed = _number("units", step=16, disabled=by_params or by_macs)
        by = "params" if by_params else "macs" if by_macs else None  # an address may switch both on
        matching = _matching_units(model, data, by) if by else None
        if matching:
            st.caption(f"{matching:,} units come closest.")
    return {"kind": "dense", "units": matching or typed, "activation": model["activation"]}


def _match_one(switched: str, other: str) -> None:
    """No number of units matches both: the switch that was moved last stands."""
    if st.session_state[switched]:
        st.session_state[other] = False


def _matching_units(model: dict[str, Any], data: dict[str, Any], by: Literal["params", "macs"]) -> int | None:
    """The units that match the CNN; None where the CNN is refused anyway."""
    try:
        network = ConvNetSpec.model_validate(model)
    except ValidationError:
        return None
    info = DATASETS.get(data["dataset"])
    if info is None or check(network, info.input_shape, len(info.classes)):
        return None
    return matching_units(network, info.input_shape, len(info.classes), by)


def _slider(key: str, least: float, most: float, **options: Any) -> Any:
    return st.slider(CONTROLS[key].title, least, most, st.session_state[key], key=key, **options)


def _number(key: str, step: float = 1, **options: Any) -> Any:
    return st.number_input(CONTROLS[key].title, value=st.session_state[key], step=step, key=key, **options)


def _switch(key: str, **options: Any) -> bool:
    return st.toggle(CONTROLS[key].title, st.session_state[key], key=key, **options)


def _select(
    key: str, options: Sequence[str], show: Callable[[str], str] = str, on_change: Callable | None = None
) -> str:
    index = options.index(st.session_state[key])
    return st.selectbox(CONTROLS[key].title, options, index, format_func=show, key=key, on_change=on_change)
