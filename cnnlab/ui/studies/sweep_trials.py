"""All trials of a sweep as a table, and what can be done with one or several of them."""

from typing import Any

import streamlit as st

from cnnlab import words
from cnnlab.comparison.candidates import MOST
from cnnlab.studies.sweep_figures import COSTS
from cnnlab.studies.sweep_plan import Sweep, title
from cnnlab.studies.sweep_progress import SweepProgress, Trial
from cnnlab.ui.actions import attempt
from cnnlab.ui.choices.address_parameter import COMPARED_RUNS, RUN
from cnnlab.ui.choices.picker import choose
from cnnlab.ui.sidebar import panel
from cnnlab.views.tables.sweep import ACCURACY, NOTE, STATE, TRIAL, Row, trials_frame
from cnnlab.views.tables.sweep import RUN as RUN_COLUMN

ROW_HEIGHT, MOST_ROWS = 35, 12
WHAT_TO_DO = "Tick trials in the table, or choose them here."


def render(progress: SweepProgress) -> None:
    """The table, with the buttons for the chosen trials above it."""
    if not progress.trials:
        return
    st.subheader("Trials", anchor=False)
    by_number = {trial.number: trial for trial in progress.trials}
    key = f"sweep_chosen_{progress.study_id}"
    if key not in st.session_state:
        choose(key, [progress.best.number] if progress.best else [])
    kept = [number for number in st.session_state[key] if number in by_number]
    chosen = st.multiselect(
        "Chosen trials",
        list(by_number),
        kept,
        format_func=lambda number: _label(by_number[number]),
        key=key,
        max_selections=MOST,
        persist_state="session",
        placeholder="Choose trials",
        help=WHAT_TO_DO,
    )
    _actions(progress.sweep, [by_number[number] for number in chosen], progress)
    _table(progress, key)


def _label(trial: Trial) -> str:
    return f"Trial {trial.number} ({words.percent(trial.values[0]) if trial.values else trial.state})"


def _actions(sweep: Sweep, chosen: list[Trial], progress: SweepProgress) -> None:
    """Open one trial as a run, compare several, or one with the baseline, and take over its settings."""
    with_runs = [trial for trial in chosen if trial.runs]
    compared = [trial.runs[0].run_id for trial in with_runs]
    baseline = progress.baseline_run
    if len(compared) == 1 and baseline and not baseline.active:
        compared.append(baseline.run_id)
    one = with_runs[0] if len(with_runs) == 1 else None
    with st.container(horizontal=True, vertical_alignment="center", gap="small"):
        st.page_link(
            "../../pages/run.py",
            label="Open",
            icon=":material/article:",
            query_params={RUN.name: one.runs[0].run_id if one else ""},
            disabled=one is None,
            width="content",
            help="One trial by itself: its settings, curves and files.",
        )
        st.page_link(
            "../../pages/compare.py",
            label="Compare",
            icon=":material/compare_arrows:",
            query_params={COMPARED_RUNS.name: ",".join(compared[:MOST])},
            disabled=len(compared) < 2,
            width="content",
            help="Several trials side by side; a single one beside the baseline.",
        )
        st.button(
            "Use these settings",
            icon=":material/tune:",
            key="sweep_use",
            disabled=one is None,
            type="tertiary",
            help="Sets the sidebar to the settings of one trial.",
            on_click=attempt,
            args=(_use, sweep, one),
        )


def _use(sweep: Sweep, trial: Trial) -> None:
    panel.restore(sweep.with_point(trial.settings))
    st.toast(f"The sidebar has the settings of trial {trial.number}.", icon=":material/tune:")


def _table(progress: SweepProgress, chosen_key: str) -> None:
    cost_title = COSTS.get(progress.sweep.objective, "")
    frame = trials_frame([_row(trial) for trial in progress.trials], cost_title)
    numbers = frame[TRIAL].tolist()
    key = f"sweep_table_{progress.study_id}"

    def take_over() -> None:
        rows = st.session_state[key]["selection"]["rows"]
        st.session_state[chosen_key] = [numbers[row] for row in rows if row < len(numbers)][:MOST]

    st.dataframe(
        frame,
        key=key,
        hide_index=True,
        on_select=take_over,
        selection_mode="multi-row",
        height=ROW_HEIGHT * (min(len(frame), MOST_ROWS) + 1) + 3,
        row_height=ROW_HEIGHT,
        placeholder="",
        column_config=_columns(cost_title),
        alt="Trials, one in each row, the most accurate first",
    )


def _row(trial: Trial) -> Row:
    values = trial.values or (None,)
    note = trial.reason
    if trial.again is not None:
        note = f"Repeats trial {trial.again}. {note}".strip()
    if trial.stored:
        note = f"Stored before the sweep. {note}".strip()
    return Row(
        trial.number,
        trial.state,
        values[0],
        values[1] if len(values) > 1 else None,
        {title(path): value for path, value in trial.settings.items()},
        note,
        f"run?{RUN.name}={trial.runs[0].run_id}" if trial.runs else "",
    )


def _columns(cost_title: str) -> dict[str, Any]:
    column = st.column_config
    columns = {
        TRIAL: column.NumberColumn(pinned=True, width=60, format="%d"),
        ACCURACY: column.NumberColumn(format="%.2f%%", width=85, help="On the validation images."),
        STATE: column.TextColumn(width=85),
        NOTE: column.TextColumn(width=260),
        RUN_COLUMN: column.LinkColumn(display_text="Open", width=65),
    }
    if cost_title:
        columns[cost_title] = column.NumberColumn(format="localized", width=120)
    return columns
