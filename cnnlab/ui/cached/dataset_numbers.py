"""What the page Data says of a data set: computed once for all who look at it.

Each function is cached by `key`, which tells a data set with its images from any other; the images themselves
are not hashed.
"""

import numpy as np
import streamlit as st

from cnnlab.data.catalogue import Images
from cnnlab.data.fingerprint import fingerprint
from cnnlab.evidence.duplicates import Nearest, nearest_training_images
from cnnlab.evidence.images import mean_images, pixel_histogram

MOST_KEPT = 12  # data sets


@st.cache_data(max_entries=MOST_KEPT, show_spinner=False)
def print_of(key: str, classes: tuple[str, ...], _images: Images) -> str:
    """The fingerprint of classes and images: 64 hexadecimal digits."""
    return fingerprint(classes, vars(_images))


@st.cache_data(max_entries=MOST_KEPT, show_spinner=False)
def means(key: str, classes: int, _images: Images) -> np.ndarray:
    """The mean training image of each class, (classes, H, W, C) float64 from 0 to 255."""
    return mean_images(_images.x_train, _images.y_train, classes)


@st.cache_data(max_entries=MOST_KEPT, show_spinner=False)
def histogram(key: str, _images: Images) -> np.ndarray:
    """The shares of pixel values among the training images, (C, bins) float64."""
    return pixel_histogram(_images.x_train)


def nearest(key: str, images: Images) -> Nearest:
    """The training image that is closest to each test image."""
    return Nearest(*_nearest(key, images))


@st.cache_data(max_entries=MOST_KEPT, show_spinner="Comparing every test image with every training image")
def _nearest(key: str, _images: Images) -> tuple[np.ndarray, ...]:
    """Plain arrays, since a class of ours may have been loaded anew in the meantime."""
    return tuple(nearest_training_images(_images.x_train, _images.x_test))
