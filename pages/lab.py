"""The lab: the networks of the sidebar with an image, their training, its curves, and what it has shown."""

from functools import partial

import streamlit as st

from cnnlab.runs import Run
from cnnlab.spec import Role
from cnnlab.ui import visitor
from cnnlab.ui.actions import store_trouble
from cnnlab.ui.cached.trainer import trainer
from cnnlab.ui.choices import comparison as chosen_comparison
from cnnlab.ui.choices import curve_view
from cnnlab.ui.choices.own_first import newest_runs
from cnnlab.ui.lab import buttons, evidence, introduction, layers, network, progress, rival, under_way
from cnnlab.ui.plain_text import plain
from cnnlab.ui.sidebar import changes, panel, steering
from cnnlab.views.figures.curve_lines import PLAIN

LISTED = 50  # runs to choose from

choice = panel.choice()
comparison = choice.trainable

ready = trainer().status().state == "ready"

# The places, from top to bottom. Arithmetic is drawn first: the first opening of the store takes seconds.
top = st.container(gap="small", key="lab_top")  # what fits one screen
with top:
    with st.container(horizontal=True, vertical_alignment="center", gap="medium", key="lab_head"):
        st.title("Lab", anchor=False, width="content")
        controls = st.container(width="content")
        with st.popover("More", icon=":material/more_horiz:"):
            further, compared = st.container(), st.container()
        if comparison:
            network.choose_image(comparison.data)
    with st.container(key="introduction"):
        introduction.render(comparison)
    for problem in choice.problems:
        st.error(plain(problem), icon=":material/block:")
    stored = st.container(key="showing_place")
    moving = st.container(key="moving_place" if comparison else None, gap="small")
    for place in (stored, moving):  # Streamlit leaves out a container in which nothing is
        place.empty()
after = st.container()
if comparison:
    st.header("Layer by layer", anchor=False)
    change = st.empty()
    layers.render(comparison)

newest: list[Run] | None = None  # while the store has not been read
shown: dict[Role, Run] = {}
pinned: Run | None = None
with stored, store_trouble():
    with st.spinner("Opening the stored runs"):
        newest = newest_runs(LISTED)
    shown = chosen_comparison.render_newest(newest, partial(changes.render, comparison))
    pinned = rival.choose_rival(compared, newest)
    if shown and pinned:
        shown = {"model": shown["model"], "baseline": pinned}
with controls:
    buttons.render(choice, shown, ready)
with further:
    buttons.render_further(choice, shown, ready)
with stored:
    buttons.render_whose(shown)
    if not ready and not any(run.active for run in shown.values()):
        st.caption("Training can start as soon as the trainer is ready; the sidebar tells.")

tested = progress.tested(shown)
with after:
    shift = st.container()  # filled last: a worker has to be asked
    evidence.render_questions(tested)
    view = curve_view.choose_view() if shown else PLAIN
    progress.render_table(shown)
if comparison:
    layers.render_change(change, comparison, shown)
ghost = st.session_state.get(steering.GHOST, "")
if any(run.active for run in shown.values()):
    with moving:
        under_way.render(comparison, shown, view, ghost)
else:
    with moving, st.container():  # as a fragment has it, so that its parts take the place of those there
        live, progressing = st.container(key=under_way.NETWORKS), st.container(key=under_way.CURVES)
    epochs: dict[Role, int] = {}
    with progressing:
        if shown:
            epochs = progress.render_ended(shown, view, ghost)
        elif newest is not None and not any(visitor.is_mine(run.visitor) for run in newest):
            yet = "You have trained nothing yet." if newest else "Nothing has been trained yet."
            st.info(f"{yet} Press Train: the curves appear here.", icon=":material/info:")
    if comparison:
        with live:
            network.render(network.subjects(comparison, shown, epochs))
with shift:
    evidence.render_shift(tested)
