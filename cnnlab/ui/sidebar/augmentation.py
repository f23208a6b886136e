"""The controls of data augmentation, and what they make of one training image."""

from typing import Any

import numpy as np
import streamlit as st

from cnnlab.data.augmentation import Augmentation
from cnnlab.data.pixels import scaled
from cnnlab.data.registry import DATASETS, load, source_at_hand
from cnnlab.data.sampling import split_indices
from cnnlab.data.split import validation_images
from cnnlab.spec import ComparisonSpec, DataSpec
from cnnlab.ui.sidebar.widgets import slider, switch
from cnnlab.views.pictures.tiles import image_tiles, tile_png

EPOCHS = 9  # versions of the image
COLUMNS, WIDTH = 3, 480  # of the picture; pixels
OFF = "All are off: the training images stay as they are."
ON = (
    "The training loss and accuracy are measured on the changed images. Validation and test images stay as "
    "they are."
)


def fields() -> dict[str, Any]:
    """By how much training images are changed at random; all are off at first."""
    return {
        "augment_shift": slider(
            "augment_shift",
            0.0,
            0.5,
            step=0.05,
            format="percent",
            help="Up to this share of its height and width, each image is moved up or down, left or right.",
        ),
        "augment_turn": slider(
            "augment_turn",
            0.0,
            180.0,
            step=5.0,
            format="%g°",
            help="Up to this angle, each image is turned about its centre, in either direction.",
        ),
        "augment_zoom": slider(
            "augment_zoom",
            0.0,
            0.5,
            step=0.05,
            format="percent",
            help="Up to this share, each image is made larger or smaller.",
        ),
        "augment_flip": switch(
            "augment_flip", help="Half of the images, drawn at random, are mirrored from left to right."
        ),
        "augment_contrast": slider(
            "augment_contrast",
            0.0,
            1.0,
            step=0.05,
            format="percent",
            help="Up to this share, the contrast of each image is made stronger or weaker.",
        ),
        "augment_noise": slider(
            "augment_noise",
            0.0,
            0.5,
            step=0.01,
            help="Standard deviation of the normal noise that each pixel gets; black is 0, white is 1.",
        ),
    }


def preview(comparison: ComparisonSpec | None) -> None:
    """A training image as both networks get it in the first epochs; nothing where there is no comparison."""
    if comparison is None:
        return
    data, seed = comparison.data, comparison.training.seed
    augmentation = Augmentation.of(comparison.runs()["model"])
    if augmentation is None:
        st.caption(OFF)
        return
    image = first_image(data, seed)
    if image is None:
        st.caption(f"{ON} An image is shown here once the images are on this machine.")
        return
    versions = examples(augmentation, image)
    title = DATASETS[data.dataset].title
    at_hand = source_at_hand(data.dataset)
    whose = "The first training image" if data.source == at_hand else "An image of the sample"
    st.image(
        picture(versions),
        caption=f"{whose} as both networks get it in epochs 1 to {EPOCHS}. {ON}",
        width="stretch",
        alt=f"An image of {title}, changed at random in {EPOCHS} ways by the augmentation that is set",
    )


def examples(augmentation: Augmentation, image: np.ndarray) -> np.ndarray:
    """What becomes of the first training image, (H, W, C), in the first epochs: (EPOCHS, H, W, C) float32.

    Where the run shuffles pixels, they are in their own places here, for people to look at.
    """
    return augmentation._replace(shuffled_pixels=False).over_epochs(image, 0, EPOCHS)


def picture(versions: np.ndarray) -> bytes:
    """The versions, (N, H, W, C) float32 in [0, 1], in rows of three as a PNG."""
    return tile_png(image_tiles(versions), 1.0, "grey", columns=COLUMNS, width=WIDTH)


def first_image(data: DataSpec, seed: int) -> np.ndarray | None:
    """The first training image with every pixel in its own place, (H, W, C) float32 in [0, 1].

    That of the sample, if there is one, also where the run uses the full set: it need not be on this machine
    yet. None where no image is.
    """
    source = source_at_hand(data.dataset)
    if source is None:
        return None
    images = min(data.images, DATASETS[data.dataset].train_images[source])
    return _first_image(data.model_copy(update={"source": source, "images": images}), seed)


@st.cache_data(max_entries=8, show_spinner=False, hash_funcs={DataSpec: DataSpec.model_dump_json})
def _first_image(data: DataSpec, seed: int) -> np.ndarray:
    stored = load(data.dataset, data.source)
    train, _ = split_indices(stored.y_train, data.images, validation_images(data), seed)
    return scaled(stored.x_train[train[:1]])[0]
