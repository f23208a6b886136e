import numpy as np
import pytest

from cnnlab.evidence.classes import by_class, confusion, only_right
from cnnlab.evidence.intervals import wilson

CLASSES = ("ant", "bee", "cat", "dog")


def test_the_confusion_counts_each_pair_of_class_and_answer():
    labels, predicted = np.random.default_rng(0).integers(4, size=(2, 200))
    counts = confusion(labels, predicted, 4)
    for row, column in np.ndindex(4, 4):
        assert counts[row, column] == ((labels == row) & (predicted == column)).sum()


def test_each_class_gets_its_accuracy_with_an_interval():
    frame = by_class(np.array([0, 0, 0, 0, 1, 2]), np.array([0, 0, 0, 3, 0, 2]), CLASSES)
    assert frame["class"].tolist() == list(CLASSES)
    assert frame["images"].tolist() == [4, 1, 1, 0]
    assert frame["right"].tolist() == [3, 0, 1, 0]
    np.testing.assert_array_equal(frame["accuracy"], [0.75, 0, 1, np.nan])
    assert frame.loc[0, ["low", "high"]].tolist() == pytest.approx(wilson(3, 4))
    assert frame.loc[3, ["low", "high"]].tolist() == [0, 1], "a class without images"


FIRST = np.array([[0.9, 0.1], [0.8, 0.2], [0.4, 0.6], [0.3, 0.7], [0.6, 0.4]])
SECOND = np.array([[0.4, 0.6], [0.1, 0.9], [0.3, 0.7], [0.8, 0.2], [0.2, 0.8]])
LABELS = np.array([0, 0, 1, 1, 1])


def test_only_one_right_gives_the_surest_mistakes_first():
    assert only_right(FIRST, SECOND, LABELS).tolist() == [1, 3, 0]
    assert only_right(SECOND, FIRST, LABELS).tolist() == [4]
    assert only_right(FIRST, SECOND, LABELS, category=0).tolist() == [1, 0]
    assert only_right(FIRST, FIRST, LABELS).tolist() == []
