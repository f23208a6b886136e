"""What the networks see and have learned: an image on its way through both, and filters, at any epoch."""

from functools import partial

import streamlit as st

from cnnlab.inside.kernels import snapshot_index
from cnnlab.runs import Run
from cnnlab.spec import Role
from cnnlab.ui.actions import reported
from cnnlab.ui.cached.kernels import kernels
from cnnlab.ui.choices import comparison, epoch
from cnnlab.ui.inside import (
    answers,
    epoch_overview,
    feature_maps,
    filters,
    image,
    kernel_view,
    muting,
    saliency,
    step_by_step,
    templates,
    weights,
)
from cnnlab.ui.inside.sections import Section, choose_section
from cnnlab.ui.sidebar import changes, from_runs, panel

st.title("Inside", anchor=False)
st.caption(
    "Choose an image, draw one or bring your own: what each layer makes of it, what each filter has learned, "
    "and what the answer is without it. Everything shows the networks as they were at the chosen epoch; 0 is "
    "before training."
)


def look(members: dict[Role, Run], epochs: dict[Role, int]) -> None:
    """The image and what the networks make of it; only this part runs again while one draws."""
    with reported():
        left, right = st.columns([1, 1.5], gap="large")
        with left:
            picture = image.render(members, epochs)
        if picture is None:
            return
        mutes = muting.mutes(members["model"])
        with right:
            answers.render(members, epochs, picture, mutes)
            muting.render_note(members["model"], mutes)
        section = choose_section()
        model = members["model"], epochs["model"], picture
        match section:
            case Section.MAPS:
                feature_maps.render(members, epochs, picture)
            case Section.FILTERS:
                filters.render(*model)
            case Section.WEIGHTS:
                view = kernel_view.choose(members["model"], "conv_1")
                for role, run in members.items():
                    weights.render(role, run, kernels(run), epochs[role], view)
            case Section.CONVOLUTION:
                step_by_step.show_trained(*model)
            case Section.BY_HAND:
                step_by_step.show_by_hand(picture)
            case Section.POOLING:
                step_by_step.show_pooled(*model)
            case Section.WHY:
                saliency.render(members, epochs, picture)
            case Section.TEMPLATES:
                stored = kernels(members["model"])
                at = snapshot_index(stored["epochs"].tolist(), epochs["model"])
                templates.render(members["model"], stored["conv_1"][at])


changed = partial(changes.render, panel.choice().trainable, with_train=True)
members = comparison.render(changed)
if members:
    from_runs.render(members.values())
    if from_runs.has_controls(members) and st.sidebar.button("Use these settings", icon=":material/undo:"):
        from_runs.use(members)
epochs = epoch.render(members) if members else None
if epochs:
    epoch_overview.render(members, epochs)
    st.fragment(look)(members, epochs)
