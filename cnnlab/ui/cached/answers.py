"""Questions to the workers about trained networks; what was answered once is not asked again."""

from typing import Any

import numpy as np
import streamlit as st

from cnnlab.runs import Run
from cnnlab.spec import Role
from cnnlab.ui.cached.trainer import trainer
from cnnlab.worker import answers

MOST_KEPT = 400  # answers


def ask(question: str, run: Run, epoch: int, *arguments: Any) -> Any:
    """The answer of the function of `cnnlab.worker.answers` with this name. Raises `UserError`."""
    return _answer(question, run.run_id, epoch, run.spec.training.epochs, *arguments)


def ask_each(members: dict[Role, Run], epochs: dict[Role, int], images: np.ndarray) -> dict[Role, np.ndarray]:
    """What each network says of images, (N, classes) float32, by one question for all of them."""
    networks = tuple((run.run_id, epochs[role]) for role, run in members.items())
    planned = tuple(run.spec.training.epochs for run in members.values())
    return dict(zip(members, _answers(networks, planned, images), strict=True))


@st.cache_data(max_entries=MOST_KEPT, show_spinner=False)
def _answers(
    networks: tuple[tuple[str, int], ...], planned: tuple[int, ...], images: np.ndarray
) -> list[np.ndarray]:
    return trainer().questions.ask(answers.classify_by_each, networks, images)


@st.cache_data(max_entries=MOST_KEPT, show_spinner=False)
def _answer(question: str, run_id: str, epoch: int, epochs: int, *arguments: Any) -> Any:
    """`epochs` tells a run from what it was before it was continued: its last epoch may have been cut."""
    return trainer().questions.ask(getattr(answers, question), run_id, epoch, *arguments)
