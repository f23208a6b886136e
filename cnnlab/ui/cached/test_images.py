"""The test images that belong to a run, as the pages show them."""

import numpy as np
import streamlit as st

from cnnlab.data.pixels import network_input
from cnnlab.data.registry import load, source_at_hand
from cnnlab.runs import Run
from cnnlab.spec import DataSpec, Source


def at_hand(dataset: str) -> tuple[np.ndarray, np.ndarray] | None:
    """Test images that need no download, (N, H, W, C) float32 in [0, 1], and their classes, (N,) int64.

    None for a data set that is not on this machine yet. Raises `DatasetUnavailable` where a file is damaged.
    """
    source = source_at_hand(dataset)
    return _test_set(dataset, source, False) if source else None


def images(run: Run) -> np.ndarray:
    """With their pixels where the network finds them, shuffled or not: (N, H, W, C) float32 in [0, 1].

    Raises `DatasetUnavailable` where a full set is not at hand.
    """
    return _test_set(*_named(run), run.spec.data.shuffled_pixels)[0]


def pictures(run: Run) -> np.ndarray:
    """The same with every pixel in its own place, for people to look at."""
    return _test_set(*_named(run), False)[0]


def labels(run: Run) -> np.ndarray:
    """The class of each of them, (N,) int64."""
    return _test_set(*_named(run), False)[1]


def _named(run: Run) -> tuple[str, Source]:
    return run.spec.data.dataset, run.spec.data.source


@st.cache_resource(max_entries=4, show_spinner="Opening the test images")
def _test_set(dataset: str, source: Source, shuffled: bool) -> tuple[np.ndarray, np.ndarray]:
    data = load(dataset, source)
    return network_input(data.x_test, DataSpec(shuffled_pixels=shuffled)), data.y_test
