"""The predictions of trained networks on the test images, as their runs store them, read once a session."""

import numpy as np
import streamlit as st

from cnnlab import runs
from cnnlab.comparison.candidates import Candidate, Predicted
from cnnlab.data.registry import DATASETS
from cnnlab.errors import ArtifactDamaged, NotFinite, RunNotFound
from cnnlab.evidence.finite import require_finite
from cnnlab.evidence.paired import Paired, paired_predictions
from cnnlab.runs import Run

MOST_KEPT = 24  # runs; 480 KB each for 10,000 images of ten classes


def predicted(candidate: Candidate) -> Predicted:
    """The stored answers of a run. Raises `RunNotFound`, `ArtifactDamaged`, or `NotFinite`."""
    run = candidate.run
    if run.active and "test_loss" not in run.metrics:
        raise RunNotFound(f"It is {run.status}: the test comes at the end.")
    version = f"{run.spec.training.epochs} {run.metrics.get('seconds')} {run.metrics.get('test_loss')}"
    stored = _stored(run.run_id, version)
    labels, probabilities = stored.get("labels"), stored.get("probabilities")
    classes = len(DATASETS[run.spec.data.dataset].classes)
    if labels is None or probabilities is None or probabilities.shape != (len(labels), classes):
        raise RunNotFound("What is stored of its test does not fit its data set: train it once more.")
    require_finite(probabilities)
    return Predicted(run, candidate.label, candidate.color, probabilities, labels)


def counted(first: Run, second: Run) -> Paired | None:
    """Two finished runs counted by who is right; None if their predictions cannot be compared."""
    try:
        sides = [predicted(Candidate(run, "", "")) for run in (first, second)]
    except (RunNotFound, ArtifactDamaged, NotFinite):
        return None
    return paired_predictions(
        *({"probabilities": each.probabilities, "labels": each.labels} for each in sides)
    )


@st.cache_data(max_entries=MOST_KEPT, show_spinner=False)
def _stored(run_id: str, version: str) -> dict[str, np.ndarray]:
    """`version` tells a run from what it was before it was continued."""
    return runs.predictions(run_id)
