"""A new sweep: what is varied and how, how many trainings that takes and about how long, and the start."""

from typing import Any, get_args

import streamlit as st

from cnnlab import words
from cnnlab.errors import InputRefused
from cnnlab.spec import ComparisonSpec
from cnnlab.studies import sweep_plan
from cnnlab.studies.sweep_plan import (
    CONTROLS,
    LEAST_CONFIRMING,
    METHODS,
    MOST_CONFIRMING,
    MOST_SEEDS,
    PRUNINGS,
    Method,
    Objective,
    Pruning,
    Sweep,
)
from cnnlab.ui import visitor
from cnnlab.ui.actions import attempt
from cnnlab.ui.cached import durations
from cnnlab.ui.cached.trainer import sweep_driver, trainer
from cnnlab.ui.choices.address_parameter import STUDY
from cnnlab.ui.plain_text import plain
from cnnlab.ui.studies import sweep_ranges_form, sweep_time

TITLE = "Best settings"
QUESTION = (
    "Which settings are best? The CNN of the sidebar is trained with many combinations of settings, and the "
    "validation accuracy decides. At the end the best one is trained again on fresh seeds, beside the "
    "settings of the sidebar and the baseline, since the best of many trials was partly lucky."
)
OBJECTIVE_TITLES: dict[Objective, str] = {
    "accuracy": "Accuracy",
    "accuracy_params": "Accuracy and parameters",
    "accuracy_macs": "Accuracy and multiply-adds",
}
METHOD_HELP = (
    "**Grid**: every combination of a few values of each setting. **Random**: combinations drawn at random. "
    "**TPE**: learns from the trials so far where good ones lie; needs about 10 before it does. **NSGA-II**: "
    "breeds new trials from good ones; meant for two objectives and hundreds of trials."
)
PRUNING_HELP = (
    "Ends a trial early that does badly. **Median**: worse than half of the earlier ones at the same epoch. "
    "**Successive halving**: only the better ones are trained on to the last epoch. **Wilcoxon**: compares "
    "with the best trial seed by seed, so it needs several seeds per trial."
)
TWO_OBJECTIVES = "Pruning needs a single objective: Optuna prunes no trial that has two."


def render(comparison: ComparisonSpec, ready: bool) -> None:
    """The controls, the refusals in sentences, and the button."""
    try:
        sweep = _sweep(comparison)
    except InputRefused as error:
        _offer(None, [str(error)], ready)
        return
    _offer(sweep, sweep_plan.refusals(sweep) or _limits(sweep), ready)


def _limits(sweep: Sweep) -> list[str]:
    """One sentence for each of the dashboard's limits that the start or a trial exceeds."""
    return trainer().trainings.limits.refusals_of_all(
        [*sweep.comparison.runs().values(), *sweep_time.sampled(sweep)]
    )


def _sweep(comparison: ComparisonSpec) -> Sweep:
    refused: InputRefused | None = None
    ranges = ()
    try:
        ranges = sweep_ranges_form.render(comparison)
    except InputRefused as error:
        refused = error  # the other controls are drawn all the same: one that is not drawn loses its value
    objective = st.segmented_control(
        CONTROLS["objective"],
        list(OBJECTIVE_TITLES),
        format_func=OBJECTIVE_TITLES.__getitem__,
        default="accuracy",
        required=True,
        key="sweep_objective",
        persist_state="session",
        help="The accuracy is that of the best epoch on the validation images. The test images play no part.",
    )
    method: Method = st.segmented_control(
        CONTROLS["method"],
        list(get_args(Method)),
        format_func=METHODS.__getitem__,
        default="tpe",
        required=True,
        key="sweep_method",
        persist_state="session",
        help=METHOD_HELP,
    )
    with st.container(horizontal=True, vertical_alignment="bottom", gap="small"):
        trials, minutes, seeds = _amounts()
        pruning = _pruning(objective)
    fields = _details()
    if refused:
        raise refused
    return Sweep(
        comparison=comparison,
        ranges=ranges,
        objective=objective,
        method=method,
        trials=trials,
        minutes=minutes,
        seeds=seeds,
        pruning=pruning,
        **fields,
    )


def _amounts() -> tuple[int, float | None, int]:
    trials = st.number_input(
        CONTROLS["trials"], value=20, key="sweep_trials", persist_state="session", width=130
    )
    minutes = st.number_input(
        f"{CONTROLS['minutes']} (minutes)",
        value=None,
        format="%g",
        key="sweep_minutes",
        persist_state="session",
        placeholder="none",
        width=200,
        help="After so many minutes no further trial begins.",
    )
    seeds = st.number_input(
        CONTROLS["seeds"],
        value=1,
        key="sweep_seeds",
        persist_state="session",
        width=150,
        help=f"Up to {MOST_SEEDS}, the same for every trial. Its accuracy is the mean over them.",
    )
    return trials, minutes, seeds


def _pruning(objective: Objective) -> Pruning:
    """Which trials end early; none with two objectives, which the control then says."""
    alone = objective == "accuracy"
    chosen = st.selectbox(
        CONTROLS["pruning"],
        list(get_args(Pruning)),
        format_func=PRUNINGS.__getitem__,
        key="sweep_pruning",
        persist_state="session",
        width=210,
        disabled=not alone,
        help=PRUNING_HELP if alone else TWO_OBJECTIVES,
    )
    return chosen if alone else "none"


def _details() -> dict[str, Any]:
    with st.expander("More"), st.container(horizontal=True, vertical_alignment="bottom", gap="small"):
        return {
            "confirm_seeds": st.number_input(
                CONTROLS["confirm_seeds"],
                value=LEAST_CONFIRMING,
                key="sweep_confirm_seeds",
                persist_state="session",
                width=150,
                help="With how many seeds that no trial had the best one, the sidebar's settings and the "
                f"baseline are trained at the end: {LEAST_CONFIRMING} to {MOST_CONFIRMING}, or 0 for none.",
            ),
            "sampler_seed": st.number_input(
                CONTROLS["sampler_seed"],
                value=0,
                key="sweep_sampler_seed",
                persist_state="session",
                width=150,
                help="Of the method's random choices. The same seed gives the same trials again.",
            ),
            "at_once": st.number_input(
                CONTROLS["at_once"],
                value=Sweep.model_fields["at_once"].default,
                key="sweep_at_once",
                persist_state="session",
                width=150,
                help="Each trial is chosen by what the trials up to so many before it have shown, so that as "
                "many can train side by side.",
            ),
            "use_stored": st.toggle(
                CONTROLS["use_stored"],
                key="sweep_use_stored",
                persist_state="session",
                help="Finished runs of the same images whose other settings are those of the sidebar count "
                "as trials, and are not trained again.",
            ),
        }


def _offer(sweep: Sweep | None, reasons: list[str], ready: bool) -> None:
    for reason in reasons:
        st.error(plain(reason), icon=":material/block:")
    if sweep and not reasons:
        st.write(_workload(sweep))
    pressed = st.button(
        "Start",
        icon=":material/play_arrow:",
        key="sweep_start",
        type="primary",
        disabled=not ready or bool(reasons),
    )
    if not ready:
        st.caption("A sweep can start as soon as the trainer is ready; the sidebar tells.")
    if pressed and sweep:
        with st.spinner("Starting the sweep"):
            attempt(_start, sweep)


def _workload(sweep: Sweep) -> str:
    """'At most 30 trainings: 20 trials, the baseline and 9 on fresh seeds, about 4 min.'"""
    seeds = f" with {words.count(sweep.seeds, 'seed')} each" if sweep.seeds > 1 else ""
    parts = [f"{words.count(sweep.number_of_trials, 'trial')}{seeds}"]
    if sweep.comparison.baseline:
        parts.append("the baseline")
    if sweep.confirm_seeds:
        networks = 3 if sweep.comparison.baseline else 2
        parts.append(f"{networks * sweep.confirm_seeds} on fresh seeds at the end")
    text = f"At most {words.count(sweep.number_of_trainings, 'training')}: {words.listing(parts)}"
    known = sweep_time.seconds(sweep, len(trainer().status().devices))
    if known is None:
        return f"{text}. How long they take is known once a network like these was trained here."
    return f"{text}, {durations.in_words(known)}."


def _start(sweep: Sweep) -> None:
    st.session_state[STUDY.key] = sweep_driver().start(sweep, visitor.current().id)
