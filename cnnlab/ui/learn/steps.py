"""The lab in seven steps: a text, the network beside it, and a question that the settings answer."""

import streamlit as st

from cnnlab import runs, words
from cnnlab.arithmetic.network import layer_rows
from cnnlab.checks import refusals
from cnnlab.data.registry import DATASETS
from cnnlab.evidence.paired import is_significant
from cnnlab.lessons.facts import Facts, facts
from cnnlab.lessons.texts import VERDICT, Step, filled, lesson_settings, missing
from cnnlab.runs import Run
from cnnlab.spec import ComparisonSpec, Role, network_title
from cnnlab.ui.actions import refusal
from cnnlab.ui.cached.predictions import counted
from cnnlab.ui.cached.trainer import trainer
from cnnlab.ui.components import plot
from cnnlab.ui.lab import under_way
from cnnlab.ui.learn.choice import Part, turn_to
from cnnlab.ui.plain_text import facts_in_markdown, markdown, plain
from cnnlab.ui.sidebar import panel, steering
from cnnlab.views.figures.curve_lines import PLAIN
from cnnlab.views.figures.network import network_figure
from cnnlab.views.palette import COLORS
from cnnlab.views.tables.results import comparison_findings

SAID = "said in the steps"  # session state: step → what the person answered
NO_WINNER = "No clear winner"
SHOWN = ""  # in place of an answer: the person has asked for it


def render(steps: dict[str, Step | str], chosen: str, choice: panel.Choice) -> None:
    """The chosen step, and the way to the others."""
    _choose(steps, chosen)
    step = steps[chosen]
    if isinstance(step, str):
        st.error(plain(step), icon=":material/school:")
    elif comparison := choice.trainable:
        _render(chosen, step, comparison)
    else:
        for problem in choice.problems:
            st.error(plain(problem), icon=":material/block:")
        _offer_settings(ComparisonSpec())
    _go_on(list(steps), chosen)


def _choose(steps: dict[str, Step | str], chosen: str) -> None:
    """A button for each step, the chosen one marked."""
    said = st.session_state.get(SAID, {})
    with st.container(horizontal=True, gap="small", key="learn_steps"):
        for number, name in enumerate(steps, start=1):
            done = name in said
            st.button(
                f"{number}",
                key=f"step_{name}",
                icon=":material/check:" if done else None,
                type="primary" if name == chosen else "secondary",
                help="Answered" if done else None,
                on_click=turn_to,
                args=(Part.STEPS, name),
            )


def _go_on(names: list[str], chosen: str) -> None:
    place = names.index(chosen)
    with st.container(horizontal=True, gap="small"):
        for label, other, icon in (("Back", place - 1, "arrow_back"), ("Next", place + 1, "arrow_forward")):
            if 0 <= other < len(names):
                st.button(
                    label,
                    key=f"learn_{label.lower()}",
                    icon=f":material/{icon}:",
                    on_click=turn_to,
                    args=(Part.STEPS, names[other]),
                )
        if place == len(names) - 1:
            st.button(
                "To the exercises",
                key="learn_exercises",
                icon=":material/arrow_forward:",
                on_click=turn_to,
                args=(Part.EXERCISES,),
            )


def _render(name: str, step: Step, comparison: ComparisonSpec) -> None:
    known = facts_in_markdown(facts(comparison))
    wanted = lesson_settings(step, comparison)
    absent = missing(step, known)
    if absent and (reasons := refusals(wanted)):
        st.info(
            f"This step needs the lab's networks, which your data do not allow. {plain(' '.join(reasons))}",
            icon=":material/tune:",
        )
        return
    if absent:
        st.info(
            f"This step needs {words.listing(_lacking(absent))}, which your networks do not have: change the "
            "blocks, the pooling or the baseline in the sidebar, or let the step set them.",
            icon=":material/tune:",
        )
        _offer_settings(wanted)
        return
    left, right = st.columns([1, 1], gap="large")
    with left:
        st.subheader(filled(step.title, known), anchor=False)
        st.markdown(filled(step.text, known))
        st.markdown(f"**{filled(step.question, known)}**")
        if step.answer == VERDICT:
            _ask_for_verdict(name, comparison)
        else:
            _ask_for_number(name, step, known)
    with right:
        _draw(step, comparison)
        if comparison != wanted:
            st.caption("These are your own settings: move the sidebar's sliders, and the numbers follow.")
            _offer_settings(wanted)
        else:
            st.caption("Move the sidebar's sliders: the text, the drawing and the answer follow.")


def _lacking(absent: list[str]) -> list[str]:
    """The layers that facts are about: 'pool_2' for pool_2_side."""
    of_baseline = any(fact.startswith("baseline") for fact in absent)
    layers = ["_".join(fact.split("_")[:2]) for fact in absent if fact.startswith(("conv_", "pool_"))]
    return [*dict.fromkeys(layers), *(["a dense baseline"] if of_baseline else [])]


def _offer_settings(wanted: ComparisonSpec) -> None:
    st.button(
        "Set the lab's networks",
        key="learn_set",
        icon=":material/restart_alt:",
        help="Sets the sidebar to what this step is about.",
        on_click=panel.restore,
        args=(wanted,),
    )


def _draw(step: Step, comparison: ComparisonSpec) -> None:
    info = DATASETS[comparison.data.dataset]
    network = comparison.runs()[step.network].model
    rows = layer_rows(network, info.input_shape, len(info.classes))
    plot.render(
        network_figure(rows, info.input_shape, COLORS[step.network]),
        key="learn_network",
        revision=step.network,
        alt=f"Drawing of {network_title(network)}, layer by layer: {', '.join(row.name for row in rows)}",
        tools=False,
    )


def _said() -> dict[str, int | str]:
    return st.session_state.setdefault(SAID, {})


def _ask_for_number(name: str, step: Step, known: Facts) -> None:
    row = st.form(f"learn_form_{name}", border=False).container(horizontal=True, vertical_alignment="bottom")
    with row:
        st.number_input("Your answer", value=None, step=1, format="%d", key=f"learn_guess_{name}", width=180)
        # By callbacks: a press would be lost where another part of the page starts the script again.
        st.form_submit_button("Check", icon=":material/check:", on_click=_check, args=(name,))
        st.form_submit_button("Show the answer", type="tertiary", on_click=_give_up, args=(name,))
    if name in _said():
        _judge(_said()[name], known[step.answer])
        st.markdown(filled(step.explanation, known))


def _check(name: str) -> None:
    guess = st.session_state[f"learn_guess_{name}"]
    if guess is None:
        st.toast("Type a number first.")
    else:
        _said()[name] = int(guess)


def _give_up(name: str) -> None:
    _said()[name] = SHOWN


def _judge(said: int | str, answer: int | str) -> None:
    shown = f"{answer:,}" if isinstance(answer, int) else answer
    if said == answer:
        st.success(f"Right: {shown}.", icon=":material/check:")
    elif said == SHOWN:
        st.info(f"It is {shown}.", icon=":material/lightbulb:")
    else:
        st.info(f"You said {said:,}. It is {shown}.", icon=":material/lightbulb:")


def _ask_for_verdict(name: str, comparison: ComparisonSpec) -> None:
    options = [*(network_title(spec.model) for spec in comparison.runs().values()), NO_WINNER]
    said = st.segmented_control("Your answer", options, key=f"learn_guess_{name}", persist_state="session")
    if said is None:
        st.caption("Choose one; then both can be trained.")
        return
    _said()[name] = said
    found = {role: runs.latest_matching(spec) for role, spec in comparison.runs().items()}
    members: dict[Role, Run] = {role: run for role, run in found.items() if run}
    if any(run.active for run in members.values()):
        under_way.render(None, members, PLAIN, "")
    elif len(members) < len(comparison.runs()):
        _offer_training(comparison)
    else:
        _answer(said, members)


def _offer_training(comparison: ComparisonSpec) -> None:
    ready = trainer().status().state == "ready"
    if st.button(
        "Train both", key="learn_train", icon=":material/play_arrow:", type="primary", disabled=not ready
    ):
        if reason := refusal(steering.train, comparison):
            st.toast(plain(reason), icon=":material/error:")
        else:
            st.rerun()
    if not ready:
        st.caption("Training can start as soon as the trainer is ready; the sidebar tells.")


def _answer(said: str, members: dict[Role, Run]) -> None:
    model, baseline = members["model"], members["baseline"]
    names = [network_title(run.spec.model) for run in (model, baseline)]
    counts = counted(model, baseline)
    if counts is None:
        st.info("Their predictions are not stored: train both once more on the page Lab.")
        return
    winner = NO_WINNER
    if is_significant(counts):
        winner = names[0] if counts.difference > 0 else names[1]
    _judge_words(said, winner)
    info = DATASETS[model.spec.data.dataset]
    test_images = info.test_images[model.spec.data.source]
    st.markdown(markdown(comparison_findings(names, [model, baseline], counts, test_images)))


def _judge_words(said: str, winner: str) -> None:
    if said == winner:
        st.success(f"Right: {plain(winner)}.", icon=":material/check:")
    else:
        st.info(
            f"You said: {plain(said)}. The test images say: {plain(winner)}.", icon=":material/lightbulb:"
        )
