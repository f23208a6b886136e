"""The test images that belong to a run, as the pages show them."""

import numpy as np
import streamlit as st

from cnnlab.datasets import load, scaled
from cnnlab.runs import Run


def images(run: Run) -> np.ndarray:
    """(N, H, W, C) float32 in [0, 1]. Raises `DatasetUnavailable` where a full set is not at hand."""
    return _test_set(run.spec.data.dataset, run.spec.data.source)[0]


def labels(run: Run) -> np.ndarray:
    """The class of each of them, (N,) int64."""
    return _test_set(run.spec.data.dataset, run.spec.data.source)[1]


@st.cache_resource(max_entries=4, show_spinner="Opening the test images")
def _test_set(dataset: str, source: str) -> tuple[np.ndarray, np.ndarray]:
    data = load(dataset, source)
    return scaled(data.x_test), data.y_test
