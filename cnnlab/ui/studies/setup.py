"""A new study: the question, its one or two controls, what there is to train, and the start."""

from collections.abc import Callable
from typing import Any, Literal

import streamlit as st

from cnnlab.spec import ComparisonSpec
from cnnlab.studies import plan
from cnnlab.studies.plan import KIND_TITLES, LEAST_SEEDS, MOST_SEEDS, RIVAL_TITLES, Kind, Rival, Study
from cnnlab.ui import visitor
from cnnlab.ui.actions import attempt
from cnnlab.ui.cached import durations
from cnnlab.ui.cached.trainer import study_queue, trainer
from cnnlab.ui.choices.address_parameter import STUDY
from cnnlab.ui.plain_text import plain
from cnnlab.ui.sidebar import trainer_status
from cnnlab.ui.sidebar.panel import Choice
from cnnlab.ui.studies import sweep_form

QUESTIONS: dict[Kind, str] = {
    "seeds": "Would the same network win again? Both are trained with several seeds, which change the "
    "initial weights, the order of the images and, unless all are used, their choice.",
    "parts": "What makes the CNN better? It is compared with networks in which one of its parts is "
    "missing or replaced. The CNN itself is trained once.",
    "images": "How much does each network learn from few images? Both are trained on increasing numbers of "
    "them.",
    "order": "Does it matter which pixels are neighbours? Both are trained on the images as they are, and "
    "with the pixels of all images shuffled in the same way. A dense layer should not mind; several seeds "
    "show how much of a difference is chance.",
    "precision": "What does half precision cost? The CNN is trained in mixed bfloat16 and in float32, with "
    "several seeds.",
}
QUESTION_KINDS: tuple[Kind | Literal["sweep"], ...] = (
    "seeds",
    "parts",
    "images",
    "order",
    "precision",
    "sweep",
)
FULL_BY_DEFAULT = 10_000  # more images take long


def render(choice: Choice, ready: bool) -> None:
    """The controls and the button; nothing can be started while the sidebar is refused."""
    with st.container(border=True):
        kind: Kind | Literal["sweep"] = st.segmented_control(
            "Question",
            QUESTION_KINDS,
            format_func=_title_of_kind,
            default="seeds",
            required=True,
            key="study_kind",
            persist_state="session",
        )
        st.write(sweep_form.QUESTION if kind == "sweep" else QUESTIONS[kind])
        for problem in choice.problems:
            st.error(plain(problem), icon=":material/block:")
        comparison = choice.trainable
        if comparison and kind == "sweep":
            sweep_form.render(comparison, ready)
        elif comparison and kind != "sweep":
            _offer(_PLANS[kind](comparison), ready)
            if kind == "parts":
                _one_by_one(comparison, ready)


def _title_of_kind(kind: Kind | Literal["sweep"]) -> str:
    return sweep_form.TITLE if kind == "sweep" else KIND_TITLES[kind]


def _seeds(comparison: ComparisonSpec) -> Study:
    return plan.seeds(comparison, _number_of_seeds(comparison, "study_seeds", 5))


def _number_of_seeds(comparison: ComparisonSpec, key: str, at_first: int) -> int:
    return st.slider(
        "Number of seeds",
        LEAST_SEEDS,
        MOST_SEEDS,
        at_first,
        key=key,
        persist_state="session",
        width=420,
        help=f"From the sidebar's seed on, which is {comparison.training.seed}.",
    )


def _parts(comparison: ComparisonSpec) -> Study:
    return plan.parts(comparison, plan.rivals(comparison.model))


def _images(comparison: ComparisonSpec) -> Study:
    numbers = plan.numbers_of_images(comparison)
    data = comparison.data
    with st.container(horizontal=True, vertical_alignment="bottom", gap="large"):
        up_to = st.select_slider(
            "Up to",
            numbers[1:],
            max(number for number in numbers if number <= FULL_BY_DEFAULT),
            format_func=lambda number: f"{number:,} images",
            key=f"study_images_{data.dataset}_{data.source}",
            persist_state="session",
            width=420,
        )
        same_steps = st.toggle(
            "As many steps for each",
            key="study_same_steps",
            persist_state="session",
            help="Off: as many epochs for each, so fewer images also mean a shorter training. On: few images "
            f"are seen more often, up to {plan.MOST_EPOCHS} epochs, which takes longer in all.",
        )
    return plan.sizes(comparison, up_to, same_steps)


def _order(comparison: ComparisonSpec) -> Study:
    return plan.order(comparison, _number_of_seeds(comparison, "study_order_seeds", LEAST_SEEDS))


def _precision(comparison: ComparisonSpec) -> Study:
    trainer_status.caption_bfloat16_problem()
    return plan.precision(comparison, _number_of_seeds(comparison, "study_precision_seeds", LEAST_SEEDS))


_PLANS: dict[Kind, Callable[[ComparisonSpec], Study]] = {
    "seeds": _seeds,
    "parts": _parts,
    "images": _images,
    "order": _order,
    "precision": _precision,
}


def _offer(study: Study, ready: bool) -> None:
    for left_out in study.left_out:
        st.warning(plain(f"Left out: the rival {left_out.arm}. {left_out.reason}"), icon=":material/block:")
    refused = _refused(study)
    possible = bool(study.arms) and not refused
    with st.container(horizontal=True, vertical_alignment="center", gap="medium"):
        label = "Start all of them" if study.kind == "parts" else "Start"
        _start_button(label, "study_start", study, ready and possible, type="primary")
        if possible:
            st.write(
                f"{plan.workload(study)}{_duration(study)}. What was trained before is not trained again."
            )
    for reason in refused:
        st.warning(plain(reason), icon=":material/rule:")
    if not study.arms:
        st.caption("Nothing can be trained: each rival is left out, for the reason above.")
    elif not ready:
        st.caption("A study can start as soon as the trainer is ready; the sidebar tells.")


def _refused(study: Study) -> list[str]:
    """One sentence for each of the dashboard's limits that its trainings exceed."""
    return trainer().trainings.limits.refusals_of_all([training.spec for training in study.trainings])


def _duration(study: Study) -> str:
    """', about 3 min'; empty where nothing like it was trained here."""
    workers = len(trainer().status().devices)
    new = [training.spec for training in study.trainings if not training.run_id]
    known = durations.seconds_of_all(new, workers)
    return "" if known is None else f", {durations.in_words(known)} if all are new"


def _one_by_one(comparison: ComparisonSpec, ready: bool) -> None:
    """A button for each rival."""
    st.caption("Or one of them alone:")
    with st.container(horizontal=True, gap="small"):
        for rival in plan.rivals(comparison.model):
            study = plan.parts(comparison, [rival])
            _start_button(
                _title(rival),
                f"study_rival_{rival}",
                study,
                ready and bool(study.arms) and not _refused(study),
            )


def _title(rival: Rival) -> str:
    title = RIVAL_TITLES[rival]
    return f"Dense, {title}" if title.startswith("equal") else f"CNN {title}"


def _start_button(label: str, key: str, study: Study, enabled: bool, **options: Any) -> None:
    pressed = st.button(label, icon=":material/play_arrow:", key=key, disabled=not enabled, **options)
    if pressed:
        with st.spinner("Queueing the trainings"):  # seconds, where there are many
            attempt(_start, study)


def _start(study: Study) -> None:
    st.session_state[STUDY.key] = study_queue().submit(study, visitor.current().id)
