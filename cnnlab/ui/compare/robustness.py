"""What is left of networks on disturbed images: the choice of disturbances, their measuring, the findings."""

import numpy as np
import plotly.graph_objects as go
import streamlit as st

from cnnlab.errors import TrainerUnavailable
from cnnlab.robustness import results
from cnnlab.robustness.experiments import EXPERIMENTS, Experiment
from cnnlab.robustness.findings import Outcome, level_title, robustness_findings
from cnnlab.trainer.measurements import Key, Progress
from cnnlab.ui.actions import attempt
from cnnlab.ui.cached.trainer import trainer
from cnnlab.ui.compare import disturbed_images
from cnnlab.ui.components import plot
from cnnlab.ui.labelled_runs import Candidate
from cnnlab.ui.plain_text import markdown, plain
from cnnlab.views.figures.robustness import (
    accuracy_by_level_figure,
    accuracy_map_figure,
    difference_limit,
    difference_map_figure,
)

POLL_SECONDS = 0.5
MAPS_A_ROW = 3
SHIFT = "shift"
NOT_READY = "Measuring can start as soon as the trainer is ready; the sidebar tells."
ALL_MEASURED = "All that is chosen has been measured; the results are kept with the runs."


def show(compared: list[Candidate], baseline: Candidate) -> None:
    """The whole section. All networks must have been tested on the same images."""
    st.write(
        "A network that has learned what a thing looks like should know it again when it lies elsewhere, is "
        "turned, or is seen badly. Each network is shown the same disturbed images, the first "
        f"{results.MOST:,} of the test set at most."
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
    found = _found(compared, chosen, under_way)
    _buttons(compared, chosen, found, under_way)
    fragment = st.fragment(_progress, run_every=POLL_SECONDS if under_way else None)
    fragment(compared, set(under_way))
    for name in chosen:
        with st.container(border=True):
            _experiment(name, compared, baseline, found[name])


def _shuffled(compared: list[Candidate]) -> None:
    names = [plain(each.label) for each in compared if each.run.spec.data.shuffled_pixels]
    if names:
        st.info(
            f"The pixels of the images are shuffled for {' and '.join(names)}: a picture is disturbed first, "
            "and then its pixels change places.",
            icon=":material/shuffle:",
        )


def _ids(compared: list[Candidate]) -> list[str]:
    return [each.run.run_id for each in compared]


def _under_way(compared: list[Candidate]) -> dict[Key, Progress]:
    """Nothing where the trainer is lost: what it was to measure then ends with a reason."""
    try:
        return trainer().measurements.under_way(_ids(compared))
    except TrainerUnavailable:
        return {}


def _found(
    compared: list[Candidate], chosen: list[str], under_way: dict[Key, Progress]
) -> dict[str, dict[str, Outcome]]:
    """Experiment → run id → what is stored; a result that is being written is left alone."""
    return {
        name: {
            each.run.run_id: Outcome(each.label, each.color, measured.right)
            for each in compared
            if (each.run.run_id, name) not in under_way
            and (measured := results.stored(each.run, name)) is not None
        }
        for name in chosen
    }


def _buttons(
    compared: list[Candidate],
    chosen: list[str],
    found: dict[str, dict[str, Outcome]],
    under_way: dict[Key, Progress],
) -> None:
    missing = {
        (run_id, name) for name in chosen for run_id in _ids(compared) if run_id not in found[name]
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


def _progress(compared: list[Candidate], known: set[Key]) -> None:
    """How far each measurement is; the page runs again once one of them has ended."""
    under_way = _under_way(compared)
    if set(under_way) != known:
        st.rerun()
    labels = {each.run.run_id: plain(each.label) for each in compared}
    for (run_id, name), reason in trainer().measurements.failures(_ids(compared)).items():
        st.warning(f"{EXPERIMENTS[name].title}, {labels[run_id]}: {reason}", icon=":material/error:")
    if not under_way:
        return
    done, total = (sum(each[place] for each in under_way.values()) for place in (0, 1))
    now = [
        f"{EXPERIMENTS[name].title} of {labels[run_id]} {progress.done} of {progress.total}"
        for (run_id, name), progress in under_way.items()
        if progress.done
    ]
    waiting = len(under_way) - len(now)
    words = now + ([f"{waiting} {'waits' if waiting == 1 else 'wait'}"] if waiting else [])
    st.progress(done / total, text=f"Measuring: {'; '.join(words)}")


def _experiment(name: str, compared: list[Candidate], baseline: Candidate, found: dict[str, Outcome]) -> None:
    experiment = EXPERIMENTS[name]
    st.subheader(experiment.title, anchor=False)
    disturbed_images.show(name, baseline)
    outcomes = list(found.values())
    if not outcomes:
        st.caption("Not measured yet.")
        return
    st.markdown(_findings(experiment, found, compared, baseline))
    if name == SHIFT:
        _maps(experiment, found, baseline)
        return
    plot.show(
        accuracy_by_level_figure(experiment, outcomes),
        key=f"robustness_{name}",
        revision=" ".join(found),
        alt=_alt(experiment, outcomes),
        tools=False,
    )


def _findings(
    experiment: Experiment, found: dict[str, Outcome], compared: list[Candidate], baseline: Candidate
) -> str:
    lacking = [plain(each.label) for each in compared if each.run.run_id not in found]
    rest = f" Not measured yet: {', '.join(lacking)}." if lacking else ""
    base = found.get(baseline.run.run_id)
    return markdown(robustness_findings(experiment, list(found.values()), base)) + rest


def _alt(experiment: Experiment, outcomes: list[Outcome]) -> str:
    ends = (experiment.levels[0], experiment.levels[-1])
    span = " to ".join(level_title(experiment, level) for level in ends)
    curves = "; ".join(
        f"{each.name} from {each.accuracies[0]:.1%} to {each.accuracies[-1]:.1%}, "
        f"between {each.accuracies.min():.1%} and {each.accuracies.max():.1%}"
        for each in outcomes
    )
    return f"Accuracy by {experiment.x_label.lower()}, {span}: {curves}"


def _maps(experiment: Experiment, found: dict[str, Outcome], baseline: Candidate) -> None:
    """A heat map for each network, and one for the difference of each to the baseline."""
    figures = [
        (f"map_{run_id}", accuracy_map_figure(experiment, each), f"Accuracy of {each.name} by shift")
        for run_id, each in found.items()
    ]
    base = found.get(baseline.run.run_id)
    if base:
        others = {run_id: each for run_id, each in found.items() if each is not base}
        limit = difference_limit(list(others.values()), base)
        figures += [
            (
                f"difference_{run_id}_{baseline.run.run_id}",
                difference_map_figure(experiment, each, base, limit),
                f"Accuracy of {each.name} less that of {base.name}, by shift",
            )
            for run_id, each in others.items()
        ]
    for first in range(0, len(figures), MAPS_A_ROW):
        row = figures[first : first + MAPS_A_ROW]
        for column, (key, figure, title) in zip(st.columns(MAPS_A_ROW), row, strict=False):
            with column:
                plot.show(figure, key=key, revision=key, alt=f"{title}: {_range(figure)}", tools=False)


def _range(figure: go.Figure) -> str:
    [heatmap] = figure.select_traces()
    values = np.asarray(heatmap.z)
    unshifted = values[values.shape[0] // 2, values.shape[1] // 2]
    return f"{unshifted:.1f} unshifted, {values.min():.1f} to {values.max():.1f} in all"
