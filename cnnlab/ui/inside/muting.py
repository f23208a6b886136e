"""The filters that a person has muted, and what the network is without them."""

from typing import cast

import numpy as np
import pandas as pd
import streamlit as st

from cnnlab import words
from cnnlab.data.registry import DATASETS
from cnnlab.runs import Run
from cnnlab.spec import ConvNetSpec, network_title
from cnnlab.ui.cached import test_images
from cnnlab.ui.cached.answers import ask
from cnnlab.worker import answers
from cnnlab.worker.answers import MOST_MUTED, Mutes, Muting

TITLES: dict[Muting, str] = {"maps": "Its map", "weights": "Its weights"}
MOST_CLASSES = 20  # in the chart of a muted network's accuracy
WAY = "muting"  # session state: what of a muted filter is zero
ACTIVE_AT_ZERO = {"sigmoid"}  # activations of which the value at 0 is not 0


def mutes(run: Run) -> Mutes:
    """The muted filters of a run's convolutions, in the order of the layers."""
    of_layers = st.session_state.get(_key(run), {})
    return tuple((layer, tuple(sorted(of_layers[layer]))) for layer in sorted(of_layers) if of_layers[layer])


def way(run: Run) -> Muting:
    """What of its muted filters is zero."""
    return st.session_state.get(WAY, "maps") if leftovers(run) else "maps"


def toggle(run: Run, layer: str, number: int) -> None:
    """Mutes a filter, by its number from 1, or lets it speak again."""
    of_layers = st.session_state.setdefault(_key(run), {})
    of_layers[layer] = of_layers.get(layer, frozenset()) ^ {number - 1}


def unmute_all(run: Run) -> None:
    """Lets all filters speak again."""
    st.session_state.pop(_key(run), None)


def _key(run: Run) -> str:
    return f"muted filters of {run.run_id}"


def leftovers(run: Run) -> str:
    """Why a filter whose weights are zero leaves a map that is not; empty where it leaves none."""
    network = cast(ConvNetSpec, run.spec.model)
    if any(block.batch_norm for block in network.blocks):
        return "batch normalisation still adds its shift"
    return "the sigmoid of zero is 0.5" if network.activation in ACTIVE_AT_ZERO else ""


def render_note(run: Run, muted: Mutes) -> None:
    """Says which filters are muted, with the button that ends it; nothing where none is."""
    if not muted:
        return
    with st.container(horizontal=True, vertical_alignment="center", gap="small"):
        st.caption(f"**{network_title(run.spec.model)}** answers without {in_words(muted)}.", width="content")
        st.button(
            "Unmute all",
            key="unmute_all",
            icon=":material/undo:",
            type="tertiary",
            on_click=unmute_all,
            args=(run,),
        )


def in_words(muted: Mutes) -> str:
    """'filters 1 and 3 of conv_1 and filter 2 of conv_2'."""
    return words.listing([f"{_filters(numbers)} of {layer}" for layer, numbers in muted])


def _filters(numbers: tuple[int, ...]) -> str:
    noun = "filter" if len(numbers) == 1 else "filters"
    return f"{noun} {words.listing([str(number + 1) for number in numbers])}"


def choose_way(run: Run) -> None:
    """What of a muted filter is zero; a choice where its weights at zero leave a map that is not."""
    left = leftovers(run)
    if not left:
        return
    chosen = st.segmented_control(
        "Set to zero",
        list(TITLES),
        default="maps",
        required=True,
        format_func=TITLES.__getitem__,
        key=WAY,
        persist_state="session",
        help=f"With the weights at zero a constant map is left, since {left}.",
    )
    st.caption(
        "A muted filter's map is zero everywhere, after normalisation and activation."
        if chosen == "maps"
        else f"A muted filter's weights are zero; a constant map is left, since {left}."
    )


def render_effect(run: Run, epoch: int, muted: Mutes) -> None:
    """Accuracy with and without the muted filters, of all images and by class."""
    labels = test_images.labels(run)[:MOST_MUTED]
    with_all = ask(answers.probabilities, run, epoch)[:MOST_MUTED].argmax(axis=1) == labels
    probabilities = ask(answers.muted_probabilities, run, epoch, muted, way(run))
    without = probabilities.argmax(axis=1) == labels
    st.subheader(f"Without {in_words(muted)}", anchor=False)
    st.metric(
        f"Right of {len(labels):,} test images",
        words.percent(float(without.mean())),
        words.signed_points(float(without.mean() - with_all.mean())),
        width="content",
    )
    classes = DATASETS[run.spec.data.dataset].classes
    of_class = [labels == index for index in range(len(classes))]
    change = [(without[each].mean() - with_all[each].mean()) * 100 for each in of_class if each.any()]
    named = [name for name, each in zip(classes, of_class, strict=True) if each.any()]
    frame = pd.DataFrame({"Class": named, "Points": np.round(change, 1)})
    if len(frame) > MOST_CLASSES:
        st.caption(f"Of {len(frame)} classes the {MOST_CLASSES} whose accuracy changes most.")
        most = frame["Points"].abs().sort_values(ascending=False, kind="stable").index[:MOST_CLASSES]
        frame = frame.loc[sorted(most)]
    st.bar_chart(frame, x="Class", y="Points", horizontal=True, sort=False, height=40 + 28 * len(frame))
