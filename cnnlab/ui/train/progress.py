"""A comparison under way or at its end, as the Train page shows it."""

import pandas as pd
import streamlit as st

from cnnlab import runs
from cnnlab.data.registry import DATASETS
from cnnlab.data.split import steps_per_epoch, validation_images
from cnnlab.errors import RunNotFound
from cnnlab.runs import Run
from cnnlab.spec import Role, network_title
from cnnlab.ui.cached.curves import history
from cnnlab.ui.cached.predictions import counted
from cnnlab.ui.components import plot
from cnnlab.ui.plain_text import markdown
from cnnlab.views.figures.curve_lines import Network, View, current
from cnnlab.views.figures.curves import curves_figure
from cnnlab.views.palette import COLORS, GREY
from cnnlab.views.tables.results import NEEDED, comparison_findings, result_table

POLL_SECONDS = 0.25


def show(comparison: str, members: dict[Role, Run], view: View, ghost: str) -> None:
    """The state and the curves, polled for as long as a run is active.

    Args:
        comparison: Its id; zoom and hidden lines are kept as long as it stays the same.
        members: The runs as the page knows them; once they are in another state, the page runs again.
        view: How to draw the curves.
        ghost: An earlier run to draw faintly; none where empty.
    """
    active = any(run.active for run in members.values())
    fragment = st.fragment(_draw, run_every=POLL_SECONDS if active else None)
    fragment(comparison, {role: run.run_id for role, run in members.items()}, _states(members), view, ghost)


def _states(members: dict[Role, Run]) -> list[tuple[str, str]]:
    """What the page's buttons depend on."""
    return [(run.status, run.note) for run in members.values()]


def _draw(
    comparison: str, ids: dict[Role, str], states: list[tuple[str, str]], view: View, ghost: str
) -> None:
    members = {role: runs.get(run_id) for role, run_id in ids.items()}
    if _states(members) != states:
        st.rerun()
    histories = {role: history(run) for role, run in members.items()}
    for column, (role, run) in zip(st.columns(len(members)), members.items(), strict=True):
        with column.container(border=True):
            _state_of(run, histories[role])
    if not any(run.active for run in members.values()):
        _result(members)
    networks = [_network(run, histories[role], COLORS[role]) for role, run in members.items()]
    if ghost not in ids.values() and (earlier := _ghost(ghost)):
        networks.append(_network(earlier, history(earlier), GREY)._replace(ghost=True))
    alt = "Loss and accuracy, training and validation, of "
    plot.show(
        curves_figure(networks, view),
        key="curves",
        revision=f"{comparison} {view.x} {view.log_loss}",
        alt=alt + " and ".join(network_title(run.spec.model) for run in members.values()),
    )


def _ghost(run_id: str) -> Run | None:
    """The earlier run; None where there is none, or where it has been deleted meanwhile."""
    try:
        return runs.get(run_id) if run_id else None
    except RunNotFound:
        return None


def _network(run: Run, curves: pd.DataFrame, color: str) -> Network:
    images = run.spec.data.images - validation_images(run.spec.data)
    return Network(network_title(run.spec.model), color, steps_per_epoch(run.spec), images, current(curves))


def _state_of(run: Run, curves: pd.DataFrame) -> None:
    """How far, how fast, how long still, how well."""
    steps = curves["step"]
    step = int(steps.iloc[-1]) if len(steps) else 0
    total = steps_per_epoch(run.spec) * run.spec.training.epochs
    rate = run.metrics.get("images_per_second")
    accuracy = run.metrics.get("val_accuracy")
    left = f" · {_time_left(run, total - step, rate)}" if run.status == "training" and rate else ""
    st.markdown(f"**{network_title(run.spec.model)}** · {_status(run)}{left}")
    st.progress(min(step / total, 1.0))
    with st.container(horizontal=True, gap="medium"):
        epoch = f"{step / steps_per_epoch(run.spec):.1f} of {run.spec.training.epochs}"
        st.metric("Epoch", epoch, width="content")
        st.metric("Images/s", f"{rate:,.0f}" if rate else "–", width="content")
        st.metric("Validation", f"{accuracy:.1%}" if accuracy is not None else "–", width="content")
    if run.status == "failed":
        st.error(run.reason, icon=":material/error:")


def _status(run: Run) -> str:
    if run.status == "waiting":
        return "waiting for a free worker"
    if run.note:
        return run.note
    return f"{run.status} on {run.device}" if run.device else run.status


def _time_left(run: Run, steps: int, rate: float) -> str:
    seconds = steps * run.spec.training.batch_size / rate
    return f"{seconds:.0f} s left" if seconds < 90 else f"{seconds / 60:.0f} min left"


def _result(members: dict[Role, Run]) -> None:
    finished = [run for run in members.values() if run.metrics.keys() >= NEEDED]
    if not finished:
        return
    st.subheader("Result")
    test_images = DATASETS[finished[0].spec.data.dataset].test_images[finished[0].spec.data.source]
    names = [network_title(run.spec.model) for run in finished]
    counts = counted(*finished) if len(finished) == 2 else None
    st.markdown(markdown(comparison_findings(names, finished, counts, test_images)))
    st.dataframe(result_table(finished), hide_index=True)
    if len(finished) > 1:
        st.page_link(
            "../../pages/compare.py",
            label="Compare with evidence: intervals, images, robustness, a report",
            icon=":material/balance:",
            query_params={"runs": ",".join(run.run_id for run in finished)},
        )
