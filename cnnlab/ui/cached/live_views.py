"""What networks make of an image, untrained and after an epoch; an answer is cached."""

import numpy as np
import streamlit as st

from cnnlab.inside.network_view import NetworkView
from cnnlab.runs import Run
from cnnlab.spec import ConvNetSpec, DenseSpec, PixelValues, RunSpec
from cnnlab.ui.cached.answers import ask
from cnnlab.ui.cached.trainer import trainer
from cnnlab.worker import answers

MOST_KEPT = 40  # views, of some 300 KB each; up to 10 MB where the images have 150×150 pixels


def untrained(spec: RunSpec, image: np.ndarray) -> NetworkView:
    """Before any training. Raises `UserError`."""
    seed, data = spec.training.seed, spec.data
    return _untrained(spec.model.model_dump_json(), data.dataset, seed, image, data.pixels, spec.model)


@st.cache_data(max_entries=MOST_KEPT, show_spinner=False)
def _untrained(
    key: str,
    dataset: str,
    seed: int,
    image: np.ndarray,
    pixels: PixelValues,
    _model: ConvNetSpec | DenseSpec,
) -> NetworkView:
    """`key` tells one model from another: Streamlit cannot."""
    return trainer().questions.ask(answers.untrained_view, _model, dataset, seed, image, pixels)


def stored(run: Run, epoch: int, image: np.ndarray) -> NetworkView:
    """After an epoch whose weights are stored. Raises `UserError`."""
    return ask(answers.stored_view, run, epoch, image)
