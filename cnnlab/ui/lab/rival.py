"""What the CNN is compared with: the dense baseline, or a pinned run."""

from streamlit.delta_generator import DeltaGenerator

from cnnlab import runs
from cnnlab.runs import Run
from cnnlab.ui.choices.labels import run_label
from cnnlab.ui.choices.picker import add_missing, choose, distinct_labels
from cnnlab.ui.sidebar import steering
from cnnlab.ui.sidebar.controls import CONTROLS

DENSE_BASELINE = ""


def choose_rival(place: DeltaGenerator, newest: list[Run]) -> Run | None:
    """What the CNN is compared with: any run, or None for the dense baseline of the sidebar.

    `place` is where the box is, and `newest` are the runs that it lists; that an asked-for run is not stored
    is told where this is called.
    """
    options = {run.run_id: run for run in newest if not run.active}
    pinned = steering.pinned()
    add_missing(options, [pinned] if pinned else [], runs.get, "The dense-only baseline takes its place.")
    if pinned not in options:
        choose("pin", DENSE_BASELINE)
    labels = {DENSE_BASELINE: "the dense-only baseline"} | distinct_labels(options, run_label)
    chosen = place.selectbox(
        CONTROLS["pin"].title,
        list(labels),
        list(labels).index(steering.pinned()),
        format_func=labels.__getitem__,
        key="pin",
        persist_state="session",
        help="A run that is pinned here takes the place of the baseline, which is then not trained.",
    )
    return options.get(chosen)
