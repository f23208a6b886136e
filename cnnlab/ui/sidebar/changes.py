"""What the sidebar says otherwise than the training that is shown: train that, or take it back."""

import streamlit as st

from cnnlab.runs import Run
from cnnlab.runs.comparable import settings
from cnnlab.spec import ComparisonSpec, Role, RunSpec
from cnnlab.ui.actions import refusal
from cnnlab.ui.cached.trainer import trainer
from cnnlab.ui.plain_text import plain
from cnnlab.ui.sidebar import panel, steering
from cnnlab.ui.sidebar.from_runs import comparison_of, has_controls

MOST_NAMED = 4  # settings


def differences(comparison: ComparisonSpec, members: dict[Role, Run]) -> list[str]:
    """'filters of every block 64 → 8', for each setting in which the sidebar and the training differ.

    A pinned run in the place of the baseline is no setting of the sidebar, and does not count.
    """
    own = {role: run for role, run in members.items() if run.comparison == members["model"].comparison}
    specs = comparison.runs()
    named: dict[str, None] = {}
    for role, run in own.items():
        if role in specs:
            of = "" if role == "model" else "baseline: "
            for change in _changes(run.spec, specs[role]):
                if change not in named:
                    named[f"{of}{change}"] = None
    return list(named)


def _changes(before: RunSpec, now: RunSpec) -> list[str]:
    return [
        f"{setting.name} {setting.words[0]} → {setting.words[1]}"
        for setting in settings([before, now])
        if setting.differs
    ]


def render(comparison: ComparisonSpec | None, members: dict[Role, Run], with_train: bool = False) -> None:
    """What differs, if anything does, and the buttons that train it or take it back; in a line of the page.

    `with_train`: whether there is a button that trains, for a page that has none.
    """
    if comparison is None or not has_controls(members):
        return
    changed = differences(comparison, members)
    if not changed:
        return
    more = f" and {len(changed) - MOST_NAMED} more" if len(changed) > MOST_NAMED else ""
    st.caption(
        f"Settings changed since this run: {plain('; '.join(changed[:MOST_NAMED]))}{more}.", width="content"
    )
    if with_train:
        _render_train(comparison)
    st.button(
        "Restore",
        key="restore_settings",
        icon=":material/undo:",
        type="tertiary",
        help="Sets the controls to what the run shown here was made with.",
        on_click=panel.restore,
        args=(comparison_of(members),),
    )


def _render_train(comparison: ComparisonSpec) -> None:
    pressed = st.button(
        "Train",
        key="train_changed",
        icon=":material/play_arrow:",
        type="tertiary",
        disabled=trainer().status().state != "ready",
        help="Trains the changed settings, on the page Lab.",
    )
    if pressed:
        if reason := refusal(steering.train, comparison):
            st.toast(plain(reason), icon=":material/error:")
        else:
            st.switch_page("../../pages/lab.py")
