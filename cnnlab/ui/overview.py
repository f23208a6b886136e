"""Both networks at the chosen epoch: the cursor on their loss, what they get right, what they confuse."""

import numpy as np
import streamlit as st

from cnnlab.datasets import DATASETS, steps_per_epoch
from cnnlab.evidence import confusion
from cnnlab.runs import Run
from cnnlab.spec import Role, network_title
from cnnlab.ui import held_out, live_plot
from cnnlab.ui.asked import CANNOT_ANSWER, ask
from cnnlab.ui.histories import history
from cnnlab.ui.networks import COLORS, DASHES
from cnnlab.views.curves import current
from cnnlab.views.epochs import Course, confusion_data, course_data


def show(members: dict[Role, Run], epochs: dict[Role, int]) -> None:
    """A column for the course of the training, and one for each network."""
    cursor, *rest = st.columns(1 + len(members))
    with cursor:
        st.markdown("**Course of the training**")
        courses = [_course(role, run) for role, run in members.items()]
        epoch = max(epochs.values())
        names = " and ".join(course.name for course in courses)
        live_plot.show(
            course_data(courses, epoch),
            key="course",
            revision=" ".join(run.run_id for run in members.values()),
            alt=f"Validation loss of {names} by epoch, with a cursor at epoch {epoch}",
            tools=False,
        )
    for column, (role, run) in zip(rest, members.items(), strict=True):
        with column:
            try:
                _network(role, run, epochs[role])
            except CANNOT_ANSWER as error:
                st.warning(str(error), icon=":material/error:")


def _course(role: Role, run: Run) -> Course:
    frame = current(history(run))
    points = frame[frame["metric"] == "val_loss"]
    epochs = (points["step"] / steps_per_epoch(run.spec)).tolist()
    return Course(network_title(run.spec.model), COLORS[role], DASHES[role], epochs, points["value"].tolist())


def _network(role: Role, run: Run, epoch: int) -> None:
    labels, predicted = held_out.labels(run), ask("probabilities", run, epoch).argmax(axis=1)
    classes = DATASETS[run.spec.data.dataset].classes
    right = float(np.mean(predicted == labels))
    name = network_title(run.spec.model)
    st.markdown(f"**{name}** after epoch {epoch}: {right:.1%} of {len(labels):,} test images right")
    live_plot.show(
        confusion_data(confusion(labels, predicted, len(classes)), classes),
        key=f"confusion_{role}",
        revision=run.run_id,
        alt=f"Confusion matrix of {name} after epoch {epoch}: {right:.1%} on the diagonal",
        tools=False,
    )
