"""What a disturbance does to an image: the first test image at each measured level."""

import numpy as np
import streamlit as st

from cnnlab.comparison.candidates import Candidate
from cnnlab.robustness.experiments import EXPERIMENTS, REACH, Level
from cnnlab.robustness.findings import level_title
from cnnlab.ui.actions import reported
from cnnlab.ui.cached import test_images
from cnnlab.views.pictures.tiles import image_tiles, tile_png

PICTURE_WIDTH = 60  # pixels; drawn with twice as many, for sharp screens


def render(name: str, candidate: Candidate) -> None:
    """The pictures of an experiment, each with its level below, of the candidate's data set."""
    with reported(icon=":material/folder_off:"), st.container(horizontal=True, gap="small"):
        image = test_images.pictures(candidate.run)[:1]
        for level, picture in zip(_shown(name), _drawn(name, image), strict=True):
            title = level_title(EXPERIMENTS[name], level)
            alt = f"A test image, {EXPERIMENTS[name].title.lower()}: {title}"
            st.image(picture, title, PICTURE_WIDTH, alt=alt)


def _shown(name: str) -> list[Level]:
    """All levels; of the shifts only the eight extreme offsets and the unshifted image."""
    levels = EXPERIMENTS[name].levels
    if name != "shift":
        return list(levels)
    return [level for level in levels if set(np.abs(level)) <= {0, REACH}]


@st.cache_data(max_entries=32, show_spinner=False)
def _drawn(name: str, image: np.ndarray) -> list[bytes]:
    """A PNG for each level that is shown; `image` is (1, H, W, C) float32 in [0, 1]."""
    disturbed = [EXPERIMENTS[name].disturb(image, level) for level in _shown(name)]
    return [tile_png(image_tiles(each), 1.0, "grey", width=2 * PICTURE_WIDTH) for each in disturbed]
