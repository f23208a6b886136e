"""A sweep under way: how far it is, the best so far, curves of what trains now, and pause, resume, cancel."""

import streamlit as st

from cnnlab import runs, words
from cnnlab.data.split import steps_per_epoch
from cnnlab.runs import Run
from cnnlab.spec import network_title
from cnnlab.studies import sweep_progress
from cnnlab.studies.sweep_progress import SweepProgress
from cnnlab.ui import visitor
from cnnlab.ui.actions import attempt, polled
from cnnlab.ui.cached.curves import history
from cnnlab.ui.cached.trainer import sweep_driver, trainer
from cnnlab.ui.components import plot
from cnnlab.ui.plain_text import plain
from cnnlab.views.figures.curve_lines import current
from cnnlab.views.figures.sweep_curves import Curve, Kind, curves_figure

POLL_SECONDS = 2.0
MOST_ENDED = 8  # curves of trials that have ended, the newest
RENEWALS = 20  # the results below are drawn again whenever a twentieth more trials have ended
STATES: dict[str, str] = {
    "running": "running",
    "paused": "paused",
    "stopped": "cancelled",
    "finished": "finished",
    "interrupted": "interrupted: the program that led it has ended",
}
LIVE = ("running", "paused")
BUTTONS: dict[str, tuple[tuple[str, str, str], ...]] = {
    "running": (("Pause", "pause", "pause"), ("Cancel", "cancel", "stop")),
    "paused": (("Resume", "resume", "play_arrow"), ("Cancel", "cancel", "stop")),
    "interrupted": (("Resume", "take_up", "play_arrow"),),
}
"""State → label, what the driver does, and icon, of each button."""
HELP = {
    "pause": "What trains now is finished; nothing new begins until Resume.",
    "cancel": "Ends what trains now. The trials so far stay.",
    "take_up": "Goes on with the trials that are left.",
}


def render(progress: SweepProgress, ready: bool) -> None:
    """The state; polled while the sweep goes on."""
    live = progress.state in LIVE or bool(progress.active)
    polled(_draw, POLL_SECONDS if live else None)(progress)
    if progress.reason:
        st.warning(plain(progress.reason), icon=":material/error:")
    buttons = BUTTONS.get(progress.state, ())
    owners = [runs.study(progress.study_id).visitor] if buttons else []
    if reason := visitor.why_not_mine(owners, "{} has started this: nobody else can steer it."):
        st.caption(f":material/person: {plain(reason)}")
    elif buttons:
        with st.container(horizontal=True):
            for label, action, icon in buttons:
                st.button(
                    label,
                    icon=f":material/{icon}:",
                    key=f"sweep_{action}",
                    disabled=action in ("resume", "take_up") and not ready,
                    help=HELP.get(action),
                    on_click=attempt,
                    args=(getattr(sweep_driver(), action), progress.study_id),
                )


def _draw(known: SweepProgress) -> None:
    live = known.state in LIVE or bool(known.active)
    progress = sweep_progress.refreshed(known) if live else known
    if _worth_drawing(known, progress):
        st.rerun()
    _numbers(progress)
    total, done = progress.sweep.number_of_trials, _ended(progress)
    st.progress(min(1.0, done / total) if total else 1.0, text=_words(progress, total, done))
    if live:
        plot.render(
            curves_figure(_curves(progress), _most_epochs(progress)),
            key="sweep_curves",
            revision=progress.study_id,
            alt="Validation accuracy by epoch of what trains now, of the best trial and of the baseline",
        )


def _worth_drawing(known: SweepProgress, progress: SweepProgress) -> bool:
    """Whether enough has changed since the page was drawn to draw all of it again."""
    if known.state != progress.state or len(known.confirmation) != len(progress.confirmation):
        return True
    if bool(known.active) != bool(progress.active) and progress.state not in LIVE:
        return True
    before, now = _ended(known), _ended(progress)
    return now - before > before // RENEWALS


def _ended(progress: SweepProgress) -> int:
    """Of the sweep's own trials, without those that are repeated."""
    return sum(
        trial.state != "running" and not trial.stored and trial.again is None for trial in progress.trials
    )


def _numbers(progress: SweepProgress) -> None:
    """The best so far, the baseline and the time left, as large numbers."""
    best = progress.best
    with st.container(horizontal=True, gap="small"):
        if best and best.values:
            ahead = None if progress.baseline is None else best.values[0] - progress.baseline
            st.metric(
                "Best so far" if progress.state in LIVE else "Best trial",
                words.percent(best.values[0]),
                None if ahead is None else f"{words.signed_points(ahead)} to the baseline",
                delta_arrow="off",
                delta_color="off",
                border=True,
                width=230,
                help=f"Validation accuracy of trial {best.number}. The best of many trials was partly lucky: "
                "the fresh seeds at the end tell how much.",
            )
        if progress.baseline is not None and (network := progress.sweep.comparison.baseline):
            st.metric(network_title(network), words.percent(progress.baseline), border=True, width=160)
        if progress.state in LIVE:
            st.metric("Time left", _time_left(progress), border=True, width=160)


def _time_left(progress: SweepProgress) -> str:
    left = sweep_progress.seconds_left(progress, len(trainer().status().devices))
    return "…" if left is None else words.seconds(left)


def _words(progress: SweepProgress, total: int, done: int) -> str:
    parts = [f"**{min(done, total):,} of {words.count(total, 'trial')}**", STATES[progress.state]]
    for state, text in (("running", "under way"), ("pruned", "pruned"), ("failed", "failed")):
        if count := sum(trial.state == state for trial in progress.trials):
            parts.append(f"{count:,} {text}")
    if repeated := sum(trial.again is not None for trial in progress.trials):
        parts.append(f"{repeated:,} repeated")
    if stored := sum(trial.stored for trial in progress.trials):
        parts.append(f"{stored:,} from stored runs")
    if confirming := progress.confirmation:
        done = sum(run.status == "finished" for run in confirming.values())
        parts.append(f"{done} of {_to_confirm(progress)} trained on fresh seeds")
    return " · ".join(parts)


def _to_confirm(progress: SweepProgress) -> int:
    return progress.sweep.confirm_seeds * (3 if progress.sweep.comparison.baseline else 2)


def _curves(progress: SweepProgress) -> list[Curve]:
    """Of what trains now, of the best trial, of the baseline, and of some that have just ended."""
    chosen: dict[str, tuple[Run, Kind]] = {}
    own = [run for run in progress.own_runs if run.status != "waiting"]
    for run in [each for each in own if not each.active][-MOST_ENDED:]:
        chosen[run.run_id] = (run, "ended")
    if progress.baseline_run and progress.baseline_run.status != "waiting":
        chosen[progress.baseline_run.run_id] = (progress.baseline_run, "baseline")
    if progress.best:
        chosen[progress.best.runs[0].run_id] = (progress.best.runs[0], "best")
    for run in own:
        if run.active and run is not progress.baseline_run:
            chosen[run.run_id] = (run, "running")
    return [_curve(run, kind, progress) for run, kind in chosen.values()]


def _most_epochs(progress: SweepProgress) -> int:
    """Of any training so far; that of the start where none has begun."""
    own = [run.spec.training.epochs for run in progress.own_runs]
    return max(own, default=progress.sweep.comparison.training.epochs)


def _curve(run: Run, kind: Kind, progress: SweepProgress) -> Curve:
    points = current(history(run))
    points = points[points["metric"] == "val_accuracy"]
    name = run.arm
    if kind == "baseline" and (network := progress.sweep.comparison.baseline):
        name = network_title(network)
    elif kind == "best" and progress.best:
        name = f"best: trial {progress.best.number}"
    epochs = points["step"].to_numpy() / steps_per_epoch(run.spec)
    return Curve(name, kind, epochs, points["value"].to_numpy())
