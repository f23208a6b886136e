"""The stored kernels of runs: those of an ended run are read once."""

import numpy as np
import streamlit as st

from cnnlab import runs
from cnnlab.runs import Run

MOST_KEPT = 12  # runs; 60 epochs of the lab's CNN take 9 MB


def kernels(run: Run) -> dict[str, np.ndarray]:
    """Those of `runs.kernels`. Raises `RunNotFound` and `ArtifactDamaged`."""
    if run.active:
        return runs.kernels(run.run_id)
    return _stored(run.run_id, f"{run.spec.training.epochs} {run.metrics.get('seconds')}")


@st.cache_resource(max_entries=MOST_KEPT, show_spinner=False)
def _stored(run_id: str, version: str) -> dict[str, np.ndarray]:
    """`version` tells a run from what it was before it was continued. Nobody changes the arrays."""
    return runs.kernels(run_id)
