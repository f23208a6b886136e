"""What the CNN is compared with: the dense baseline, or a pinned run."""

from streamlit.delta_generator import DeltaGenerator

from cnnlab import runs
from cnnlab.runs import Run
from cnnlab.ui.choices.labels import run_label
from cnnlab.ui.choices.picker import add_missing, choose
from cnnlab.ui.sidebar import steering
from cnnlab.ui.sidebar.controls import CONTROLS

DENSE_BASELINE = ""
LISTED = 50


def choose_rival(place: DeltaGenerator) -> Run | None:
    """What the CNN is compared with: any run, or None for the dense baseline of the sidebar.

    `place` is where the box is; that an asked-for run is not stored is told where this is called.
    """
    options = {run.run_id: run for run in runs.recent(LISTED) if not run.active}
    pinned = steering.pinned()
    add_missing(options, [pinned] if pinned else [], runs.get, "The dense-only baseline takes its place.")
    if pinned not in options:
        choose("pin", DENSE_BASELINE)
    rivals = [DENSE_BASELINE, *options]
    chosen = place.selectbox(
        CONTROLS["pin"].title,
        rivals,
        rivals.index(steering.pinned()),
        format_func=lambda run_id: run_label(options[run_id]) if run_id else "the dense-only baseline",
        key="pin",
        persist_state="session",
        help="A run that is pinned here takes the place of the baseline, which is then not trained.",
    )
    return options.get(chosen)
