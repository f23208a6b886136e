"""The runs of a comparison: each with its own name and colour, and its answers on the test images."""

from collections import Counter
from typing import NamedTuple

import numpy as np

from cnnlab.data.registry import DATASETS
from cnnlab.runs import Run
from cnnlab.views.palette import COMPARED_COLORS

MOST = len(COMPARED_COLORS)


class Candidate(NamedTuple):
    """One of the runs that are compared."""

    run: Run
    label: str
    """Its name; where several have the same, with a number behind it."""
    color: str


def candidates(compared: list[Run]) -> list[Candidate]:
    """Names and colours for at most `MOST` runs, in their order."""
    names = [run.name or run.run_id[:8] for run in compared]
    repeated = {name for name, count in Counter(names).items() if count > 1}
    seen: Counter[str] = Counter()
    labelled = []
    for run, name, color in zip(compared, names, COMPARED_COLORS, strict=False):
        seen[name] += 1
        label = f"{name} ({seen[name]})" if name in repeated else name
        labelled.append(Candidate(run, label, color))
    return labelled


class Predicted(NamedTuple):
    """One network's answers on the test images."""

    run: Run
    label: str
    """The network's name, as it was given."""
    color: str
    probabilities: np.ndarray
    """(N, classes) float32."""
    labels: np.ndarray
    """The true classes, (N,) int64."""

    @property
    def classes(self) -> tuple[str, ...]:
        """The names of the classes."""
        return DATASETS[self.run.spec.data.dataset].classes

    @property
    def answers(self) -> np.ndarray:
        """The likeliest class of each image, (N,) int64."""
        return self.probabilities.argmax(axis=1)

    @property
    def right(self) -> np.ndarray:
        """Whether that is the true one, (N,) bool."""
        return self.answers == self.labels
