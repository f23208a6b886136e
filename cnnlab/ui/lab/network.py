"""The networks with an image: untrained as the sidebar sets them, while they train, and after an epoch."""

from typing import NamedTuple

import numpy as np
import streamlit as st

from cnnlab import runs
from cnnlab.arithmetic.network import layer_rows
from cnnlab.data.pixels import permuted
from cnnlab.data.registry import DATASETS, source_at_hand
from cnnlab.errors import DatasetUnavailable, PictureRefused, UserError
from cnnlab.inside.network_view import NetworkView
from cnnlab.runs import Run
from cnnlab.spec import ComparisonSpec, DataSpec, Role, RunSpec, network_title
from cnnlab.ui.actions import polled
from cnnlab.ui.cached import live_views, test_images
from cnnlab.ui.cached.trainer import trainer
from cnnlab.ui.choices import epoch
from cnnlab.ui.choices.address_parameter import COMPARISON
from cnnlab.ui.components import live_network
from cnnlab.ui.components.live_network import Place, Thumbnail
from cnnlab.ui.inside import image, sections
from cnnlab.ui.plain_text import plain
from cnnlab.views.palette import COLORS
from cnnlab.views.pictures.live_network import NetworkPicture, image_uri, network_picture

POLL_SECONDS = 1.0
STRIP = 10  # images to choose from
STRIPS_KEPT = 32
NOT_READY = "maps and answers appear when the trainer is ready"
IMAGE = "lab_image"  # session state: the place of the chosen image in the strip
TURN = "turn of the strip"  # session state: which image of each class the strip shows
OWN_SOURCE = "own_image"  # the control that says where an image of one's own comes from
OWN = "image of one's own"  # session state: the image that was drawn or uploaded, and its title
OPENED = "opened_map"  # session state: the map that is to be looked into


class Subject(NamedTuple):
    """One network to draw."""

    spec: RunSpec
    run: Run | None = None
    """Its training; None while it is untrained."""
    epoch: int | None = None
    """Which of its epochs to show, once it has ended."""


def subjects(
    comparison: ComparisonSpec, members: dict[Role, Run], epochs: dict[Role, int]
) -> dict[Role, Subject]:
    """The networks of the sidebar; with their trainings, if `members` were trained with these settings.

    A pinned run takes the baseline's place, unless it knows other images.

    `epochs`: which epoch of each member to show; its last one where it is missing.
    """
    untrained = {role: Subject(spec) for role, spec in comparison.runs().items()}
    if not trained_so(comparison, members):
        return untrained
    return untrained | {
        role: Subject(run.spec, run, epochs.get(role))
        for role, run in members.items()
        if run.spec.data.dataset == comparison.data.dataset
    }


def trained_so(comparison: ComparisonSpec, members: dict[Role, Run]) -> bool:
    """Whether the runs began with the weights of these settings, and learn from the same images."""
    specs = comparison.runs()
    return "model" in members and all(
        _same_network(spec, members[role].spec)
        for role, spec in specs.items()
        if role in members and members[role].comparison == members["model"].comparison
    )


def _same_network(first: RunSpec, second: RunSpec) -> bool:
    return (first.model, first.data, first.training.seed) == (second.model, second.data, second.training.seed)


def choose_image(data: DataSpec) -> None:
    """Other test images, a drawing, or an upload, in a popover."""
    with st.popover("Image", icon=":material/image:", help="Other test images, a drawing, or your own file."):
        st.button("Other test images", key="other_images", icon=":material/refresh:", on_click=_turn)
        source = st.segmented_control("Your own", image.SOURCES[1:], key=OWN_SOURCE, persist_state="session")
        own = None
        try:
            if source:
                own = image.drawn(data) if source == image.SOURCES[1] else image.uploaded(data)
        except (PictureRefused, DatasetUnavailable) as refused:
            st.info(plain(str(refused)), icon=":material/info:")
    st.session_state.pop(OWN, None)
    if own is not None:
        title = "Your drawing" if source == image.SOURCES[1] else "Your image"
        st.session_state[OWN] = own, title


def _turn() -> None:
    st.session_state[TURN] = st.session_state.get(TURN, 0) + 1
    st.session_state[OWN_SOURCE] = None


def render(drawn: dict[Role, Subject]) -> None:
    """Draws the networks: again and again until the trainer is ready, and where an image is chosen."""
    polled(draw, POLL_SECONDS if trainer().status().state == "warming up" else None)(drawn)


def draw(drawn: dict[Role, Subject]) -> None:
    """Draws the networks as they are now, and opens the map that was clicked."""
    if place := st.session_state.pop(OPENED, None):
        _look_inside(list(drawn.values())[place.network % len(drawn)], place)
    dataset = next(iter(drawn.values())).spec.data.dataset
    strip = strip_of(dataset)
    chosen = min(st.session_state.setdefault(IMAGE, 0), len(strip) - 1)
    if own := st.session_state.get(OWN):
        given, label, chosen = own[0], None, -1
        shown = Thumbnail(image_uri(given), own[1])
    elif strip:
        given, label = strip[chosen].image, strip[chosen].label
        shown = Thumbnail(strip[chosen].src, strip[chosen].title)
    else:
        st.info(
            f"The images of {plain(DATASETS[dataset].title)} are downloaded when the first training begins. "
            "Until then, choose a drawing or a file of your own under 'Image'.",
            icon=":material/download:",
        )
        return
    pictures, problems = [], []
    for role, subject in drawn.items():
        view, state = None, ""
        try:
            view, state = _view(subject, permuted(given, subject.spec.data))
        except UserError as error:
            problems.append(str(error))
        pictures.append(_picture(role, subject, view, state, label))
    thumbnails = [Thumbnail(each.src, each.title) for each in strip]
    live_network.render("live_network", pictures, shown, thumbnails, chosen, _choose_thumbnail, _note_opening)
    for problem in dict.fromkeys(problems):
        st.caption(plain(problem))


def _view(subject: Subject, given: np.ndarray) -> tuple[NetworkView | None, str]:
    """What the network makes of the image, and what it has been through. Raises `UserError`."""
    if trainer().status().state != "ready":
        return None, NOT_READY
    run = subject.run
    if run is None or run.status == "waiting":
        return live_views.untrained(subject.spec, given), "untrained"
    if run.status == "training" and (view := trainer().questions.live_view(run.run_id, given)):
        return view, f"step {view.step:,}"
    chosen = subject.epoch if subject.epoch is not None and not run.active else _last_epoch(run)
    if not chosen:
        return live_views.untrained(subject.spec, given), "untrained"
    return live_views.stored(run, chosen, given), f"after epoch {chosen}"


def _last_epoch(run: Run) -> int:
    """The last one whose weights are stored; 0 where none are."""
    return max(runs.weight_epochs(run.run_id), default=0)


def _picture(
    role: Role, subject: Subject, view: NetworkView | None, state: str, label: int | None
) -> NetworkPicture:
    info = DATASETS[subject.spec.data.dataset]
    rows = layer_rows(subject.spec.model, info.input_shape, len(info.classes))
    title = network_title(subject.spec.model)
    return network_picture(title, state, COLORS[role], rows, info.classes, view, label)


class _Image(NamedTuple):
    image: np.ndarray
    number: int
    """Among the test images, counted from 0."""
    label: int
    title: str
    src: str
    """As a data URI."""


def strip_of(dataset: str) -> list[_Image]:
    """The test images to choose from at present."""
    return _strip(dataset, st.session_state.get(TURN, 0), source_at_hand(dataset) is not None)


@st.cache_resource(show_spinner=False, max_entries=STRIPS_KEPT)
def _strip(dataset: str, turn: int, here: bool) -> list[_Image]:
    """Test images of up to `STRIP` classes, others at each turn; empty where none is on this machine yet.

    `here`: whether they are, so that an empty strip is not kept for longer.
    """
    at_hand = test_images.at_hand(dataset)
    if at_hand is None:
        return []
    pictures, labels = at_hand
    names = DATASETS[dataset].classes
    of_class = {label: np.flatnonzero(labels == label) for label in np.unique(labels).tolist()}
    shown = min(STRIP, len(of_class))
    strip = []
    for place in range(shown):
        round_, position = divmod(turn * shown + place, len(of_class))
        label, numbers = list(of_class.items())[position]
        number = int(numbers[round_ % len(numbers)])
        title = f"Test image {number + 1:,}: {names[label]}"
        strip.append(_Image(pictures[number], number, label, title, image_uri(pictures[number])))
    return strip


def _choose_thumbnail(place: int) -> None:
    st.session_state[IMAGE] = place
    st.session_state[OWN_SOURCE] = None
    st.session_state.pop(OWN, None)


def _note_opening(place: Place) -> None:
    st.session_state[OPENED] = place


def _look_inside(subject: Subject, place: Place) -> None:
    """Goes to the page that explains this map of this network."""
    run = subject.run
    if run is None:
        st.toast("Train the network first: its maps are explained once it is trained.")
        return
    state = st.session_state
    sections.follow_map(place.layer, place.number)
    # Another source of the set numbers its images in another way.
    if run.spec.data.source == source_at_hand(run.spec.data.dataset) and OWN not in state:
        sections.choose_image(strip_of(run.spec.data.dataset)[state[IMAGE]].number)
    if subject.epoch is not None:
        state[epoch.EPOCH] = subject.epoch
    st.switch_page("../../pages/inside.py", query_params={COMPARISON.name: run.comparison})
