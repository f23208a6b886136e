"""What both networks say of the image, in words and as bars."""

import streamlit as st

from cnnlab.data.registry import DATASETS
from cnnlab.runs import Run
from cnnlab.spec import Role, network_title
from cnnlab.ui.cached.answers import ask, ask_each
from cnnlab.ui.components import plot
from cnnlab.ui.inside import muting
from cnnlab.ui.inside.image import Picture
from cnnlab.ui.plain_text import plain
from cnnlab.views.figures.answers import Answer, answers_figure, predicted_class
from cnnlab.views.palette import COLORS
from cnnlab.views.pictures.tiles import image_tiles, shown_width, tile_png
from cnnlab.worker import answers
from cnnlab.worker.answers import Mutes

LONGEST_SIDE = 112  # pixels of the image


def render(members: dict[Role, Run], epochs: dict[Role, int], picture: Picture, mutes: Mutes = ()) -> None:
    """The likeliest classes of both networks, the CNN's without the filters that are muted."""
    classes = DATASETS[members["model"].spec.data.dataset].classes
    probabilities = ask_each(members, epochs, picture.image[None])
    if mutes:
        run = members["model"]
        muted = ask(answers.classify_muted, run, epochs["model"], picture.image[None], mutes, muting.way(run))
        probabilities = probabilities | {"model": muted}
    given = [
        Answer(network_title(run.spec.model), COLORS[role], probabilities[role][0])
        for role, run in members.items()
    ]
    predictions = {answer.name: predicted_class(answer, classes, picture.label) for answer in given}
    with st.container(horizontal=True, vertical_alignment="center", gap="medium"):
        st.image(
            tile_png(image_tiles(picture.image[None]), 1.0, "grey"),
            caption=plain(picture.title),
            alt=picture.title,
            width=shown_width(*picture.image.shape[:2], LONGEST_SIDE),
        )
        st.markdown(
            "  \n".join(
                f"**{plain(name)}:** {plain(prediction)}" for name, prediction in predictions.items()
            ),
            width="content",
        )
    plot.render(
        answers_figure(given, classes),
        key="answers",
        revision="answers",
        alt="The likeliest classes: "
        + "; ".join(f"{name}: {prediction}" for name, prediction in predictions.items()),
        tools=False,
    )
