"""Questions to the workers, answered in this process."""

from collections.abc import Callable

import numpy as np
import pytest
import streamlit as st

from cnnlab import runs
from cnnlab.spec import PRESETS
from cnnlab.ui.cached.answers import ask
from cnnlab.ui.cached.trainer import trainer
from cnnlab.worker import answers

IMAGE = np.zeros((28, 28, 1), np.float32)


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The names of the questions that were sent."""
    sent: list[str] = []

    def send(question: Callable, *arguments: object) -> str:
        sent.append(question.__name__)
        return question.__name__

    monkeypatch.setattr(trainer().questions, "ask", send)
    st.cache_data.clear()
    return sent


@pytest.fixture(scope="module")
def run() -> runs.Run:
    return runs.get(runs.create("model", "asked", PRESETS["small"].runs()["model"]))


def test_the_same_question_is_sent_once_and_other_arguments_anew(asked, run):
    for epoch in (1, 1, 2, 1):
        assert ask(answers.layer_outputs, run, epoch, IMAGE) == "layer_outputs"
    assert asked == ["layer_outputs"] * 2


def test_two_questions_with_the_same_arguments_are_told_apart(asked, run):
    for question in (answers.probabilities, answers.tflite):
        assert ask(question, run, 1) == question.__name__
    assert asked == ["probabilities", "tflite"]
