"""The predictions of trained networks on the test images, as their runs store them, read once a session."""

from typing import NamedTuple
from zipfile import BadZipFile

import numpy as np
import streamlit as st

from cnnlab import runs
from cnnlab.data.registry import DATASETS
from cnnlab.errors import RunNotFound
from cnnlab.evidence.paired import Paired, paired_predictions
from cnnlab.runs import Run
from cnnlab.ui.labelled_runs import Candidate
from cnnlab.ui.plain_text import plain

MOST_KEPT = 24  # runs; 480 KB each for 10,000 images of ten classes


class Predicted(NamedTuple):
    """One network's answers on the test set."""

    run: Run
    label: str
    """The network's name, as it was given."""
    color: str
    probabilities: np.ndarray
    """(N, classes) float32."""
    labels: np.ndarray
    """The true classes, (N,) int64."""

    @property
    def name(self) -> str:
        """The label, for Markdown."""
        return plain(self.label)

    @property
    def classes(self) -> tuple[str, ...]:
        """The names of the classes."""
        return DATASETS[self.run.spec.data.dataset].classes

    @property
    def answers(self) -> np.ndarray:
        """The likeliest class of each image, (N,) int64."""
        return self.probabilities.argmax(axis=1)

    @property
    def right(self) -> np.ndarray:
        """Whether that is the true one, (N,) bool."""
        return self.answers == self.labels


def predicted(candidate: Candidate) -> Predicted:
    """The stored answers of a run. Raises `RunNotFound` with a sentence where they are not to be had."""
    run = candidate.run
    if run.active and "test_loss" not in run.metrics:
        raise RunNotFound(f"It is {run.status}: the test comes at the end.")
    version = f"{run.spec.training.epochs} {run.metrics.get('seconds')} {run.metrics.get('test_loss')}"
    stored = _stored(run.run_id, version)
    labels, probabilities = stored.get("labels"), stored.get("probabilities")
    classes = len(DATASETS[run.spec.data.dataset].classes)
    if labels is None or probabilities is None or probabilities.shape != (len(labels), classes):
        raise RunNotFound("What is stored of its test does not fit its data set: train it once more.")
    return Predicted(run, candidate.label, candidate.color, probabilities, labels)


def counted(first: Run, second: Run) -> Paired | None:
    """Two finished runs counted by who is right; None if their predictions cannot be compared."""
    try:
        sides = [predicted(Candidate(run, "", "")) for run in (first, second)]
    except RunNotFound:
        return None
    return paired_predictions(
        *({"probabilities": each.probabilities, "labels": each.labels} for each in sides)
    )


@st.cache_data(max_entries=MOST_KEPT, show_spinner=False)
def _stored(run_id: str, version: str) -> dict[str, np.ndarray]:
    """`version` tells a run from what it was before it was continued."""
    try:
        return runs.predictions(run_id)
    except (BadZipFile, ValueError, OSError) as error:
        raise RunNotFound("What is stored of its test cannot be read: train it once more.") from error
