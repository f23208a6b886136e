"""An image on its way through both networks: the maps of every layer, and the dense network's few numbers."""

import numpy as np
import streamlit as st

from cnnlab import words
from cnnlab.data.registry import DATASETS
from cnnlab.runs import Run
from cnnlab.spec import Role, network_title
from cnnlab.ui.cached.answers import ask
from cnnlab.ui.components import cards
from cnnlab.ui.inside.image import Picture
from cnnlab.ui.inside.sections import follow_map
from cnnlab.ui.plain_text import plain
from cnnlab.views.figures.answers import top_classes
from cnnlab.views.pictures.cards import map_cards
from cnnlab.views.pictures.feature_maps import MAPS_A_PAGE, map_sheet, unit_sheet
from cnnlab.views.pictures.tiles import colorbar_html, scale_limit, shown_width, tile_png
from cnnlab.worker import answers

LONGEST_SIDE = 360  # pixels of an enlarged map
LISTED_CLASSES = 10  # of the answers in words
ONE_SCALE = "One colour scale for all layers"
MAPS_AT_FIRST = 16  # of each layer
ALL_MAPS_HELP = f"Up to {MAPS_A_PAGE} of a layer. Off: the {MAPS_AT_FIRST} most active ones."


def render(members: dict[Role, Run], epochs: dict[Role, int], picture: Picture) -> None:
    """The CNN's way on the left, the baseline's beside it."""
    outputs_by_role = {
        role: ask(answers.layer_outputs, run, epochs[role], picture.image) for role, run in members.items()
    }
    with st.container(horizontal=True, gap="medium"):
        everything = st.toggle("All maps", key="all_maps", persist_state="session", help=ALL_MAPS_HELP)
        together = st.toggle(
            ONE_SCALE, key="one_scale", persist_state="session", help="Off: each layer has its own."
        )
    limit = scale_limit(*(each for outputs in outputs_by_role.values() for each in outputs.values()))
    columns = st.columns([2, 1] if len(members) > 1 else 1, gap="large")
    for column, (role, run) in zip(columns, members.items(), strict=True):
        with column:
            st.subheader(network_title(run.spec.model), anchor=False)
            outputs = outputs_by_role[role]
            st.caption(_way(picture.image.shape, outputs))
            for name, output in outputs.items():
                own_limit = limit if together else scale_limit(output)
                with st.container(border=True):
                    if output.ndim == 3:
                        _maps(role, name, output, own_limit, MAPS_A_PAGE if everything else MAPS_AT_FIRST)
                    else:
                        last = name == next(reversed(outputs))
                        _units(
                            name, output, own_limit, DATASETS[run.spec.data.dataset].classes if last else ()
                        )
                    st.html(colorbar_html(own_limit))


def _way(shape: tuple[int, ...], outputs: dict[str, np.ndarray]) -> str:
    """How many numbers there are on the way: '784 → 128 → 10 numbers'."""
    sizes = [int(np.prod(shape)), *(output.size for output in outputs.values())]
    return " → ".join(f"{size:,}" for size in sizes) + " numbers"


def _heading(name: str, output: np.ndarray, text: str) -> None:
    st.markdown(f"**{name}** · {'×'.join(map(str, output.shape))} · {text}.")


def _units(name: str, output: np.ndarray, limit: float, classes: tuple[str, ...]) -> None:
    """The outputs of a dense layer as one picture; of the last one with the names of the classes."""
    between = f"from {words.number(float(output.min()), 2)} to {words.number(float(output.max()), 2)}"
    if classes:
        ranked = top_classes(output, classes, LISTED_CLASSES)
        listed = [f"{plain(label)} {words.percent(share)}" for label, share in ranked]
        others = [f"{len(classes) - len(ranked)} others"] if len(ranked) < len(classes) else []
        _heading(name, output, ", ".join(listed + others))
    else:
        _heading(name, output, f"{output.shape[0]:,} numbers {between}")
    st.image(tile_png(unit_sheet(output)[None], limit), alt=f"{name}: {between}", width=420)


def _maps(role: Role, name: str, output: np.ndarray, limit: float, most: int) -> None:
    """The maps as tiles, at most so many; a click enlarges one below them."""
    sheet = map_sheet(output, most)
    _heading(name, output, sheet.caption)
    key = f"enlarged_{role}_{name}"
    enlarged = st.session_state.get(key)
    cards.render(
        f"maps_{role}_{name}",
        map_cards(name, output, sheet.numbers, limit),
        f"The maps of {name}",
        lambda number: st.session_state.update({key: None if number == enlarged else number}),
        opened=enlarged,
    )
    if not enlarged or enlarged > output.shape[-1]:
        return
    values = output[..., enlarged - 1]
    low, high = (words.number(float(end), 2) for end in (values.min(), values.max()))
    text = f"{name}, map {enlarged}, from {low} to {high}"
    with st.container(horizontal=True, vertical_alignment="bottom", gap="medium"):
        width = shown_width(*values.shape, LONGEST_SIDE)
        st.image(tile_png(values[None], limit), caption=text, alt=text, width=width)
        if role == "model":
            st.button(
                "Follow it pixel by pixel",
                key=f"follow_{name}",
                icon=":material/footprint:",
                on_click=follow_map,
                args=(name, enlarged),
            )
