"""What a disturbance does to an image: the first test image at each measured level."""

import numpy as np
import streamlit as st

from cnnlab.comparison.candidates import Candidate
from cnnlab.robustness.experiments import Experiment, Level
from cnnlab.robustness.findings import level_title
from cnnlab.robustness.losses import strength
from cnnlab.robustness.results import experiment_of
from cnnlab.ui.actions import reported
from cnnlab.ui.cached import test_images
from cnnlab.views.pictures.tiles import image_tiles, shown_width, tile_png

PICTURE_SIDE = 60  # pixels; drawn with twice as many, for sharp screens


def render(name: str, candidate: Candidate) -> None:
    """The pictures of an experiment, each with its level below, of the candidate's data set."""
    with reported(icon=":material/folder_off:"), st.container(horizontal=True, gap="small"):
        image = test_images.pictures(candidate.run)[:1]
        experiment = experiment_of(name, candidate.run)
        width = shown_width(*image.shape[1:3], PICTURE_SIDE)
        for level, picture in zip(_shown(experiment), _drawn(name, image, experiment), strict=True):
            title = level_title(experiment, level)
            alt = f"A test image, {experiment.title.lower()}: {title}"
            st.image(picture, title, width, alt=alt)


def _shown(experiment: Experiment) -> list[Level]:
    """All levels; of the shifts only the eight extreme offsets and the unshifted image."""
    if not isinstance(experiment.undisturbed, tuple):
        return list(experiment.levels)
    reach = max(map(strength, experiment.levels))
    return [level for level in experiment.levels if set(np.abs(level)) <= {0, reach}]


@st.cache_data(max_entries=32, show_spinner=False)
def _drawn(name: str, image: np.ndarray, _experiment: Experiment) -> list[bytes]:
    """A PNG for each level that is shown; `image` is (1, H, W, C) float32 in [0, 1]."""
    disturbed = [_experiment.disturb(image, level) for level in _shown(_experiment)]
    return [tile_png(image_tiles(each), 1.0, "grey", width=2 * PICTURE_SIDE) for each in disturbed]
