"""A comparison under way or at its end: its curves, how far it is, and what it has shown."""

import pandas as pd
import plotly.graph_objects as go
import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from cnnlab import runs, words
from cnnlab.comparison.curve_readings import read_curves
from cnnlab.data.registry import DATASETS
from cnnlab.data.split import images_to_learn_from, steps_per_epoch
from cnnlab.errors import RunNotFound
from cnnlab.evidence.finding import capitalized
from cnnlab.runs import Run
from cnnlab.runs.comparable import incomparable
from cnnlab.spec import Role, network_title
from cnnlab.ui.actions import reported
from cnnlab.ui.cached.curves import history
from cnnlab.ui.cached.places import place_in_words
from cnnlab.ui.cached.predictions import counted
from cnnlab.ui.choices import epoch
from cnnlab.ui.components import plot
from cnnlab.ui.plain_text import markdown, plain
from cnnlab.views.figures.curve_lines import Network, View, current
from cnnlab.views.figures.curves import curves_figure
from cnnlab.views.palette import COLORS, GREY
from cnnlab.views.tables.results import NEEDED, comparison_findings, result_table
from cnnlab.views.training_time import seconds_left

SHARE_OF_WINDOW = 0.25  # so that the curves are in view below the networks, on a projector too
DRAWN = "curves_drawn"  # session state: the figure of the curves, and what it was made of
EPOCH = "lab_epoch"  # session state: the epoch that the lab shows


def render_active(members: dict[Role, Run], view: View, ghost: str) -> None:
    """The curves so far, and beside them how far each network is.

    Args:
        members: The runs of a comparison, at least one of them active.
        view: How to draw the curves.
        ghost: An earlier run to draw faintly; none where empty.
    """
    place = place_in_words([run.run_id for run in members.values() if run.status == "waiting"])
    left, right = _columns()
    curves = _read(members)
    with right, st.container():
        for role, run in members.items():
            with st.container(key=f"state_{role}", gap="small"):
                _state_of(run, curves[role], place)
    right.empty()  # in place of the result that may be there, which else stays until the page is drawn
    with left:
        _curves(members, curves, view, ghost)
    left.empty()


def render_ended(members: dict[Role, Run], view: View, ghost: str) -> dict[Role, int]:
    """The curves and what they say, and beside them the result, of runs that have all ended.

    Takes the arguments of `render_active`. Returns the epoch that a person has chosen for each network;
    nothing where no weights are stored.
    """
    left, right = _columns()
    right.empty()  # in place of the states of networks that trained
    epochs = None
    with right, st.container(), reported():
        _result(members)
        if all(runs.weight_epochs(run.run_id) for run in members.values()):
            epochs = epoch.render(members, EPOCH)
    with left, reported():
        curves = _read(members)
        _curves(members, curves, view, ghost)
        with st.container():
            for role, run in members.items():
                _ending_of(run)
                for reading in read_curves(run, network_title(run.spec.model), curves[role]):
                    st.markdown(markdown([reading.finding]), help=reading.rule)
    return epochs or {}


def _columns() -> list[DeltaGenerator]:
    return st.columns([1.7, 1], gap="medium")


def _read(members: dict[Role, Run]) -> dict[Role, pd.DataFrame]:
    """The curves of each, read once however often they are drawn."""
    return {role: history(run) for role, run in members.items()}


def _curves(members: dict[Role, Run], curves: dict[Role, pd.DataFrame], view: View, ghost: str) -> None:
    shown = [(run, curves[role], COLORS[role]) for role, run in members.items()]
    if all(run.run_id != ghost for run in members.values()) and (earlier := _ghost(ghost)):
        shown.append((earlier, history(earlier), GREY))
    alt = "Loss and accuracy, training and validation, of "
    comparison = members["model"].comparison  # as long as it stays the same, so do zoom and hidden lines
    plot.render(
        _figure(shown, view, len(members)),
        key="curves",
        revision=f"{comparison} {view.x} {view.log_loss}",
        alt=alt + " and ".join(network_title(run.spec.model) for run in members.values()),
        share_of_window=SHARE_OF_WINDOW,
    )


def _figure(shown: list[tuple[Run, pd.DataFrame, str]], view: View, members: int) -> go.Figure:
    """The figure of runs with their curves and colours; the one from before where nothing was reported since.

    What comes after so many members is a ghost.
    """
    version = (view, [(run.run_id, len(curves), color) for run, curves, color in shown])
    drawn = st.session_state.get(DRAWN)
    if drawn is None or drawn[0] != version:
        networks = [_network(*each)._replace(ghost=number >= members) for number, each in enumerate(shown)]
        drawn = st.session_state[DRAWN] = version, curves_figure(networks, view, beside=True)
    return drawn[1]


def _ghost(run_id: str) -> Run | None:
    """The earlier run; None where there is none, or where it has been deleted meanwhile."""
    try:
        return runs.get(run_id) if run_id else None
    except RunNotFound:
        return None


def _network(run: Run, curves: pd.DataFrame, color: str) -> Network:
    images = images_to_learn_from(run.spec)
    return Network(network_title(run.spec.model), color, steps_per_epoch(run.spec), images, current(curves))


def _ending_of(run: Run) -> None:
    """How a training that has ended went."""
    facts = [f"**{network_title(run.spec.model)}** · {_status(run)}"]
    if seconds := run.metrics.get("seconds"):
        facts.append(f"{words.seconds(seconds)} of training")
    st.caption(" · ".join(facts))
    _reason_of(run)


def _reason_of(run: Run) -> None:
    """Why it failed, or ended before its last epoch."""
    if run.status == "failed" and run.reason:
        st.error(plain(run.reason), icon=":material/error:")
    elif run.reason:
        st.caption(plain(run.reason))


def _state_of(run: Run, curves: pd.DataFrame, place: str) -> None:
    """How far, how fast, how long still, how well; while it waits, its place in the queue."""
    steps = curves["step"]
    step = int(steps.iloc[-1]) if len(steps) else 0
    total = steps_per_epoch(run.spec) * run.spec.training.epochs
    rate = run.metrics.get("images_per_second")
    accuracy = run.metrics.get("val_accuracy")
    left = _time_left(run, curves, total - step)
    status = f"waiting: {place}" if run.status == "waiting" and place else _status(run)
    st.markdown(f"**{network_title(run.spec.model)}** · {status}{left}")
    st.progress(min(step / total, 1.0))
    facts = [f"epoch {step / steps_per_epoch(run.spec):.1f} of {run.spec.training.epochs}"]
    if rate:
        facts.append(f"{rate:,.0f} images/s")
    if accuracy is not None:
        facts.append(f"validation {words.percent(accuracy)}")
    st.caption(" · ".join(facts))
    _reason_of(run)


def _status(run: Run) -> str:
    if run.status == "waiting":
        return "waiting for a free worker"
    if run.note:
        return run.note
    return f"{run.status} on {run.device}" if run.device else run.status


def _sentence(reasons: dict[str, str]) -> str:
    return f"{capitalized(next(iter(reasons.values())))}."


def _time_left(run: Run, curves: pd.DataFrame, steps: int) -> str:
    """Empty while the run does not train, pauses, or has no steady rate yet."""
    if run.status != "training" or run.note:
        return ""
    images_per_step = images_to_learn_from(run.spec) / steps_per_epoch(run.spec)
    seconds = seconds_left(current(curves), steps, images_per_step)
    return "" if seconds is None else f" · about {words.seconds(seconds)} left"


def _result(members: dict[Role, Run]) -> None:
    finished = list(tested(members).values())
    if not finished:
        return
    st.subheader("Result", anchor=False)
    data = finished[0].spec.data
    if data.dataset not in DATASETS:
        st.info(f"No verdict: the data set '{plain(data.dataset)}' is not known here.")
        return
    test_images = DATASETS[data.dataset].test_images[data.source]
    names = [network_title(run.spec.model) for run in finished]
    reasons = incomparable(finished, finished[0])
    if reasons:
        st.info(f"No verdict: {plain(names[1])} cannot be compared. {plain(_sentence(reasons))}")
    else:
        counts = counted(*finished) if len(finished) == 2 else None
        with st.container(key="verdict"):
            st.markdown(markdown(comparison_findings(names, finished, counts, test_images)))


def tested(members: dict[Role, Run]) -> dict[Role, Run]:
    """Those that have ended with a test."""
    return {role: run for role, run in members.items() if not run.active and run.metrics.keys() >= NEEDED}


def render_table(members: dict[Role, Run]) -> None:
    """All results of the networks that were tested."""
    if finished := tested(members):
        st.dataframe(result_table(list(finished.values())), hide_index=True)
