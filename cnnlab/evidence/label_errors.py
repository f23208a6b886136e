"""Suspected label errors: test images that most trained networks get wrong alike and with confidence.

Networks that agree with confidence on another class than the label are often right (see C. Northcutt,
A. Athalye and J. Mueller, "Pervasive Label Errors in Test Sets Destabilize Machine Learning Benchmarks",
NeurIPS 2021). They may also all be wrong about an unusual image: only a person can tell.
"""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from cnnlab import words
from cnnlab.evidence.finding import Finding, Quantity

LEAST_RUNS = 3  # of which agreement means something
BEHIND = 0.1  # by how much a run's accuracy may be below the best one's
CONFIDENCE = 0.9  # of those that agree, on average


class Suspected(NamedTuple):
    """One test image that may have the wrong label."""

    image: int
    """Its number, from 0."""
    label: int
    """The class that it has in the data set."""
    answer: int
    """The class that most runs give."""
    runs: int
    """How many of them do."""
    confidence: float
    """The mean probability that these give to it, from 0 to 1."""


def comparable_runs(accuracies: Sequence[float]) -> list[int]:
    """The places of the runs that are asked: all but those far behind the best.

    What a poor network is confident of says little about a label.
    """
    best = max(accuracies, default=0.0)
    return [place for place, accuracy in enumerate(accuracies) if accuracy >= best - BEHIND]


def suspected_label_errors(labels: np.ndarray, probabilities: Sequence[np.ndarray]) -> list[Suspected]:
    """The images on which more than half of the runs agree on another class than the label, with confidence.

    Args:
        labels: (M,) int, the classes of the test images in the data set.
        probabilities: Of each run, (M, classes) from 0 to 1.

    Those on which most runs agree come first, then those of the highest confidence. Empty for fewer than
    `LEAST_RUNS` runs.
    """
    if len(probabilities) < LEAST_RUNS:
        return []
    votes = np.zeros(probabilities[0].shape, int)
    confidence = np.zeros(probabilities[0].shape)  # the sum over the runs that vote for a class
    images = np.arange(len(labels))
    for of_run in probabilities:
        answers = of_run.argmax(axis=1)
        votes[images, answers] += 1
        confidence[images, answers] += of_run[images, answers]
    answers = votes.argmax(axis=1)
    agreeing = votes[images, answers]
    mean = confidence[images, answers] / agreeing
    suspicious = (answers != labels) & (2 * agreeing > len(probabilities)) & (mean >= CONFIDENCE)
    numbers = np.flatnonzero(suspicious)
    order = numbers[np.lexsort((-mean[numbers], -agreeing[numbers]))]
    return [
        Suspected(int(n), int(labels[n]), int(answers[n]), int(agreeing[n]), float(mean[n])) for n in order
    ]


def label_errors_finding(suspected: Sequence[Suspected], images: int, runs: int) -> Finding:
    """How many test images may have the wrong label, and which accuracy that leaves to a perfect network.

    Args:
        suspected: As `suspected_label_errors` gives them.
        images: How many test images there are.
        runs: How many runs were asked.
    """
    count = len(suspected)
    asked = f"{runs:,} runs were asked"
    if not count:
        return Finding((), f"No test image has a label that most of {runs:,} runs contradict with confidence")
    ceiling = 1 - count / images
    condition = "it is" if count == 1 else f"all {count:,} are"
    return Finding(
        (),
        f"{words.count(count, 'suspected label error')} among the {images:,} test images",
        Quantity(100 * ceiling, "%"),
        grounds=(
            f"{asked}.",
            f"If {condition} mislabelled, a perfect network would reach {ceiling_words(count, images)} by "
            "these labels.",
        ),
        caveats=("Only a person can tell whether the label or the networks are wrong: look at the images.",),
    )


def ceiling_words(count: int, images: int) -> str:
    """The share of the other images in percent, with enough decimals not to read as 100%."""
    digits = 1
    while count and round(100 * (1 - count / images), digits) == 100:
        digits += 1
    return words.percent(1 - count / images, digits)
