"""Both networks at the selected epoch: a cursor on their losses, their accuracies and confusion matrices."""

from functools import partial

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
from cnnlab.ui.components.plot import Click
from cnnlab.ui.inside.sections import choose_image
from cnnlab.views.figures.confusion import confusion_figure, most_confused, which_classes
from cnnlab.views.figures.course import Course, course_figure
from cnnlab.views.figures.curve_lines import current
from cnnlab.views.palette import COLORS, DASHES
from cnnlab.worker import answers


def render(members: dict[Role, Run], epochs: dict[Role, int]) -> None:
    """How much both networks get right; unfolded, the course of the training and what they confuse."""
    with reported(), st.container(horizontal=True, gap="medium"):
        for role, run in members.items():
            st.caption(_result(run, epochs[role]), width="content")
    with st.expander("The course of the training, and what is confused", on_change="rerun") as expander:
        if not expander.open:
            return
        course_column, *network_columns = st.columns(1 + len(members))
        with course_column:
            _draw_course(members, max(epochs.values()))
        for column, (role, run) in zip(network_columns, members.items(), strict=True):
            with column, reported():
                _confusions(role, run, epochs[role])


def _draw_course(members: dict[Role, Run], epoch: int) -> None:
    st.markdown("**Course of the training**")
    courses = [_course(role, run) for role, run in members.items()]
    names = words.listing([course.name for course in courses])
    plot.render(
        course_figure(courses, epoch),
        key="course",
        revision=" ".join(run.run_id for run in members.values()),
        alt=f"Validation loss of {names} by epoch, with a cursor at epoch {epoch}",
        tools=False,
    )


def _course(role: Role, run: Run) -> Course:
    frame = current(history(run))
    points = frame[frame["metric"] == "val_loss"]
    epochs = (points["step"] / steps_per_epoch(run.spec)).tolist()
    return Course(network_title(run.spec.model), COLORS[role], DASHES[role], epochs, points["value"].tolist())


def _result(run: Run, epoch: int) -> str:
    labels, predicted = _answers(run, epoch)
    accuracy = words.percent(float(np.mean(predicted == labels)))
    name = network_title(run.spec.model)
    return f"**{name}** after epoch {epoch}: {accuracy} of {len(labels):,} test images right"


def _answers(run: Run, epoch: int) -> tuple[np.ndarray, np.ndarray]:
    """The classes of all test images, and what the network takes them for."""
    return test_images.labels(run), ask(answers.probabilities, run, epoch).argmax(axis=1)


def _confusions(role: Role, run: Run, epoch: int) -> None:
    labels, predicted = _answers(run, epoch)
    classes = DATASETS[run.spec.data.dataset].classes
    name = network_title(run.spec.model)
    counts = confusion(labels, predicted, len(classes))
    shown = most_confused([counts])
    st.markdown(f"**{name}**")
    if which := which_classes(len(shown), len(classes)):
        st.caption(which)
    plot.render(
        confusion_figure(counts, classes, shown=shown),
        key=f"confusion_{role}",
        revision=run.run_id,
        alt=f"Confusion matrix of {name} after epoch {epoch}, classes against answers",
        tools=False,
        on_click=partial(_open_confused, labels, predicted, classes),
    )


def _open_confused(labels: np.ndarray, predicted: np.ndarray, classes: tuple[str, ...], click: Click) -> None:
    """Shows the first test image of the clicked cell."""
    if click.x in classes and click.y in classes:
        of_cell = (labels == classes.index(click.y)) & (predicted == classes.index(click.x))
        if of_cell.any():
            choose_image(int(np.flatnonzero(of_cell)[0]))
