"""The validation images that belong to a run, as the pages show them."""

import numpy as np
import streamlit as st

from cnnlab.data.registry import load
from cnnlab.data.split import validation_of
from cnnlab.runs import Run
from cnnlab.spec import DataSpec

MOST_KEPT = 4  # sets; 3 MB for each 1,000 images of 28×28 pixels


def pictures(run: Run) -> np.ndarray:
    """With every pixel in its own place, for people to look at: (N, H, W, C) float32 in [0, 1].

    Raises `DatasetUnavailable` where a full set is not at hand.
    """
    return _of(run)[0]


def labels(run: Run) -> np.ndarray:
    """The class of each of them, (N,) int64, in the order of `answers.validation_probabilities`."""
    return _of(run)[1]


def _of(run: Run) -> tuple[np.ndarray, np.ndarray]:
    data = run.spec.data.model_copy(update={"shuffled_pixels": False, "pixels": "scaled"})
    return _validation_set(data.model_dump_json(), run.spec.training.seed, data)


@st.cache_resource(max_entries=MOST_KEPT, show_spinner="Opening the validation images")
def _validation_set(key: str, seed: int, _data: DataSpec) -> tuple[np.ndarray, np.ndarray]:
    """`key` tells one data's settings from another: Streamlit cannot. Nobody changes the arrays."""
    return validation_of(load(_data.dataset, _data.source), _data, seed)
