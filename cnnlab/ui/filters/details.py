"""The filters of one convolution one by one: how they changed, what excites them, what they are good for."""

from typing import cast

import numpy as np
import pandas as pd
import streamlit as st

from cnnlab.data.registry import DATASETS
from cnnlab.inside import kernels as filters
from cnnlab.runs import Run
from cnnlab.spec import ConvNetSpec
from cnnlab.ui.cached import test_images
from cnnlab.ui.cached.answers import ask
from cnnlab.views.pictures.tiles import colorbar_html, image_tiles, scale_limit, tile_png
from cnnlab.worker import answers
from cnnlab.worker.answers import MOST_MUTED, SAMPLE

MOST_SHOWN = 8  # filters whose patches and preferred images are drawn
PICTURE_WIDTH = 300
MUTING_TITLES: dict[answers.Muting, str] = {"maps": "Its map", "weights": "Its weights"}
ACTIVE_AT_ZERO = {"sigmoid"}  # activations of which the value at 0 is not 0
COSINE = "Cosine with its start"
COSINE_HELP = "How far it turned away from its start: cosine similarity with epoch 0."


def render(run: Run, kernels: dict[str, np.ndarray], epoch: int) -> None:
    """A table of the filters; those that are ticked are shown and muted.

    `kernels` are those of `runs.kernels`; `epoch` is one whose weights are stored.
    """
    layers = [name for name in kernels if name != "epochs"]
    layer = layers[0]
    if len(layers) > 1:
        layer = st.segmented_control(
            "Convolution", layers, default=layers[0], required=True, key="detailed", persist_state="session"
        )
    at = max(place for place, number in enumerate(kernels["epochs"]) if number <= epoch)
    before, after = kernels[layer][0], kernels[layer][at]
    found = ask(answers.top_patches, run, epoch, layer)
    if after.shape[2] > 1:
        _norms(layer, after)
    chosen = _table(layer, before, after, found)
    if not chosen:
        st.info("Tick filters in the table to see what excites them and what happens without them.")
        return
    st.markdown(f"**Without {_names(chosen)}**")
    _muted(run, epoch, layer, chosen)
    _patches(found.patches, chosen[:MOST_SHOWN])
    _preferred(run, epoch, layer, chosen[:MOST_SHOWN])


def _norms(layer: str, kernels: np.ndarray) -> None:
    norms = filters.norms_by_map(kernels)
    rows, columns = norms.shape
    words = f"{layer}: how much each of {rows} filters (rows) looks at each of {columns} input maps (columns)"
    with st.expander("Which input maps the filters look at"):
        st.caption(f"{words}. The colour is the length (L2 norm) of a filter's weights for that map.")
        limit = scale_limit(norms)
        st.image(tile_png(norms[None], limit), alt=words, width="stretch")
        st.html(colorbar_html(limit))


def _table(layer: str, before: np.ndarray, after: np.ndarray, found: answers.TopPatches) -> list[int]:
    """The table; returns the numbers, from 0, of the ticked filters."""
    groups = filters.similar_groups(after)
    sizes = np.bincount(groups, minlength=len(groups))[groups]
    frame = pd.DataFrame(
        {
            "Filter": np.arange(1, len(groups) + 1),
            COSINE: filters.cosines(before, after),
            "Distance (L2)": filters.distances(before, after),
            "Strongest": found.strongest,
            "State": np.where(found.largest == 0, "dead", "active"),
            "Nearly the same": [
                f"as filter {group + 1}"
                if size > 1 and group != number
                else ("first of its kind" if size > 1 else "")
                for number, (group, size) in enumerate(zip(groups, sizes, strict=True))
            ],
        }
    )
    dead, copies = int((found.largest == 0).sum()), int((groups != np.arange(len(groups))).sum())
    st.caption(
        f"{layer}: {len(groups)} filters, {dead} dead (zero everywhere on {SAMPLE:,} test images), {copies} "
        f"nearly the same as an earlier one (cosine of at least {filters.SIMILAR}). "
        "Tick a row to mute that filter."
    )
    event = st.dataframe(
        frame,
        hide_index=True,
        height=280,
        key=f"filters_of_{layer}",
        on_select="rerun",
        selection_mode="multi-row",
        column_config={
            COSINE: st.column_config.NumberColumn(format="%.3f", help=COSINE_HELP),
            "Distance (L2)": st.column_config.NumberColumn(format="%.3f"),
            "Strongest": st.column_config.NumberColumn(format="%.3f"),
        },
    )
    return sorted(event.selection.rows)


def _muted(run: Run, epoch: int, layer: str, chosen: list[int]) -> None:
    """Accuracy with and without the chosen filters, of all images and by class."""
    muting = _muting(run, layer)
    labels = test_images.labels(run)[:MOST_MUTED]
    with_all = ask(answers.probabilities, run, epoch)[:MOST_MUTED].argmax(axis=1) == labels
    muted = ask(answers.muted_probabilities, run, epoch, layer, tuple(chosen), muting)
    without = muted.argmax(axis=1) == labels
    points = (without.mean() - with_all.mean()) * 100
    st.metric(
        f"Right of {len(labels):,} test images",
        f"{without.mean():.1%}",
        f"{points:+.1f} points",
        width="content",
    )
    classes = DATASETS[run.spec.data.dataset].classes
    of_class = [labels == index for index in range(len(classes))]
    change = [(without[each].mean() - with_all[each].mean()) * 100 for each in of_class if each.any()]
    named = [name for name, each in zip(classes, of_class, strict=True) if each.any()]
    frame = pd.DataFrame({"Class": named, "Points": np.round(change, 1)})
    st.bar_chart(frame, x="Class", y="Points", horizontal=True, sort=False, height=40 + 28 * len(named))


def _muting(run: Run, layer: str) -> answers.Muting:
    """What of a muted filter is zero; a choice where its weights at zero leave a map that is not."""
    network = cast(ConvNetSpec, run.spec.model)
    normalized = network.blocks[int(layer.removeprefix("conv_")) - 1].batch_norm
    if not normalized and network.activation not in ACTIVE_AT_ZERO:
        return "maps"
    left = "batch normalisation still adds its shift" if normalized else "the sigmoid of zero is 0.5"
    chosen = st.segmented_control(
        "Set to zero",
        list(MUTING_TITLES),
        default="maps",
        required=True,
        format_func=MUTING_TITLES.__getitem__,
        key="muting",
        persist_state="session",
        help=f"With the weights at zero a constant map is left, since {left}.",
    )
    st.caption(
        "The filter's maps are zero everywhere, after normalisation and activation."
        if chosen == "maps"
        else f"The filter's weights are zero; a constant map is left, since {left}."
    )
    return chosen


def _patches(patches: np.ndarray, chosen: list[int]) -> None:
    st.markdown("**The test patches that excite them most**")
    with st.container(horizontal=True):
        for number in chosen:
            name = f"Filter {number + 1}"
            alt = f"The nine test patches that excite {name.lower()} most, the most exciting first"
            st.image(
                tile_png(image_tiles(patches[number]), 1.0, "grey", columns=3),
                caption=name,
                alt=alt,
                width=PICTURE_WIDTH // 2,
            )


def _preferred(run: Run, epoch: int, layer: str, chosen: list[int]) -> None:
    st.markdown("**Images that they prefer**")
    st.caption("Found by gradient ascent: from faint noise, each pixel is changed so that the map grows.")
    images = ask(answers.maximize_activation, run, epoch, layer, tuple(chosen))
    with st.container(horizontal=True):
        for number, image in zip(chosen, images, strict=True):
            name = f"Filter {number + 1}"
            alt = f"The image that {name.lower()} prefers, by gradient ascent"
            st.image(
                tile_png(image_tiles(image[None]), 1.0, "grey"),
                caption=name,
                alt=alt,
                width=PICTURE_WIDTH // 2,
            )


def _names(chosen: list[int]) -> str:
    numbers = [str(number + 1) for number in chosen]
    if len(numbers) == 1:
        return f"filter {numbers[0]}"
    return f"filters {', '.join(numbers[:-1])} and {numbers[-1]}"
