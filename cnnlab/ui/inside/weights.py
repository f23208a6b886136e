"""The pictures of the Filters page: each layer's weights before training and at a chosen epoch."""

import numpy as np
import streamlit as st

from cnnlab.data.registry import DATASETS
from cnnlab.inside.kernels import snapshot_index
from cnnlab.runs import Run
from cnnlab.spec import ConvNetSpec, Role, network_title
from cnnlab.ui.inside import kernel_view
from cnnlab.views.palette import NAMES
from cnnlab.views.pictures.kernels import (
    BY_CHANNEL,
    FILTERS_A_PAGE,
    FIRST_PAGE,
    IN_COLOUR,
    MAPS_A_PAGE,
    ColourView,
    Page,
    Sheet,
    dense_sheet,
    kernel_sheet,
)
from cnnlab.views.pictures.tiles import scale_limit, tile_png


def render(
    role: Role, run: Run, arrays: dict[str, np.ndarray], epoch: int, view: ColourView | None = None
) -> None:
    """All layers of one network.

    `arrays` are those of `runs.kernels`: 'epochs', and for each layer its weights at these epochs. `view` is
    how weights for the channels of an image in colour are shown.
    """
    st.subheader(network_title(run.spec.model))
    st.caption(NAMES[role])
    epochs = arrays["epochs"].tolist()
    index = snapshot_index(epochs, epoch)
    for name, weights in arrays.items():
        if name != "epochs":
            with st.container(border=True):
                colours = view if kernel_view.sees_colours(run, name) else None
                _layer(run, name, weights, index, epochs[index], colours)


def _layer(
    run: Run, name: str, weights: np.ndarray, index: int, epoch: int, colours: ColourView | None
) -> None:
    """One layer, weights (epochs, …), with one colour scale for all epochs."""
    limit = scale_limit(weights)
    heading = st.empty()  # above the choice that its words depend on
    page = _choose_page(name, weights, colours)
    before, after = _sheet(run, weights[0], page, colours), _sheet(run, weights[index], page, colours)
    heading.markdown(f"**{name}** · {before.caption}.")
    wide = before.columns is not None
    places = (st.container(), st.container()) if wide else st.columns(2, gap="large")
    for column, sheet, when in zip(
        places, (before, after), ("Before training", f"After epoch {epoch}"), strict=True
    ):
        column.caption(when)
        column.image(
            _png(sheet.tiles, limit, sheet.columns), width="stretch", alt=f"{name}, {when}: {sheet.caption}"
        )
    kernel_view.legend(colours, limit)


def _sheet(run: Run, weights: np.ndarray, page: Page, colours: ColourView | None) -> Sheet:
    model = run.spec.model
    if isinstance(model, ConvNetSpec):
        return kernel_sheet(weights, page, colours)
    shape = DATASETS[run.spec.data.dataset].input_shape
    return dense_sheet(weights, shape, model.units, page, colours or IN_COLOUR)


def _choose_page(name: str, weights: np.ndarray, colours: ColourView | None) -> Page:
    """Which filters or units, and input maps, to show, where a layer has more than one picture can hold."""
    if weights.ndim == 3:  # (epochs, pixels, units) of a dense layer
        units = weights.shape[2]
        by_channel = colours == BY_CHANNEL
        return (
            Page(_choose_stretch("Units", f"{name}_units", units, FILTERS_A_PAGE))
            if by_channel
            else FIRST_PAGE
        )
    maps, filters = weights.shape[3:]
    if maps == 1 or colours == IN_COLOUR:
        return FIRST_PAGE
    with st.container(horizontal=True):
        first_filter = _choose_stretch("Filters", f"{name}_filters", filters, FILTERS_A_PAGE)
        first_map = _choose_stretch("Input maps", f"{name}_maps", maps, MAPS_A_PAGE)
    return Page(first_filter, first_map)


def _choose_stretch(label: str, key: str, count: int, size: int) -> int:
    if count <= size:
        return 0
    return st.selectbox(
        label,
        range(0, count, size),
        format_func=lambda first: f"{first + 1} to {min(first + size, count)}",
        key=key,
        width=160,
    )


@st.cache_data(max_entries=256, show_spinner=False)
def _png(tiles: np.ndarray, limit: float, columns: int | None) -> bytes:
    return tile_png(tiles, limit, columns=columns)
