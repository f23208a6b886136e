"""How far a study is, polled while it is under way, with the buttons that end it or take it up again."""

from collections import Counter

import streamlit as st

from cnnlab import runs, words
from cnnlab.studies import progress as study_runs
from cnnlab.studies.plan import workload
from cnnlab.studies.progress import Progress
from cnnlab.ui import visitor
from cnnlab.ui.actions import attempt, polled
from cnnlab.ui.cached.places import place_in_words
from cnnlab.ui.cached.trainer import study_queue, trainer
from cnnlab.ui.plain_text import plain

POLL_SECONDS = 2.0


def render(progress: Progress, ready: bool) -> None:
    """The state of the trainings; the page runs again whenever one of them ends."""
    active = bool(progress.active)
    polled(_draw, POLL_SECONDS if active else None)(progress)
    owners = [runs.study(progress.study_id).visitor] if active or progress.missing else []
    if reason := visitor.why_not_mine(owners, "{} has started this: nobody else can stop it or train more."):
        st.caption(f":material/person: {plain(reason)}")
    elif active or progress.missing:
        with st.container(horizontal=True):
            if active:
                _button("Stop", "stop", True, study_queue().stop, progress.study_id)
            else:
                _button(
                    "Train what is missing",
                    "play_arrow",
                    ready,
                    study_queue().train_missing,
                    progress.study_id,
                )
    if not active:
        _reasons(progress)


def _button(label: str, icon: str, enabled: bool, act, study_id: str) -> None:
    st.button(
        label,
        icon=f":material/{icon}:",
        key=f"study_{icon}",
        disabled=not enabled,
        on_click=attempt,
        args=(act, study_id),
    )


def _draw(known: Progress) -> None:
    progress = study_runs.refreshed(known) if known.active else known
    if _ended(progress) != _ended(known):
        st.rerun()
    total, done = len(progress.study.trainings), len(progress.finished)
    st.progress(done / total if total else 1.0, text=_words(progress, total, done))


def _ended(progress: Progress) -> list[str]:
    """What the rest of the page depends on."""
    return sorted(run.run_id for run in progress.by_key.values() if not run.active)


def _words(progress: Progress, total: int, done: int) -> str:
    parts = [f"**{done} of {total} trained**"]
    counts = Counter(run.status for run in progress.active)
    parts += [f"{counts[status]} {status}" for status in ("training", "waiting") if counts[status]]
    waiting = [run.run_id for run in progress.active if run.status == "waiting"]
    if place := place_in_words(waiting):
        parts.append(place if len(waiting) == len(progress.active) else f"the next one: {place}")
    before = sum(bool(each.run_id) and each.key in progress.finished for each in progress.study.trainings)
    if before:
        parts.append(f"{before} of them before this study")
    if progress.missing:
        parts.append(f"{len(progress.missing)} missing")
    if progress.active:
        parts.append(_time_left(progress))
    else:
        parts.append(workload(progress.study))
    return " · ".join(parts)


def _time_left(progress: Progress) -> str:
    left = study_runs.seconds_left(progress, len(trainer().status().devices))
    if left is None:
        return "the time left is known once each network has begun"
    return f"about {words.seconds(left)} left"


def _reasons(progress: Progress) -> None:
    """Why trainings are missing, each reason once."""
    for left_out in progress.study.left_out:
        st.warning(plain(f"Left out: the rival {left_out.arm}. {left_out.reason}"), icon=":material/block:")
    lost = [progress.by_key.get(each.key) for each in progress.missing]
    reasons = Counter(_reason(run) for run in lost)
    for reason, count in reasons.items():
        one = "1 training is" if count == 1 else f"{count} trainings are"
        st.warning(plain(f"{one} missing: {reason}"), icon=":material/error:")


def _reason(run: runs.Run | None) -> str:
    if run is None:
        return "no run is stored that was trained as planned."
    return run.reason or "stopped before the end."
