"""How much of their accuracy networks keep on disturbed images, as findings."""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from cnnlab import words
from cnnlab.evidence.finding import Finding, Quantity, in_points
from cnnlab.robustness.experiments import Experiment, Level
from cnnlab.robustness.losses import accuracy_at, gap, strength


class Outcome(NamedTuple):
    """One network in one experiment."""

    name: str
    color: str
    right: np.ndarray
    """(levels, N) bool: whether the network gets the Nth test image right at each level."""

    @property
    def accuracies(self) -> np.ndarray:
        """At each level, (levels,) float in [0, 1]."""
        return self.right.mean(axis=1)


def level_title(experiment: Experiment, level: Level) -> str:
    """A level in a few characters, for below its picture."""
    if level == experiment.undisturbed:
        return "original"
    if isinstance(level, tuple):
        return ", ".join(words.signed(part, 0) for part in level)
    return words.with_minus(experiment.unit.format(level))


def robustness_findings(
    experiment: Experiment, outcomes: Sequence[Outcome], baseline: Outcome | None
) -> list[Finding]:
    """The accuracy at the quoted strength, then for each network whether it loses less than the baseline.

    `outcomes` holds at least one network; `baseline` is one of them, or None if it was not measured.
    """
    others = [each for each in outcomes if baseline is not None and each is not baseline]
    return [
        _accuracies(experiment, outcomes),
        *(_loses_less(experiment, each, baseline) for each in others if baseline is not None),
    ]


def _accuracies(experiment: Experiment, outcomes: Sequence[Outcome]) -> Finding:
    parts = []
    for each in outcomes:
        disturbed = accuracy_at(each.right, experiment, experiment.quoted).mean()
        undisturbed = _undisturbed(experiment, each).mean()
        parts.append(
            f"{each.name} keeps {words.percent(disturbed)} (undisturbed {words.percent(undisturbed)})"
        )
    directions = sum(strength(level) == experiment.quoted for level in experiment.levels)
    mean = f" (mean of {directions} directions)" if directions > 1 else ""
    topic = f"{experiment.phrase.format(_quoted_in_words(experiment))}{mean}:"
    return Finding(tuple(each.name for each in outcomes), words.listing(parts), topic=topic)


def _quoted_in_words(experiment: Experiment) -> str:
    """'3 pixels', '1 pixel', '30°'."""
    text = experiment.unit.format(experiment.quoted)
    return text.removesuffix("s") if text == "1 pixels" else text


def _undisturbed(experiment: Experiment, outcome: Outcome) -> np.ndarray:
    return outcome.right[experiment.levels.index(experiment.undisturbed)]


def _lost(experiment: Experiment, outcome: Outcome) -> np.ndarray:
    """The loss of accuracy on each image, (N,) float from -1 to 1."""
    return _undisturbed(experiment, outcome) - accuracy_at(outcome.right, experiment, experiment.quoted)


def _loses_less(experiment: Experiment, outcome: Outcome, baseline: Outcome) -> Finding:
    """A positive difference means that the network loses less than the baseline."""
    difference, interval = gap(_lost(experiment, outcome), _lost(experiment, baseline))
    more = difference < 0
    direction = "more" if more else "less"
    points = Quantity(100 * abs(difference), "points")
    claim = f"{outcome.name} loses {words.number(points.value)} points {direction} than {baseline.name}"
    if interval.low <= 0 <= interval.high:
        claim = f"It is not clear whether {outcome.name} or {baseline.name} loses less"
        comparison = f"{outcome.name} loses {direction} by"
        points = Quantity(points.value, points.unit, introduced_by=comparison)
    return Finding(
        (outcome.name, baseline.name),
        claim,
        points,
        in_points(interval, mirrored=more),
        grounds=(f"Both were tested on the same {outcome.right.shape[1]:,} images.",),
    )
