"""Overfitting, seen: what the rise of a validation loss is made of, and the images that carry it."""

from typing import NamedTuple

import numpy as np
import streamlit as st

from cnnlab import runs, words
from cnnlab.data.registry import DATASETS
from cnnlab.data.split import steps_per_epoch
from cnnlab.evidence.overfitting import Rise, decompose, rise_finding, turning_epoch
from cnnlab.evidence.temperature import Recovered, recovered, temperature_finding
from cnnlab.runs import Run
from cnnlab.spec import TITLES, Role, network_title
from cnnlab.ui.actions import reported
from cnnlab.ui.cached import validation_images
from cnnlab.ui.cached.answers import ask
from cnnlab.ui.cached.curves import history
from cnnlab.ui.components import plot
from cnnlab.ui.plain_text import markdown, plain
from cnnlab.views.figures.answers import top_classes
from cnnlab.views.figures.curve_lines import current
from cnnlab.views.figures.overfitting import overfitting_figure
from cnnlab.views.palette import COLORS
from cnnlab.views.pictures.tiles import image_tiles, shown_width, tile_png
from cnnlab.worker import answers

IMAGES = 8  # that carry the rise
LONGEST_SIDE = 84  # pixels of an image
CHOSEN = "overfitting_network"
TRAIN_MORE = f"raise '{TITLES['epochs']}' and lower '{TITLES['images']}' in the sidebar, then press Train"


class _Epoch(NamedTuple):
    """An epoch, and what the network answered then."""

    number: int
    probabilities: np.ndarray
    """(N, classes) float32, of the validation images."""


def render(members: dict[Role, Run]) -> None:
    """The choice of one of the runs, and what its overfitting is made of; a sentence where there is none."""
    if not members:
        st.info("Nothing has been trained yet: train a network on the page Lab.", icon=":material/info:")
        st.page_link("../../pages/lab.py", label="Open the Lab", icon=":material/science:", width="content")
        return
    role = _choose(members)
    run = members[role]
    if run.spec.data.dataset not in DATASETS:
        st.warning(
            f"The data set '{plain(run.spec.data.dataset)}' is not known here: choose another comparison.",
            icon=":material/folder_off:",
        )
        return
    with reported():
        turn = _turn(run)
        if turn:
            _take_apart(role, run, *turn)


def _choose(members: dict[Role, Run]) -> Role:
    """Which of the networks; of one alone there is nothing to choose."""
    if len(members) == 1:
        return next(iter(members))
    return st.segmented_control(
        "Network",
        list(members),
        default=next(iter(members)),
        required=True,
        format_func=lambda role: network_title(members[role].spec.model),
        key=CHOSEN,
        persist_state="session",
    )


def _turn(run: Run) -> tuple[int, int] | None:
    """The epoch of the lowest validation loss and the last one, of those whose weights are stored.

    None, with a sentence, where the loss has not turned.
    """
    name = network_title(run.spec.model)
    stored = [epoch for epoch in runs.weight_epochs(run.run_id) if epoch > 0]
    losses = {epoch: loss for epoch, loss in _losses(run).items() if epoch in stored}
    if not stored and not run.active:
        st.warning(
            f"The weights of {name} were not stored: train it once more on the page Lab.",
            icon=":material/folder_off:",
        )
    elif len(losses) < 2:
        st.info(
            f"{name} has fewer than two epochs whose loss and weights are stored, and it takes two: "
            f"{TRAIN_MORE}.",
            icon=":material/info:",
        )
    elif (lowest := turning_epoch(losses)) is None:
        st.info(
            f"The validation loss of {name} was lowest at its last epoch: nothing to take apart. To see it "
            f"rise, train for more epochs on fewer images: {TRAIN_MORE}.",
            icon=":material/info:",
        )
    else:
        return lowest, max(losses)
    return None


def _losses(run: Run) -> dict[int, float]:
    """Epoch → validation loss in nats; of an epoch that was stopped, what was trained of it counts."""
    points = current(history(run))
    points = points[points["metric"] == "val_loss"]
    epochs = -(-points["step"] // steps_per_epoch(run.spec))
    return dict(zip(epochs.tolist(), points["value"].tolist(), strict=True))


def _take_apart(role: Role, run: Run, lowest: int, last: int) -> None:
    """The figure, its sentences, and the images."""
    name = network_title(run.spec.model)
    with st.spinner("Asking the network at both epochs"):
        before, after = (
            _Epoch(epoch, ask(answers.validation_probabilities, run, epoch)) for epoch in (lowest, last)
        )
    labels = validation_images.labels(run)
    rise = decompose(before.probabilities, after.probabilities, labels)
    scaled = recovered(after.probabilities, labels)
    found = rise_finding(name, (lowest, last), rise)
    st.markdown(markdown([found]))
    if rise is None:
        return
    _draw(role, run, rise, scaled, found.claim)
    st.markdown(markdown([temperature_finding(name, scaled, rise.total)]))
    _images(run, rise, before, after)


def _draw(role: Role, run: Run, rise: Rise, scaled: Recovered | None, claim: str) -> None:
    plot.render(
        overfitting_figure(rise, scaled, COLORS[role]),
        key=f"overfitting_{role}",
        revision=run.run_id,
        alt=claim,
        tools=False,
    )


def _images(run: Run, rise: Rise, before: _Epoch, after: _Epoch) -> None:
    """The images whose loss rose most, each with the answers at both epochs."""
    shown = rise.largest(IMAGES)
    share = float(rise.of_images[shown].sum()) / len(rise.of_images)
    st.markdown("**The images whose loss rose most**")
    st.caption(
        f"{words.count(len(shown), 'image')} of {len(rise.of_images):,} raised the mean loss by "
        f"{words.number(share, 2)}. The loss of an image is −ln of the probability that the network gives to "
        "its true class, which is given in bold; the lines below are its answers and their confidence."
    )
    pictures, labels = validation_images.pictures(run), validation_images.labels(run)
    classes = DATASETS[run.spec.data.dataset].classes
    grid = st.grid("auto", min_column_width=200, border=True)
    for number in map(int, shown):
        with grid.cell():
            tile = tile_png(image_tiles(pictures[number][None]), 1.0, "grey")
            width = shown_width(*pictures[number].shape[:2], LONGEST_SIDE)
            st.image(tile, alt=classes[labels[number]], width=width)
            lines = [
                _true_class(number, int(labels[number]), classes, before, after),
                f"loss {words.signed(float(rise.of_images[number]), 2)}",
                *(f"epoch {at.number}: {_answer(at, number, classes)}" for at in (before, after)),
            ]
            st.markdown("  \n".join(lines))


def _true_class(number: int, label: int, classes: tuple[str, ...], before: _Epoch, after: _Epoch) -> str:
    """'**Shirt** 37.3% → 2.1%', in Markdown: the probabilities of the true class of an image."""
    shares = [words.percent(float(at.probabilities[number, label])) for at in (before, after)]
    return f"**{plain(classes[label])}** {' → '.join(shares)}"


def _answer(epoch: _Epoch, number: int, classes: tuple[str, ...]) -> str:
    """'Coat 93.1%', in Markdown."""
    [(category, probability)] = top_classes(epoch.probabilities[number], classes, 1)
    return f"{plain(category)} {words.percent(probability)}"
