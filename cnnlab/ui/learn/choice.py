"""Which lesson the page Learn shows; the address names it, so that a teacher can link to it."""

from enum import StrEnum

import streamlit as st

from cnnlab.ui.choices.address_parameter import LESSON
from cnnlab.ui.plain_text import plain

PART = "part_of_learn"  # session state


class Part(StrEnum):
    """A part of the page, by its title."""

    STEPS = "The lab in seven steps"
    EXERCISES = "Exercises"
    CHALLENGE = "Challenge"
    FIGURE = "The lab's figure"
    OVERFITTING = "Overfitting, seen"


IN_ADDRESS = {"challenge": Part.CHALLENGE, "figure": Part.FIGURE, "overfitting": Part.OVERFITTING}
_CHOSEN = {Part.STEPS: "chosen_step", Part.EXERCISES: "chosen_exercise"}  # session state


def choose(steps: list[str], cards: list[str]) -> tuple[Part, str]:
    """The control of the parts; returns the chosen one, and the id of its step or card, or an empty text.

    Args:
        steps: Ids of the steps, in their order.
        cards: Ids of the cards.
    """
    lessons = {Part.STEPS: steps, Part.EXERCISES: cards}
    _follow_address(lessons)
    part = st.segmented_control(
        "Part",
        [*Part],
        default=Part.STEPS,
        required=True,
        key=PART,
        persist_state="session",
        label_visibility="collapsed",
    )
    part = Part(part)
    if part not in lessons:
        LESSON.write(next(name for name, each in IN_ADDRESS.items() if each == part))
        return part, ""
    known = lessons[part]
    chosen = st.session_state.get(_CHOSEN[part], "")
    chosen = chosen if chosen in known else known[0] if known else ""
    st.session_state[_CHOSEN[part]] = chosen
    LESSON.write(chosen)
    return part, chosen


def _follow_address(lessons: dict[Part, list[str]]) -> None:
    asked = LESSON.asked()
    if not asked:
        return
    if asked in IN_ADDRESS:
        st.session_state[PART] = IN_ADDRESS[asked]
        return
    for part, known in lessons.items():
        if asked in known:
            st.session_state[PART], st.session_state[_CHOSEN[part]] = part, asked
            return
    st.warning(f"There is no lesson '{plain(asked)}'. The first one is shown.", icon=":material/link_off:")


def turn_to(part: Part, lesson: str = "") -> None:
    """Shows a part, and of it a step or a card, as the callback of a button."""
    st.session_state[PART] = part
    if lesson:
        st.session_state[_CHOSEN[part]] = lesson
