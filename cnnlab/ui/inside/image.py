"""The image that is sent through the networks: one of the test images, a drawing, or an upload."""

from typing import NamedTuple

import numpy as np
import streamlit as st

from cnnlab.data.catalogue import DatasetInfo
from cnnlab.data.drawing import fit_drawing
from cnnlab.data.ground import Ground, ground
from cnnlab.data.pixels import permuted
from cnnlab.data.registry import DATASETS
from cnnlab.data.upload import SWAP, UPLOAD, centred_upload, read_upload
from cnnlab.errors import PictureRefused
from cnnlab.runs import Run
from cnnlab.spec import DataSpec, Role
from cnnlab.ui.cached import test_images
from cnnlab.ui.cached.answers import ask
from cnnlab.ui.components import drawing_pad
from cnnlab.ui.plain_text import plain
from cnnlab.views.pictures.tiles import image_tiles, shown_width, tile_png
from cnnlab.worker import answers

FILE, CENTRE = "file of the upload", "centre_upload"  # session state
LIKE_THE_SET = "Centre and scale like the data set"
UPLOAD_SIDE = 96  # pixels
UPLOAD_MB = 20  # of a picture's file
SOURCES = ("Test image", "Draw", "Upload")
ANY_CLASS = "any class"


class Picture(NamedTuple):
    """An image to look at."""

    image: np.ndarray
    """(H, W, C) float32 in [0, 1], its pixels where the networks find them."""
    label: int | None
    """Its class, where it is known."""
    title: str


def render(members: dict[Role, Run], epochs: dict[Role, int]) -> Picture | None:
    """The controls; returns what they choose, or None where there is nothing yet, with a sentence."""
    source = st.segmented_control(
        "Image", SOURCES, default=SOURCES[0], required=True, key="image_source", persist_state="session"
    )
    if source == "Test image":
        return _test_image(members, epochs)
    run = next(iter(members.values()))
    try:
        image = drawn(run.spec.data) if source == "Draw" else uploaded(run.spec.data)
    except PictureRefused as refused:
        st.info(plain(str(refused)), icon=":material/info:")
        return None
    if image is None:
        return None
    title = "Your drawing" if source == "Draw" else "Your image"
    return Picture(permuted(image, run.spec.data), None, _titled(title, run))


def _titled(title: str, run: Run) -> str:
    return f"{title}, its pixels shuffled" if run.spec.data.shuffled_pixels else title


def drawn(data: DataSpec) -> np.ndarray:
    """The pad, and what is drawn on it as an image of a data set, (H, W, C) float32 in [0, 1].

    Raises `PictureRefused`, as where nothing is drawn yet.
    """
    info, found = DATASETS[data.dataset], ground(data.dataset)
    height, width, _ = info.input_shape
    canvas = drawing_pad.drawing("drawing", info.title, min(height, width))
    framing = None
    if (
        found
        and found.framing
        and st.toggle(
            LIKE_THE_SET,
            True,
            key="centred",
            persist_state="session",
            help="Without it the drawing stays where it is: drag it around and watch the answers change.",
        )
    ):
        framing = found.framing
    for note in drawing_notes(info, found):
        st.caption(plain(note))
    return fit_drawing(canvas, info.input_shape, framing)


def drawing_notes(info: DatasetInfo, found: Ground | None) -> list[str]:
    """What becomes of a drawing on the square black pad where the data set's images are of another kind.

    `found`: their ground, where it is known.
    """
    height, width, _ = info.input_shape
    notes = {
        "You draw in white on black: red, green and blue of the image are equal.": info.in_colour,
        f"The pad is square: beside it the image of {width}×{height} pixels stays black.": height != width,
        f"The images of {info.title} are not bright on black, so a drawing is unlike what the networks have "
        "learned from.": found is not None and not found.on_black,
    }
    return [note for note, applies in notes.items() if applies]


def uploaded(data: DataSpec) -> np.ndarray | None:
    """The control, and the image of the file in it in the same form; None where there is none.

    Raises `PictureRefused` for a file that is no picture.
    """
    file = st.file_uploader(UPLOAD, ["png", "jpg", "jpeg"], key="upload", max_upload_size=UPLOAD_MB)
    shape, found = DATASETS[data.dataset].input_shape, ground(data.dataset)
    on_black = found is not None and found.on_black
    invert = on_black and st.toggle(SWAP, key="invert", help="The data set's images are bright on black.")
    if file is None:
        return None
    content = file.getvalue()
    image, notes = read_upload(content, shape, invert, on_black)
    framing = found.framing if found else None
    centred = centred_upload(content, framing, shape, invert) if framing else None
    chosen = image
    if centred is not None:
        if st.session_state.get(FILE) != file.file_id:  # another file has a margin of its own
            st.session_state[FILE], st.session_state[CENTRE] = file.file_id, centred.advised
        like_the_set = st.toggle(
            LIKE_THE_SET,
            key=CENTRE,
            help="On at first where the picture has another margin than the images of the data set.",
        )
        chosen = centred.image if like_the_set else image
        _draw_both(image, centred.image, like_the_set)
    for note in notes:
        st.caption(note)
    return chosen


def _draw_both(whole: np.ndarray, centred: np.ndarray, like_the_set: bool) -> None:
    """Both versions of an upload, beside each other; the one that is used is said to be."""
    with st.container(horizontal=True, gap="small"):
        for image, title, used in (
            (whole, "The whole picture", not like_the_set),
            (centred, "Centred and scaled", like_the_set),
        ):
            picture = tile_png(image_tiles(image)[None], 1.0, "grey", columns=1)
            caption = f"**{title}**, used" if used else title
            width = shown_width(*image.shape[:2], UPLOAD_SIDE)
            st.image(picture, caption=caption, width=width, alt=caption.replace("*", ""))


def _test_image(members: dict[Role, Run], epochs: dict[Role, int]) -> Picture | None:
    run = next(iter(members.values()))
    classes, labels = DATASETS[run.spec.data.dataset].classes, test_images.labels(run)
    with st.container(horizontal=True, vertical_alignment="bottom"):
        category = st.selectbox("Class", [ANY_CLASS, *classes], key="image_class", persist_state="session")
        groups = agreement(members, epochs)
        group = st.selectbox("Which of them", list(groups), key="image_group", persist_state="session")
    chosen = groups[group] & ((labels == classes.index(category)) if category in classes else True)
    numbers = np.flatnonzero(chosen)
    if not len(numbers):
        none = f"No test image of {category} is in '{group}' at this epoch: choose another class or group."
        st.info(plain(none))
        return None
    place = st.number_input(
        f"Image 1 to {len(numbers):,}", 1, len(numbers), key=place_key(category, group), width=200
    )
    number = int(numbers[place - 1])
    title = f"Test image {number + 1:,}: {classes[labels[number]]}"
    return Picture(test_images.images(run)[number], int(labels[number]), _titled(title, run))


def place_key(category: str, group: str) -> str:
    """Where the session keeps which image of a class and a group is shown, counted from 1."""
    return f"image_of_{category}_{group}"


def agreement(members: dict[Role, Run], epochs: dict[Role, int]) -> dict[str, np.ndarray]:
    """Group → (N,) bool: which test images belong to it at these epochs."""
    right = {
        role: ask(answers.probabilities, run, epochs[role]).argmax(axis=1) == test_images.labels(run)
        for role, run in members.items()
    }
    model = right["model"]
    groups = {"all": np.ones(len(model), bool)}
    if "baseline" not in right:
        return groups | {"the CNN right": model, "the CNN wrong": ~model}
    baseline = right["baseline"]
    return groups | {
        "both right": model & baseline,
        "only the CNN right": model & ~baseline,
        "only the baseline right": ~model & baseline,
        "both wrong": ~model & ~baseline,
    }
