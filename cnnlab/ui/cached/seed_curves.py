"""The validation curves of finished runs, epoch by epoch, of several seeds in one frame."""

from collections.abc import Iterable

import pandas as pd
import streamlit as st

from cnnlab import runs
from cnnlab.data.split import steps_per_epoch
from cnnlab.runs import Run
from cnnlab.views.figures.bands import PANELS
from cnnlab.views.figures.curve_lines import current

COLUMNS = ["seed", "epoch", "metric", "value"]
MOST_KEPT = 20


def validation_curves(finished: Iterable[Run]) -> pd.DataFrame:
    """The columns seed, epoch, metric (of `PANELS`) and value; empty for no runs."""
    return _read(
        tuple(
            (
                run.run_id,
                run.spec.training.seed,
                steps_per_epoch(run.spec),
                f"{run.spec.training.epochs} {run.metrics.get('seconds')}",
            )
            for run in finished
        )
    )


@st.cache_data(max_entries=MOST_KEPT, show_spinner="Reading the curves")
def _read(finished: tuple[tuple[str, int, int, str], ...]) -> pd.DataFrame:
    """Of each run: its id, its seed, its steps an epoch, and what tells it from before it was continued."""
    frames = [pd.DataFrame(columns=COLUMNS)]
    for run_id, seed, steps, _ in finished:
        frame = current(runs.curves([run_id]))
        frame = frame[frame["metric"].isin(list(PANELS))]
        frames.append(frame.assign(seed=seed, epoch=frame["step"] / steps)[COLUMNS])
    return pd.concat(frames[1:] or frames, ignore_index=True)
