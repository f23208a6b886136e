"""The section "Robustness": the choice of disturbances, the buttons that measure, and the results."""

from collections.abc import Sequence

import streamlit as st

from cnnlab import words
from cnnlab.comparison.candidates import Candidate
from cnnlab.comparison.robustness import SHIFT, outcomes, robustness_section
from cnnlab.errors import TrainerUnavailable
from cnnlab.robustness import results
from cnnlab.robustness.experiments import EXPERIMENTS
from cnnlab.robustness.findings import Outcome
from cnnlab.trainer.measurements import Key, Progress
from cnnlab.ui.actions import attempt, polled
from cnnlab.ui.cached.trainer import trainer
from cnnlab.ui.compare import disturbed_images, section
from cnnlab.ui.plain_text import plain

POLL_SECONDS = 0.5
FIGURES_A_ROW = 3
NOT_READY = "Measuring can start as soon as the trainer is ready; see the sidebar."
ALL_MEASURED = "Everything chosen has been measured; the results are stored with the runs."


def render(compared: Sequence[Candidate], baseline: Candidate) -> None:
    """The whole section. All networks must have been tested on the same images."""
    st.write(
        "A network that has learned what a thing looks like should recognize it when it is moved, turned, or "
        "hard to see. Every network gets the same disturbed images: the first "
        f"{results.most_images(baseline.run):,} of the test set at most. What comes in from beyond the "
        "border is black."
    )
    _shuffled(compared)
    chosen = st.pills(
        "Disturbances",
        list(EXPERIMENTS),
        selection_mode="multi",
        default=[SHIFT],
        format_func=lambda name: EXPERIMENTS[name].title,
        key="robustness_experiments",
        persist_state="session",
    )
    if not chosen:
        st.info("Choose at least one disturbance.", icon=":material/info:")
        return
    under_way = _under_way(compared)
    measuring = {name: {run_id for run_id, other in under_way if other == name} for name in chosen}
    measured = {name: outcomes(name, compared, measuring[name]) for name in chosen}
    _buttons(compared, chosen, measured, under_way)
    fragment = polled(_progress, POLL_SECONDS if under_way else None)
    fragment(compared, set(under_way))
    for name in chosen:
        with st.container(border=True):
            _experiment(name, compared, baseline, measured[name])


def _shuffled(compared: Sequence[Candidate]) -> None:
    names = [plain(each.label) for each in compared if each.run.spec.data.shuffled_pixels]
    if names:
        st.info(
            f"The pixels of the images are shuffled for {words.listing(names)}: each image is disturbed "
            "first, and shuffled afterwards.",
            icon=":material/shuffle:",
        )


def _ids(compared: Sequence[Candidate]) -> list[str]:
    return [each.run.run_id for each in compared]


def _under_way(compared: Sequence[Candidate]) -> dict[Key, Progress]:
    """What is being measured; nothing if the trainer is lost, since that ends its measurements."""
    try:
        return trainer().measurements.under_way(_ids(compared))
    except TrainerUnavailable:
        return {}


def _buttons(
    compared: Sequence[Candidate],
    chosen: Sequence[str],
    measured: dict[str, dict[str, Outcome]],
    under_way: dict[Key, Progress],
) -> None:
    missing = {
        (run_id, name) for name in chosen for run_id in _ids(compared) if run_id not in measured[name]
    } - under_way.keys()
    ready = trainer().status().state == "ready"
    with st.container(horizontal=True):
        st.button(
            "Measure",
            icon=":material/labs:",
            type="primary",
            key="measure",
            on_click=attempt,
            args=(trainer().measurements.measure, _ids(compared), chosen),
            disabled=not (missing and ready),
        )
        st.button(
            "Cancel",
            icon=":material/stop:",
            key="cancel_measuring",
            on_click=attempt,
            args=(trainer().measurements.cancel, _ids(compared)),
            disabled=not under_way,
        )
    if missing and not ready:
        st.caption(NOT_READY)
    elif not missing and not under_way:
        st.caption(ALL_MEASURED)


def _progress(compared: Sequence[Candidate], known: set[Key]) -> None:
    """How far each measurement is; the page runs again once one of them has ended."""
    under_way = _under_way(compared)
    if set(under_way) != known:
        st.rerun()
    labels = {each.run.run_id: each.label for each in compared}
    for (run_id, name), reason in trainer().measurements.failures(_ids(compared)).items():
        failed = f"{EXPERIMENTS[name].title}, {labels[run_id]}: {reason}"
        st.warning(plain(failed), icon=":material/error:")
    if not under_way:
        return
    done = sum(each.done for each in under_way.values())
    total = sum(each.total for each in under_way.values())
    running = [
        f"{EXPERIMENTS[name].title} of {labels[run_id]} {progress.done} of {progress.total}"
        for (run_id, name), progress in under_way.items()
        if progress.done
    ]
    waiting = len(under_way) - len(running)
    parts = running + ([f"{waiting} waiting"] if waiting else [])
    st.progress(done / total, text=plain(f"Measuring: {'; '.join(parts)}"))


def _experiment(
    name: str, compared: Sequence[Candidate], baseline: Candidate, measured: dict[str, Outcome]
) -> None:
    shown = robustness_section(name, measured, compared, baseline)
    st.subheader(shown.heading, anchor=False)
    disturbed_images.render(name, baseline)
    section.findings(shown)
    section.notes(shown)
    for first in range(0, len(shown.figures), FIGURES_A_ROW):
        row = shown.figures[first : first + FIGURES_A_ROW]
        for column, figure in zip(st.columns(FIGURES_A_ROW if name == SHIFT else 1), row, strict=False):
            with column:
                section.figure(figure)
