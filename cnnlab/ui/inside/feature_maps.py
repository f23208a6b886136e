"""An image on its way through both networks: the maps of every layer, and the dense network's few numbers."""

import numpy as np
import streamlit as st

from cnnlab.runs import Run
from cnnlab.spec import Role, network_title
from cnnlab.ui.cached.answers import ask
from cnnlab.ui.inside.image import Picture
from cnnlab.views.pictures.feature_maps import map_sheet, unit_sheet
from cnnlab.views.pictures.tiles import colorbar_html, scale_limit, tile_png
from cnnlab.worker import answers

ONE_SCALE = "One colour scale for all layers"
NO_MAP = "none"
COLUMNS = 16


def render(members: dict[Role, Run], epochs: dict[Role, int], picture: Picture) -> None:
    """The CNN's way on the left, the baseline's beside it."""
    outputs_by_role = {
        role: ask(answers.layer_outputs, run, epochs[role], picture.image) for role, run in members.items()
    }
    together = st.toggle(
        ONE_SCALE, key="one_scale", persist_state="session", help="Off: each layer has its own."
    )
    limit = scale_limit(*(each for outputs in outputs_by_role.values() for each in outputs.values()))
    columns = st.columns([2, 1] if len(members) > 1 else 1, gap="large")
    for column, (role, run) in zip(columns, members.items(), strict=True):
        with column:
            st.subheader(network_title(run.spec.model))
            st.caption(_way(picture.image.shape, outputs_by_role[role]))
            for name, output in outputs_by_role[role].items():
                with st.container(border=True):
                    _layer(role, name, output, limit if together else scale_limit(output))


def _way(shape: tuple[int, ...], outputs: dict[str, np.ndarray]) -> str:
    """How many numbers there are on the way: '784 → 128 → 10 numbers'."""
    sizes = [int(np.prod(shape)), *(output.size for output in outputs.values())]
    return " → ".join(f"{size:,}" for size in sizes) + " numbers"


def _layer(role: Role, name: str, output: np.ndarray, limit: float) -> None:
    shape = "×".join(map(str, output.shape))
    if output.ndim == 1:
        words = f"{output.shape[0]} numbers from {output.min():.2g} to {output.max():.2g}"
        st.markdown(f"**{name}** · {shape} · {words}")
        st.image(tile_png(unit_sheet(output)[None], limit), alt=f"{name}: {words}", width=420)
    else:
        sheet = map_sheet(output)
        st.markdown(f"**{name}** · {shape} · {sheet.caption}.")
        st.image(
            tile_png(sheet.tiles, limit, columns=min(COLUMNS, len(sheet.tiles))),
            alt=f"{name}: {sheet.caption}",
            width="stretch",
        )
        number = st.selectbox(
            "Enlarge map",
            [0, *map(int, sheet.numbers)],
            format_func=lambda which: f"map {which}" if which else NO_MAP,
            key=f"enlarge_{role}_{name}",
            width=180,
        )
        if number:
            enlarged = output[..., number - 1]
            what = f"{name}, map {number}, {enlarged.min():.2g} to {enlarged.max():.2g}"
            st.image(tile_png(enlarged[None], limit), caption=what, alt=what, width=480)
    st.html(colorbar_html(limit))
