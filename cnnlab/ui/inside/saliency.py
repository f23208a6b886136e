"""Why this class: what in the image speaks for it, in both networks' eyes."""

import numpy as np
import streamlit as st

from cnnlab.data.registry import DATASETS
from cnnlab.runs import Run
from cnnlab.spec import Role, network_title
from cnnlab.ui.cached.answers import ask, ask_each
from cnnlab.ui.inside.image import Picture
from cnnlab.views.pictures.overlay import enlarge, overlay
from cnnlab.views.pictures.tiles import colorbar_html, scale_limit, shown_width, tile_png
from cnnlab.worker import answers

LONGEST_SIDE = 280  # pixels of a picture
OF_COLOURS = (
    "Of an image in colour each value is a sum over red, green and blue: for the gradient, how the score "
    "would change if all three became brighter by the same amount. The image itself is drawn in grey."
)
WORDS = {
    "Gradient": "How the score would change if a pixel became brighter: blue raises it, orange lowers it.",
    "Gradient × input": "How much the score changes with each pixel, to first order: "
    "the gradient times its brightness.",
    "Grad-CAM": "Where the evidence for this class is, by the maps of the last convolution.",
}


def render(members: dict[Role, Run], epochs: dict[Role, int], picture: Picture) -> None:
    """A row for each kind of explanation, a column for each network, one scale in a row."""
    run = members["model"]
    classes = DATASETS[run.spec.data.dataset].classes
    likeliest = int(ask_each(members, epochs, picture.image[None])["model"][0].argmax())
    category = st.selectbox(
        "Explain the score of",
        range(len(classes)),
        likeliest,
        format_func=lambda index: classes[index] + (", the CNN's answer" if index == likeliest else ""),
        key=f"explained_{likeliest}",
        width=320,
    )
    found = {
        role: ask(answers.saliency, run, epochs[role], picture.image, category)
        for role, run in members.items()
    }
    heats: dict[str, dict[Role, np.ndarray]] = {
        "Gradient": {role: each.gradient for role, each in found.items()},
        "Gradient × input": {role: each.gradient_times_input for role, each in found.items()},
        "Grad-CAM": {
            role: enlarge(each.grad_cam, picture.image.shape[:2])
            for role, each in found.items()
            if each.grad_cam is not None
        },
    }
    if picture.image.shape[-1] > 1:
        st.caption(OF_COLOURS)
    for kind, by_role in heats.items():
        if by_role:
            _row(kind, by_role, members, picture, classes[category])


def _row(
    kind: str, by_role: dict[Role, np.ndarray], members: dict[Role, Run], picture: Picture, category: str
) -> None:
    with st.container(border=True):
        st.markdown(f"**{kind}.** {WORDS[kind]}")
        limit = scale_limit(*by_role.values())
        for column, (role, heat) in zip(st.columns(2), by_role.items(), strict=False):
            name = network_title(members[role].spec.model)
            between = f"from {heat.min():.2g} to {heat.max():.2g}"
            alt = f"{kind} of {name} for {category} over {picture.title}, {between}"
            tile = overlay(picture.image, heat, limit)
            width = shown_width(*heat.shape, LONGEST_SIDE)
            column.image(tile_png(tile[None], 1.0, "grey"), caption=name, alt=alt, width=width)
        st.html(colorbar_html(limit))
