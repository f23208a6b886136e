"""Predictions class by class: confusions, accuracy of each class, images that only one network gets right."""

import numpy as np
import pandas as pd

from cnnlab.evidence.intervals import wilson


def confusion(labels: np.ndarray, predicted: np.ndarray, classes: int) -> np.ndarray:
    """How many images of each class (row) were taken for each class (column): (classes, classes) int."""
    counts = np.bincount(labels * classes + predicted, minlength=classes**2)
    return counts.reshape(classes, classes)


def by_class(labels: np.ndarray, predicted: np.ndarray, classes: tuple[str, ...]) -> pd.DataFrame:
    """How good a network is at each class.

    Returns a frame with a row for each class and the columns class, images, right, accuracy (from 0 to
    1; NaN without images), low and high (Wilson's interval).
    """
    counts = confusion(labels, predicted, len(classes))
    images, right = counts.sum(axis=1), counts.diagonal()
    intervals = [wilson(int(of), int(total)) for of, total in zip(right, images, strict=True)]
    return pd.DataFrame(
        {
            "class": list(classes),
            "images": images,
            "right": right,
            "accuracy": np.where(images > 0, right / np.maximum(images, 1), np.nan),
            "low": [interval.low for interval in intervals],
            "high": [interval.high for interval in intervals],
        }
    )


def only_right(
    first: np.ndarray, second: np.ndarray, labels: np.ndarray, category: int | None = None
) -> np.ndarray:
    """The images that the first network gets right and the second does not.

    Args:
        first, second: (N, classes) probabilities.
        labels: (N,) int, the true classes.
        category: Only images of this class; of any where not given.

    Returns their numbers, (M,) int: those of which the second was surest of its wrong answer come first.
    """
    answers = second.argmax(axis=1)
    chosen = (first.argmax(axis=1) == labels) & (answers != labels)
    if category is not None:
        chosen &= labels == category
    numbers = np.flatnonzero(chosen)
    return numbers[np.argsort(-second[numbers, answers[numbers]], kind="stable")]
