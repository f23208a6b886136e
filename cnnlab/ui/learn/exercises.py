"""Exercise cards: a prediction first, then paired seeds as a study, then the verdict on both."""

import numpy as np
import streamlit as st

from cnnlab.arithmetic.changes import cost_change
from cnnlab.data.registry import DATASETS
from cnnlab.errors import UserError
from cnnlab.evidence.finding import capitalized
from cnnlab.evidence.seed_noise import gap
from cnnlab.lessons import exercises
from cnnlab.lessons.facts import facts
from cnnlab.lessons.texts import Card, filled
from cnnlab.spec import ComparisonSpec, ConvNetSpec, RunSpec
from cnnlab.studies import plan
from cnnlab.studies import progress as study_runs
from cnnlab.studies.plan import Study
from cnnlab.studies.progress import Progress
from cnnlab.ui import visitor
from cnnlab.ui.actions import refusal, reported
from cnnlab.ui.cached import durations
from cnnlab.ui.cached.trainer import study_queue, trainer
from cnnlab.ui.choices.own_first import newest_studies
from cnnlab.ui.learn import ledger
from cnnlab.ui.learn.choice import Part, turn_to
from cnnlab.ui.plain_text import facts_in_markdown, plain
from cnnlab.ui.studies import progress as study_progress
from cnnlab.ui.studies import seeds

LOOKED_THROUGH = 100  # of the newest studies
OWN = "own_settings_in_exercises"  # session state


def render(cards: dict[str, Card | str], chosen: str, own: ComparisonSpec | None) -> None:
    """All cards, and the chosen one at work.

    Args:
        cards: By their ids; a sentence in place of one that cannot be used.
        chosen: The id of one of them.
        own: What the sidebar says, to begin with that; None where it cannot be trained.
    """
    _render_cards(cards, chosen)
    card = cards[chosen]
    if isinstance(card, str):
        st.error(plain(card), icon=":material/school:")
        return
    with reported(icon=":material/block:"):
        _render(card, chosen, _base(own))


def _render_cards(cards: dict[str, Card | str], chosen: str) -> None:
    with st.container(horizontal=True, gap="small", key="learn_cards"):
        for name, card in cards.items():
            st.button(
                _label(name, card),
                key=f"card_{name}",
                type="primary" if name == chosen else "secondary",
                width=232,
                on_click=turn_to,
                args=(Part.EXERCISES, name),
            )


def _label(name: str, card: Card | str) -> str:
    if isinstance(card, str):
        return f"**{name}**  \ncannot be used"
    try:
        return f"**{card.title}**  \n{exercises.changes(card)}"
    except UserError:
        return f"**{card.title}**  \ncannot be used"


def _base(own: ComparisonSpec | None) -> ComparisonSpec | None:
    """The settings that the change is made to, if not the lab's."""
    wished = st.toggle(
        "Begin with my settings",
        key=OWN,
        persist_state="session",
        help="Off: with the lab's networks, few images and few epochs, so that it takes little time. On: "
        "with what the sidebar says, its images, epochs and first seed too.",
    )
    if wished and own is None:
        st.caption("The sidebar's settings cannot be trained, so the lab's are used.")
    return own if wished else None


def _render(card: Card, name: str, base: ComparisonSpec | None) -> None:
    study = exercises.study(card, base)
    st.subheader(card.title, anchor=False)
    st.markdown(filled(card.question, facts_in_markdown(facts(study.comparison))))
    changed, was = (training.spec for training in study.trainings[:2])
    data = was.data
    st.caption(
        f"{capitalized(exercises.changes(card, base))}.{_costs(was, changed)} {len(study.arms)} seeds, each "
        f"with both networks, on {data.images:,} images of {plain(DATASETS[data.dataset].title)}. What was "
        "trained before is not trained again."
    )
    ready = trainer().status().state == "ready"
    known = _stored(study)
    if known is None:
        _predict(study, name, ready)
        ledger.render(study, None)
        return
    if known.missing or known.active:
        if predicted := known.study.predicted:
            st.markdown(f"You said: **{exercises.EFFECTS[predicted].lower()}**.")
        study_progress.render(known, ready)
    _answer(known)
    ledger.render(study, known)


def _costs(was: RunSpec, changed: RunSpec) -> str:
    """What the change does to a CNN's costs, in a sentence with a space before it; empty where nothing."""
    if not isinstance(was.model, ConvNetSpec) or not isinstance(changed.model, ConvNetSpec):
        return ""
    info = DATASETS[was.data.dataset]
    sentence = cost_change(was.model, changed.model, info.input_shape, len(info.classes))
    return f" {capitalized(sentence)}." if sentence else ""


def _stored(study: Study) -> Progress | None:
    """The visitor's newest study of exactly these trainings; None where there is none yet."""
    wanted = [(each.key, each.spec) for each in study.trainings]
    for stored in filter(lambda each: visitor.is_mine(each.visitor), newest_studies(LOOKED_THROUGH)):
        if stored.kind == study.kind and stored.title == study.title:
            progress = study_runs.read(stored.study_id)
            if [(each.key, each.spec) for each in progress.study.trainings] == wanted:
                return progress
    return None


def _predict(study: Study, name: str, ready: bool) -> None:
    changed, was = study.networks
    predicted = st.segmented_control(
        f"What do you expect of {changed}, against {was}?",
        list(exercises.EFFECTS),
        format_func=exercises.EFFECTS.__getitem__,
        key=f"predicted_{name}",
        persist_state="session",
    )
    specs = [each.spec for each in study.trainings]
    workers = len(trainer().status().devices)
    duration = durations.seconds_of_all(specs, workers)
    takes = "" if duration is None else f", {durations.in_words(duration)}"
    refused = trainer().trainings.limits.refusals_of_all(specs)
    for reason in refused:
        st.warning(plain(reason), icon=":material/rule:")
    with st.container(horizontal=True, vertical_alignment="center", gap="medium"):
        pressed = st.button(
            "Try it",
            key="exercise_start",
            icon=":material/play_arrow:",
            type="primary",
            disabled=not ready or predicted is None or bool(refused),
        )
        st.caption(f"{plan.workload(study)}{takes}.")
    if predicted is None:
        st.caption("Say first what you expect; then it can be tried.")
    elif not ready:
        st.caption("It can start as soon as the trainer is ready; the sidebar tells.")
    if pressed:
        told = study.model_copy(update={"predicted": predicted})
        with st.spinner("Queueing the trainings"):
            reason = refusal(study_queue().submit, told, visitor.current().id)
        if reason:
            st.toast(plain(reason), icon=":material/error:")
        else:
            st.rerun()


def _answer(progress: Progress) -> None:
    pairs = progress.pairs()
    if len(pairs) < 2:
        if not progress.active:
            st.caption("Too few seeds were trained for an answer.")
        return
    predicted = progress.study.predicted
    if predicted and not progress.active and not progress.missing:
        accuracies = np.array([[run.metrics["test_accuracy"] for run in pair] for pair in pairs.values()])
        seen = gap(*accuracies.T)
        said = plain(exercises.answer(predicted, progress.study.networks, seen))
        if exercises.effect(seen) == predicted:
            st.success(said, icon=":material/check:")
        else:
            st.info(said, icon=":material/lightbulb:")
    st.subheader("Result" if not progress.active else "Result so far", anchor=False)
    seeds.render(progress)
