"""What networks keep of their accuracy on disturbed images, in words."""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from cnnlab.robustness.experiments import Experiment, Level
from cnnlab.robustness.losses import gap, kept, strength


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
        return ", ".join(signed(part, 0) for part in level)
    return experiment.unit.format(level).replace("-", "−")


def signed(number: float, digits: int) -> str:
    """With its sign, which 0 has not."""
    return f"{number:+.{digits}f}".replace("-", "−") if number else "0"


def sentence(experiment: Experiment, outcomes: Sequence[Outcome], baseline: Outcome | None) -> str:
    """What each network keeps at the quoted strength, and whether it loses less than the baseline.

    `baseline` is one of the outcomes, or None where it was not measured; there is at least one.
    """
    kept_by = [kept(each.right, experiment, experiment.quoted) for each in outcomes]
    parts = [
        f"{each.name} keeps {share.mean():.1%} (undisturbed {_undisturbed(experiment, each).mean():.1%})"
        for each, share in zip(outcomes, kept_by, strict=True)
    ]
    directions = sum(strength(level) == experiment.quoted for level in experiment.levels)
    over = f" (mean of {directions} directions)" if directions > 1 else ""
    begins = experiment.phrase.format(experiment.unit.format(experiment.quoted))
    others = [each for each in outcomes if baseline is not None and each is not baseline]
    verdicts = [_verdict(experiment, each, baseline) for each in others]
    return " ".join([f"{begins}{over}, {_listed(parts)}.", *verdicts])


def _undisturbed(experiment: Experiment, outcome: Outcome) -> np.ndarray:
    return outcome.right[experiment.levels.index(experiment.undisturbed)]


def _lost(experiment: Experiment, outcome: Outcome) -> np.ndarray:
    """What is lost of each image, (N,) float from -1 to 1."""
    return _undisturbed(experiment, outcome) - kept(outcome.right, experiment, experiment.quoted)


def _verdict(experiment: Experiment, outcome: Outcome, baseline: Outcome) -> str:
    found = gap(_lost(experiment, outcome), _lost(experiment, baseline))
    points, low, high = (100 * value for value in (found.difference, *found.interval))
    images = f"the same {outcome.right.shape[1]:,} images"
    if low <= 0 <= high:
        return (
            f"Which of {outcome.name} and {baseline.name} loses less cannot be told from {images} "
            f"(difference {signed(points, 1)} points, "
            f"95% interval {signed(low, 1)} to {signed(high, 1)})."
        )
    less, (near, far) = ("less", (low, high)) if points > 0 else ("more", (-high, -low))
    return (
        f"{outcome.name} loses {abs(points):.1f} points {less} than {baseline.name} "
        f"(95% interval {near:.1f} to {far:.1f}, on {images})."
    )


def _listed(parts: list[str]) -> str:
    return " and ".join(filter(None, [", ".join(parts[:-1]), parts[-1]]))
