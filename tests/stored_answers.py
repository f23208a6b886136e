"""Runs with made-up answers on the test images, and the section "Where they differ" opened on them."""

import numpy as np
from streamlit.testing.v1 import AppTest

from cnnlab import runs
from cnnlab.comparison.candidates import Candidate, Predicted
from cnnlab.data.registry import load
from cnnlab.spec import PRESETS
from cnnlab.ui.cached.predictions import predicted
from cnnlab.views.palette import COMPARED_COLORS
from tests.dashboard import run

MNIST = PRESETS["small"].with_setting("data.dataset", "mnist")
LABELS = load("mnist", "sample").y_test
NEXT = (LABELS + 1) % 10  # what a wrong answer is


def stored(
    wrong: np.ndarray, role: str = "model", labels: np.ndarray = LABELS, confidence: float = 0.82
) -> str:
    """A run that predicts the next digit for these images and is right on all others."""
    answers = labels.copy()
    answers[wrong] = NEXT[wrong]
    probabilities = np.full((len(labels), 10), (1 - confidence) / 9, np.float32)
    probabilities[np.arange(len(labels)), answers] = confidence
    run_id = runs.create(role, "where they differ", MNIST.runs()[role])
    runs.save_npz(run_id, "test_predictions.npz", {"probabilities": probabilities, "labels": labels})
    runs.start(run_id, "CPU")
    runs.end(run_id, "finished")
    return run_id


def section(run_ids: tuple[str, ...], baseline: str) -> None:
    """The section as a page."""
    from cnnlab import runs
    from cnnlab.comparison.candidates import candidates
    from cnnlab.ui.compare import differences

    compared = candidates([runs.get(run_id) for run_id in run_ids])
    differences.render(compared, next(each for each in compared if each.run.run_id == baseline))


def shown_differences(*run_ids: str, baseline: str | None = None) -> AppTest:
    """The section on these runs; the last one is the baseline unless another is named."""
    return run(AppTest.from_function(section, default_timeout=30, args=(run_ids, baseline or run_ids[-1])))


def texts(app: AppTest) -> str:
    """Everything that the section says."""
    kinds = ("markdown", "caption", "info", "warning")
    return "\n".join(str(element.value) for kind in kinds for element in app.get(kind))


def answers_of(run_id: str) -> Predicted:
    """The stored answers of a run, as the page reads them; its label is A for a model, B for a baseline."""
    return predicted(
        Candidate(runs.get(run_id), "B" if "baseline" in runs.get(run_id).role else "A", COMPARED_COLORS[0])
    )
