"""The controls of the network, the data and the training."""

from collections.abc import Collection
from typing import Any, get_args

import streamlit as st

from cnnlab.data.registry import DATASETS, fitted
from cnnlab.spec import (
    OPTIMIZERS,
    DataSpec,
    Optimizer,
    Padding,
    PixelValues,
    Pooling,
    Precision,
    Source,
)
from cnnlab.ui.sidebar import rate_finder, trainer_status, training_course
from cnnlab.ui.sidebar.controls import BLOCK_SETTINGS, CONTROLS, MOST_BLOCKS
from cnnlab.ui.sidebar.widgets import exact_field, number_field, select, slider, steps_slider, switch

FILTER_STEPS = (1, 2, 4, 8, 16, 24, 32, 48, 64, 96, 128, 192, 256, 384, 512)
STRIDE_HELP = (
    "How many pixels the kernel moves at a time. With 2 the maps have half as many rows and columns."
)
L2_HELP = (
    "Added to the loss: this number times the sum of all squared weights of convolutions and dense layers, "
    "without biases. It keeps weights small, against overfitting; 0.0005 is a usual start, 0 switches it "
    "off. The curves show the loss without it."
)
PRECISION_TITLES: dict[str, str] = {"float32": "float32", "mixed_bfloat16": "Mixed bfloat16"}
PRECISION_HELP = (
    "What the training steps compute in. Mixed bfloat16 multiplies numbers of 16 bits, with 8 binary digits "
    "instead of 24, and keeps the weights in float32: convolutions train faster where the device has the "
    "arithmetic for it, small dense networks hardly. Validation, test and all pictures are computed in "
    "float32. What it costs, the study 'Half precision' finds out."
)
PIXEL_TITLES: dict[str, str] = {"scaled": "0 to 1", "raw": "0 to 255, as stored"}
PIXELS_HELP = (
    "A choice to fail with. With values up to 255 the first sums are 255 times as large: the loss begins "
    "high, the first steps are wild, and tanh and sigmoid saturate. A lower learning rate and "
    "batch normalisation help; values from 0 to 1 train best."
)
OPTIMIZER_TITLES: dict[str, str] = {name: choice.title for name, choice in OPTIMIZERS.items()}


def spread() -> None:
    """When the blocks part, each begins with what all had; when they join, the first one's stands."""
    state = st.session_state
    for name in BLOCK_SETTINGS:
        if state["same_blocks"]:
            state[name] = state[f"{name}_1"]
        else:
            state.update({f"{name}_{number}": state[name] for number in range(1, MOST_BLOCKS + 1)})


def block_tabs(count: int) -> list[dict[str, Any]]:
    """Controls of their own for each block, in tabs."""
    blocks = []
    for index, tab in enumerate(st.tabs([f"Block {index}" for index in range(1, count + 1)]), start=1):
        with tab:
            sizes = st.container()
            kinds = block_kinds(f"_{index}")
            with sizes:
                blocks.append(block_sizes(f"_{index}", kinds) | kinds)
    return blocks


def block_sizes(suffix: str, kinds: dict[str, Any]) -> dict[str, Any]:
    """Filters, kernel size and pool size of a block; `suffix` is its number, empty for all blocks alike."""
    return {
        "filters": steps_slider(f"filters{suffix}", FILTER_STEPS),
        "kernel_size": slider(f"kernel_size{suffix}", 1, 11),
        "pool_size": slider(f"pool_size{suffix}", 2, 8, disabled=kinds["pooling"] == "none"),
    }


def block_kinds(suffix: str) -> dict[str, Any]:
    """Pooling, padding, stride and batch normalisation of a block; also its filters as a number."""
    exact_field(f"filters{suffix}", FILTER_STEPS[0], FILTER_STEPS[-1])
    return {
        "pooling": select(f"pooling{suffix}", get_args(Pooling)),
        "padding": select(f"padding{suffix}", get_args(Padding)),
        "stride": slider(f"stride{suffix}", 1, 3, help=STRIDE_HELP),
        "batch_norm": switch(f"batch_norm{suffix}"),
    }


def data_fields() -> dict[str, Any]:
    """The data set, and how much of it."""
    with st.expander("Data"):
        dataset = select(
            "dataset",
            _with_own(list(DATASETS), "dataset"),
            lambda name: DATASETS[name].title if name in DATASETS else name,
            on_change=fit_images,
        )
        source = _source(dataset)
        images = number_field("images", step=1000)
        if dataset in DATASETS:
            available = DATASETS[dataset].train_images[source]
            st.caption(f"{available:,} available; a tenth is set apart for validation.")
        shuffled = switch(
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
        values = select("pixels", get_args(PixelValues), PIXEL_TITLES.__getitem__, help=PIXELS_HELP)
    return {
        "dataset": dataset,
        "source": source,
        "images": images,
        "shuffled_pixels": shuffled,
        "pixels": values,
    }


def _source(dataset: str) -> Source:
    """The choice of the size of the data set, for one that has several."""
    if dataset in DATASETS and len(DATASETS[dataset].sources) == 1:
        return st.session_state["source"]
    return st.segmented_control(
        CONTROLS["source"].title,
        get_args(Source),
        default=st.session_state["source"],
        required=True,
        key="source",
        on_change=fit_images,
        help="The sample travels with cnnlab. The full set is downloaded where this machine lacks it.",
    )


def _with_own(options: list[str], key: str) -> list[str]:
    """The options, and what the address asked for beyond them, so that it can be refused in words."""
    own = st.session_state[key]
    return options if own in options else [*options, own]


def fit_images(given: Collection[str] = ()) -> None:
    """Makes source and number of images suit the data set, in view of the person, rather than refuse them.

    `given`: names of settings that the person chose, which stay as they are.
    """
    state = st.session_state
    now = {name: state[name] for name in ("dataset", "source", "images")}
    suited = fitted(DataSpec.model_construct(**now), given)  # numbers out of bounds are refused later
    for name in ("source", "images"):
        if getattr(suited, name) != now[name]:
            state[name] = getattr(suited, name)


def training_fields() -> dict[str, Any]:
    """How to train."""
    with st.expander("Training"):
        return {
            "optimizer": select("optimizer", get_args(Optimizer), OPTIMIZER_TITLES.__getitem__),
            "learning_rate": _learning_rate(),
            "batch_size": number_field("batch_size", step=16),
            "epochs": number_field("epochs"),
            "seed": number_field("seed"),
            "l2": number_field("l2", step=0.0005, format="%g", help=L2_HELP),
            "precision": _precision(),
            **training_course.fields(),
        }


def _learning_rate() -> float:
    rate = number_field("learning_rate", step=0.0005, format="%g")
    rate_finder.button()
    return rate


def _precision() -> str:
    """The choice; for bfloat16 also why it would not be faster here."""
    words = f"{PRECISION_HELP} {trainer_status.bfloat16_problem()}"
    chosen = select("precision", get_args(Precision), PRECISION_TITLES.__getitem__, help=words)
    if chosen != "float32":
        trainer_status.caption_bfloat16_problem()
    return chosen
