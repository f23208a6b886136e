"""Learn: the lab in seven steps, exercises with a verdict, and what can be seen in the networks."""

import streamlit as st

from cnnlab.lessons import texts
from cnnlab.ui.choices import comparison, epoch
from cnnlab.ui.learn import challenge, choice, exercises, lab_figure, overfitting, steps
from cnnlab.ui.learn.choice import Part
from cnnlab.ui.sidebar import panel

st.title("Learn", anchor=False)
st.caption(
    "Say what you expect, then see. Every number is computed from your own settings, or measured on networks "
    "that you have trained."
)

all_steps, cards = texts.steps(), texts.cards()
part, lesson = choice.choose(list(all_steps), list(cards))
match part:
    case Part.STEPS:
        steps.render(all_steps, lesson, panel.choice())
    case Part.EXERCISES:
        exercises.render(cards, lesson, panel.choice().trainable)
    case Part.CHALLENGE:
        challenge.render()
    case Part.FIGURE:
        members = comparison.render(lambda shown: None)
        if members and (epochs := epoch.render(members)):
            lab_figure.render(members["model"], epochs["model"])
    case Part.OVERFITTING:
        if members := comparison.render(lambda shown: None):
            overfitting.render(members)
