"""Questions to the workers about trained networks; an answer is cached, so that no question is sent twice."""

from collections.abc import Callable
from types import FunctionType
from typing import Any, TypeVar

import numpy as np
import streamlit as st

from cnnlab.data.registry import DATASETS
from cnnlab.runs import Run
from cnnlab.spec import Role
from cnnlab.ui.cached.trainer import trainer
from cnnlab.worker import answers

MOST_KEPT = 400  # answers, of some 300 KB each
LARGE, MOST_LARGE_KEPT = 64 * 64, 40  # pixels of an image; answers about larger ones, of up to 10 MB each

Answer = TypeVar("Answer")


def ask(question: Callable[..., Answer], run: Run, epoch: int, *arguments: Any) -> Answer:
    """The answer of a worker about a run's network after an epoch. Raises `UserError`.

    Args:
        question: A function of `cnnlab.worker.answers` whose first arguments are a run's id and an epoch.
        run: The run.
        epoch: One whose weights are stored; 0 is before training.
        arguments: The question's other arguments.
    """
    height, width, _ = DATASETS[run.spec.data.dataset].input_shape
    answer = _large_answer if height * width > LARGE else _answer
    return answer(question, run.run_id, epoch, run.spec.training.epochs, *arguments)


def ask_each(members: dict[Role, Run], epochs: dict[Role, int], images: np.ndarray) -> dict[Role, np.ndarray]:
    """Each network's class probabilities of images, (N, classes) float32, by one question for all of them."""
    networks = tuple((run.run_id, epochs[role]) for role, run in members.items())
    planned_epochs = tuple(run.spec.training.epochs for run in members.values())
    return dict(zip(members, _classified(networks, planned_epochs, images), strict=True))


@st.cache_data(max_entries=MOST_KEPT, show_spinner=False)
def _classified(
    networks: tuple[tuple[str, int], ...], planned_epochs: tuple[int, ...], images: np.ndarray
) -> list[np.ndarray]:
    return trainer().questions.ask(answers.classify_by_networks, networks, images)


def _qualified_name(function: FunctionType) -> str:
    return f"{function.__module__}.{function.__qualname__}"


@st.cache_data(max_entries=MOST_KEPT, show_spinner=False, hash_funcs={FunctionType: _qualified_name})
def _answer(
    question: Callable[..., Any], run_id: str, epoch: int, planned_epochs: int, *arguments: Any
) -> Any:
    """`planned_epochs` changes when a run is continued, which may replace the weights of its last epoch."""
    return trainer().questions.ask(question, run_id, epoch, *arguments)


@st.cache_data(max_entries=MOST_LARGE_KEPT, show_spinner=False, hash_funcs={FunctionType: _qualified_name})
def _large_answer(
    question: Callable[..., Any], run_id: str, epoch: int, planned_epochs: int, *arguments: Any
) -> Any:
    """The same for networks whose images are large."""
    return trainer().questions.ask(question, run_id, epoch, *arguments)
