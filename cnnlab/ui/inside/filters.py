"""The filters of a convolution as a wall: what each has learned, what it sees, what is lost without it."""

import numpy as np
import pandas as pd
import streamlit as st

from cnnlab import words
from cnnlab.inside import kernels as arithmetic
from cnnlab.inside.kernels import snapshot_index
from cnnlab.runs import Run
from cnnlab.ui.cached.answers import ask
from cnnlab.ui.cached.kernels import kernels
from cnnlab.ui.components import cards
from cnnlab.ui.inside import kernel_view, muting
from cnnlab.ui.inside.image import Picture
from cnnlab.ui.inside.sections import follow_map
from cnnlab.views.pictures.cards import filter_cards
from cnnlab.views.pictures.kernels import CHANNELS
from cnnlab.views.pictures.tiles import colorbar_html, image_tiles, scale_limit, shown_width, tile_png
from cnnlab.worker import answers
from cnnlab.worker.answers import Harm, TopPatches

FILTERS_A_PAGE = 24
NORMS_SIDE = 720  # pixels of the longer side of the picture of the norms
LONGEST_SIDE = 190  # pixels of a picture of an opened filter
HARM, NUMBER, STRONGEST, TURNED = "Harm done", "Number", "Strongest", "How far it turned"
ORDERS = (NUMBER, HARM, STRONGEST, TURNED)
COSINE = "Cosine with its start"
COSINE_HELP = "How far it turned away from its start: cosine similarity with epoch 0."


def render(run: Run, epoch: int, picture: Picture) -> None:
    """The wall of a convolution's filters for an image, the opened filter, and the effect of the muted ones.

    `epoch` is one whose weights are stored.
    """
    stored = kernels(run)
    layer, order = _choose([name for name in stored if name != "epochs"])
    before, after = stored[layer][0], stored[layer][snapshot_index(stored["epochs"].tolist(), epoch)]
    found = ask(answers.top_patches, run, epoch, layer)
    with st.spinner("Muting each filter in turn"):
        harm = ask(answers.harm, run, epoch, layer)
    maps = ask(answers.layer_outputs, run, epoch, picture.image)[layer]
    table = _table(before, after, found, harm)
    st.caption(_summary(layer, table, found, harm))
    colours = kernel_view.choose(run, layer)
    muting.choose_way(run)
    numbers = _page(layer, _sorted(table, order))
    muted = dict(muting.mutes(run)).get(layer, ())
    opened_key = f"opened filter of {layer}"
    opened = st.session_state.get(opened_key)
    cards.render(
        f"wall_{layer}",
        filter_cards(after, maps, found.patches, harm.lost, numbers, muted, colours),
        f"The filters of {layer}",
        lambda number: st.session_state.update({opened_key: number}),
        action="see more of this filter",
        opened=opened,
        switch="Mute",
        on_switch=lambda number: muting.toggle(run, layer, number),
    )
    if colours:
        kernel_view.legend(colours, scale_limit(after))
    if opened and opened <= len(table):
        _opened(run, epoch, layer, opened, table, found)
    if every := muting.mutes(run):
        muting.render_effect(run, epoch, every)
    _as_table(table)
    if after.shape[2] > 1:
        _norms(layer, after, CHANNELS if kernel_view.sees_colours(run, layer) else ())


def _choose(layers: list[str]) -> tuple[str, str]:
    """Which convolution, and in which order."""
    with st.container(horizontal=True, vertical_alignment="bottom", gap="medium"):
        layer = layers[0]
        if len(layers) > 1:
            layer = st.segmented_control(
                "Convolution",
                layers,
                default=layers[0],
                required=True,
                key="wall_of",
                persist_state="session",
            )
        order = st.selectbox("Sort by", ORDERS, key="wall_order", persist_state="session", width=200)
    return layer, order


def _table(before: np.ndarray, after: np.ndarray, found: TopPatches, harm: Harm) -> pd.DataFrame:
    """A row a filter, in the order of their numbers."""
    groups = arithmetic.similar_groups(after)
    sizes = np.bincount(groups, minlength=len(groups))[groups]
    return pd.DataFrame(
        {
            "Filter": np.arange(1, len(groups) + 1),
            "Lost without it": np.round(harm.lost * 100, 1),
            COSINE: arithmetic.cosines(before, after),
            "Distance (L2)": arithmetic.distances(before, after),
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


def _summary(layer: str, table: pd.DataFrame, found: TopPatches, harm: Harm) -> str:
    dead = int((table["State"] == "dead").sum())
    copies = int(table["Nearly the same"].str.startswith("as").sum())
    return (
        f"{layer}: {words.count(len(table), 'filter')}, {dead} dead (zero everywhere on {found.images:,} "
        f"test images), {copies} nearly the same as an earlier one (cosine of at least {arithmetic.SIMILAR})."
        " On each card: the kernel, its map of the image, the nine test patches that excite it most, and by "
        f"how much the accuracy on {harm.images:,} test images changes without it."
    )


def _sorted(table: pd.DataFrame, order: str) -> np.ndarray:
    """The filters' numbers from 0 in the chosen order."""
    if order == NUMBER:
        return np.arange(len(table))
    column, ascending = {
        HARM: ("Lost without it", False),
        STRONGEST: ("Strongest", False),
        TURNED: (COSINE, True),
    }[order]
    return table.sort_values(column, ascending=ascending, kind="stable").index.to_numpy()


def _page(layer: str, numbers: np.ndarray) -> np.ndarray:
    pages = -(-len(numbers) // FILTERS_A_PAGE)
    page = st.pagination(pages, key=f"wall_page_{layer}_{pages}") if pages > 1 else 1
    return numbers[(page - 1) * FILTERS_A_PAGE : page * FILTERS_A_PAGE]


def _opened(run: Run, epoch: int, layer: str, number: int, table: pd.DataFrame, found: TopPatches) -> None:
    """One filter at a larger size: its patches, the image that it prefers, and its numbers."""
    row = table.iloc[number - 1]
    with st.container(border=True):
        with st.container(horizontal=True, vertical_alignment="center", gap="medium"):
            st.subheader(f"Filter {number} of {layer}", anchor=False, width="content")
            st.button(
                "Follow it pixel by pixel",
                key="follow_filter",
                icon=":material/footprint:",
                on_click=follow_map,
                args=(layer, number),
            )
        facts = [
            f"cosine with its start {words.number(row[COSINE], 3)}",
            f"strongest activation {words.number(row['Strongest'], 2)}",
            str(row["State"]),
            *([str(row["Nearly the same"])] if row["Nearly the same"] else []),
        ]
        st.caption(" · ".join(facts))
        with st.container(horizontal=True, gap="large"):
            patches = found.patches[number - 1]
            st.image(
                tile_png(image_tiles(patches), 1.0, "grey", columns=3),
                caption="The test patches that excite it most",
                alt=f"The nine test patches that excite filter {number} most, the most exciting first",
                width=shown_width(*patches.shape[1:3], LONGEST_SIDE),
            )
            [preferred] = ask(answers.maximize_activation, run, epoch, layer, (number - 1,))
            st.image(
                tile_png(image_tiles(preferred[None]), 1.0, "grey"),
                caption="The image that it prefers",
                alt=f"The image that filter {number} prefers, by gradient ascent",
                width=shown_width(*preferred.shape[:2], LONGEST_SIDE),
            )
        st.caption(
            "The preferred image is found by gradient ascent: from faint noise, each pixel is changed so "
            "that the map grows."
        )


def _as_table(table: pd.DataFrame) -> None:
    with st.expander("As a table"):
        st.dataframe(
            table,
            hide_index=True,
            height=280,
            column_config={
                "Lost without it": st.column_config.NumberColumn(format="%.1f", help="In percentage points."),
                COSINE: st.column_config.NumberColumn(format="%.3f", help=COSINE_HELP),
                "Distance (L2)": st.column_config.NumberColumn(format="%.3f"),
                "Strongest": st.column_config.NumberColumn(format="%.3f"),
            },
        )


def _norms(layer: str, weights: np.ndarray, channels: tuple[str, ...]) -> None:
    """How much weight each filter, a column, gives each input map or each channel of an image, a row."""
    norms = arithmetic.norms_by_map(weights)
    filters, maps = norms.shape
    what = f"{words.listing(channels)} (rows)" if channels else f"each of {maps} input maps (rows)"
    text = f"{layer}: how much each of {filters} filters (columns) looks at {what}"
    with st.expander(
        "Which channels the filters look at" if channels else "Which input maps the filters look at"
    ):
        st.caption(f"{text}. The colour is the length (L2 norm) of a filter's weights for that map.")
        limit = scale_limit(norms)
        st.image(tile_png(norms.T[None], limit), alt=text, width=shown_width(maps, filters, NORMS_SIDE))
        st.html(colorbar_html(limit))
