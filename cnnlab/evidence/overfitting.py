"""What a rising validation loss is made of, and what a softer softmax would take back of it.

A network that overfits often gets about as many images right as before, and is more confident where it is
wrong: the loss rises, the accuracy hardly falls. This file only compares probabilities of the same images at
two epochs; it knows nothing of runs or of how a network is asked.
"""

import math
from statistics import NormalDist
from typing import NamedTuple

import numpy as np

from cnnlab import words
from cnnlab.evidence.finding import Finding, Quantity
from cnnlab.evidence.intervals import LEVEL, Interval
from cnnlab.evidence.temperature import digits_of, log_probabilities

MAY_BE_CHANCE = "The interval holds 0: with other validation images there might be no change at all."
NORMAL = NormalDist().inv_cdf((1 + LEVEL) / 2)
NOT_NUMBERS = "Its probabilities are not numbers from 0 to 1: its training diverged."


class Part(NamedTuple):
    """What some of the images contribute to the rise of the mean loss."""

    images: int
    rise: float
    """In nats: the sum of their rises over the number of all images."""


class Rise(NamedTuple):
    """How much the mean cross-entropy rose between two epochs, and through which images."""

    before: float
    """The mean cross-entropy at the earlier epoch, in nats."""
    after: float
    newly_wrong: Part
    """Right at the earlier epoch, wrong at the later one."""
    newly_right: Part
    still_wrong: Part
    """Wrong at both epochs, though the answers may differ."""
    still_right: Part
    of_images: np.ndarray
    """(N,) float64: the rise of each image's cross-entropy, in nats."""

    @property
    def total(self) -> float:
        """The rise in nats, which is the sum of the four parts; below 0 where the loss fell."""
        return self.after - self.before

    @property
    def more_wrong(self) -> float:
        """The rise by answers that turned wrong, less what those that turned right take back."""
        return self.newly_wrong.rise + self.newly_right.rise

    @property
    def accuracies(self) -> tuple[float, float]:
        """At the earlier and at the later epoch, from 0 to 1."""
        before, after = (
            each.images + self.still_right.images for each in (self.newly_wrong, self.newly_right)
        )
        return before / len(self.of_images), after / len(self.of_images)

    @property
    def interval(self) -> Interval:
        """The 95% interval of the rise in nats, by the normal distribution of the mean over the images."""
        images = len(self.of_images)
        error = float(self.of_images.std(ddof=1)) / math.sqrt(images) if images > 1 else math.inf
        return Interval(self.total - NORMAL * error, self.total + NORMAL * error)

    @property
    def is_clear(self) -> bool:
        """Whether the interval lies on one side of 0, so that it is not the images' chance."""
        low, high = self.interval
        return low > 0 or high < 0

    def largest(self, count: int) -> np.ndarray:
        """(K,) int: the images whose loss rose most, the largest rise first; at most `count`."""
        order = np.argsort(-self.of_images, kind="stable")[:count]
        return order[self.of_images[order] > 0]


def decompose(before: np.ndarray, after: np.ndarray, labels: np.ndarray) -> Rise | None:
    """Takes apart how the mean cross-entropy changed; None if the training diverged.

    Args:
        before, after: (N, classes) probabilities from 0 to 1 of the same images at two epochs.
        labels: (N,) int, the true classes.

    Each image belongs to one of four parts, by whether its answer, the likeliest class, is right at either
    epoch; a part is the sum of its images' rises over N, so that the parts add up to the whole. The
    probabilities of a network whose training diverged are not numbers from 0 to 1. Raises `ValueError`
    without images, or where the shapes do not belong together.
    """
    if before.shape != after.shape:
        raise ValueError(f"Both epochs need the same images, not {before.shape} and {after.shape}.")
    at_first, at_last = log_probabilities(before, labels), log_probabilities(after, labels)
    if at_first is None or at_last is None:
        return None
    rows = np.arange(len(labels))
    earlier, later = -at_first[rows, labels], -at_last[rows, labels]
    was, now = (each.argmax(axis=1) == labels for each in (before, after))
    rises = later - earlier

    def part(which: np.ndarray) -> Part:
        return Part(int(which.sum()), float(rises[which].sum()) / len(labels))

    return Rise(
        float(earlier.mean()),
        float(later.mean()),
        newly_wrong=part(was & ~now),
        newly_right=part(~was & now),
        still_wrong=part(~was & ~now),
        still_right=part(was & now),
        of_images=rises,
    )


def turning_epoch(losses: dict[int, float]) -> int | None:
    """The epoch of the lowest validation loss, if a later one is higher; None where there is no such turn.

    `losses`: epoch → validation loss in nats. Epoch 0, before training, does not count, nor do losses that
    are not finite numbers. Of equally low epochs the first one counts.
    """
    trained = {epoch: losses[epoch] for epoch in sorted(losses) if epoch > 0 and math.isfinite(losses[epoch])}
    if not trained:
        return None
    lowest = min(trained, key=trained.__getitem__)
    turned = any(epoch > lowest and loss > trained[lowest] for epoch, loss in trained.items())
    return lowest if turned else None


def rise_finding(name: str, epochs: tuple[int, int], rise: Rise | None) -> Finding:
    """How much the validation loss of a network rose between two epochs, and through which images."""
    if rise is None:
        return Finding((name,), f"The loss of {name} cannot be taken apart", grounds=(NOT_NUMBERS,))
    digits = digits_of(rise.total)
    amount = words.number(abs(rise.total), digits)
    verb = "rose" if rise.total >= 0 else "fell"
    parts = [f"{words.signed(part, digits)} by {cause}" for part, cause in _causes(rise)]
    was, now = map(words.percent, rise.accuracies)
    return Finding(
        (name,),
        f"From epoch {epochs[0]} to epoch {epochs[1]} the validation loss of {name} {verb} by {amount}: "
        f"{words.listing(parts)}",
        Quantity(rise.total, "nats", digits),
        rise.interval,
        grounds=(
            f"Of {words.count(len(rise.of_images), 'validation image')}, {rise.newly_wrong.images:,} turned "
            f"wrong and {rise.newly_right.images:,} turned right; {rise.still_wrong.images:,} were wrong and "
            f"{rise.still_right.images:,} right at both epochs.",
            f"The accuracy stayed at {was}." if was == now else f"The accuracy went from {was} to {now}.",
        ),
        caveats=() if rise.is_clear else (MAY_BE_CHANCE,),
    )


def _causes(rise: Rise) -> list[tuple[float, str]]:
    """The three parts that a sentence names, in nats, each in words that fit its sign."""
    turned = ("wrong", "right") if rise.more_wrong >= 0 else ("right", "wrong")
    wrong = ("more", "less") if rise.still_wrong.rise >= 0 else ("less", "more")
    right = "less" if rise.still_right.rise >= 0 else "more"
    return [
        (rise.more_wrong, f"answers that turned {turned[0]} (net of those that turned {turned[1]})"),
        (
            rise.still_wrong.rise,
            f"wrong answers given with {wrong[0]} confidence ({wrong[1]} left for the true class)",
        ),
        (rise.still_right.rise, f"right answers given with {right} confidence"),
    ]
