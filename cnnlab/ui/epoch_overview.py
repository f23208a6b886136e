"""Both networks at the selected epoch: a cursor on their losses, their accuracies and confusion matrices."""

import numpy as np
import streamlit as st

from cnnlab import words
from cnnlab.data.registry import DATASETS
from cnnlab.data.split import steps_per_epoch
from cnnlab.evidence.classes import confusion
from cnnlab.runs import Run
from cnnlab.spec import Role, network_title
from cnnlab.ui.actions import reported
from cnnlab.ui.cached import test_images
from cnnlab.ui.cached.answers import ask
from cnnlab.ui.cached.curves import history
from cnnlab.ui.components import plot
from cnnlab.views.figures.confusion import confusion_figure
from cnnlab.views.figures.course import Course, course_figure
from cnnlab.views.figures.curve_lines import current
from cnnlab.views.palette import COLORS, DASHES
from cnnlab.worker import answers


def render(members: dict[Role, Run], epochs: dict[Role, int]) -> None:
    """A column for the course of the training, and one for each network at its epoch."""
    course_column, *network_columns = st.columns(1 + len(members))
    with course_column:
        st.markdown("**Course of the training**")
        courses = [_course(role, run) for role, run in members.items()]
        epoch = max(epochs.values())
        names = words.listing([course.name for course in courses])
        plot.render(
            course_figure(courses, epoch),
            key="course",
            revision=" ".join(run.run_id for run in members.values()),
            alt=f"Validation loss of {names} by epoch, with a cursor at epoch {epoch}",
            tools=False,
        )
    for column, (role, run) in zip(network_columns, members.items(), strict=True):
        with column, reported():
            _network(role, run, epochs[role])


def _course(role: Role, run: Run) -> Course:
    frame = current(history(run))
    points = frame[frame["metric"] == "val_loss"]
    epochs = (points["step"] / steps_per_epoch(run.spec)).tolist()
    return Course(network_title(run.spec.model), COLORS[role], DASHES[role], epochs, points["value"].tolist())


def _network(role: Role, run: Run, epoch: int) -> None:
    labels, predicted = test_images.labels(run), ask(answers.probabilities, run, epoch).argmax(axis=1)
    classes = DATASETS[run.spec.data.dataset].classes
    accuracy = words.percent(float(np.mean(predicted == labels)))
    name = network_title(run.spec.model)
    st.markdown(f"**{name}** after epoch {epoch}: {accuracy} of {len(labels):,} test images right")
    plot.render(
        confusion_figure(confusion(labels, predicted, len(classes)), classes),
        key=f"confusion_{role}",
        revision=run.run_id,
        alt=f"Confusion matrix of {name} after epoch {epoch}: {accuracy} on the diagonal",
        tools=False,
    )
