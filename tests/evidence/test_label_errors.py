import numpy as np
import pytest

from cnnlab.evidence.finding import text
from cnnlab.evidence.label_errors import (
    Suspected,
    ceiling_words,
    comparable_runs,
    label_errors_finding,
    suspected_label_errors,
)


def answers(*rows: tuple[int, float], classes: int = 3) -> np.ndarray:
    """One run's probabilities: for each image the class that it answers and how confident it is of it."""
    probabilities = np.empty((len(rows), classes))
    for row, (answer, confidence) in zip(probabilities, rows, strict=True):
        row[:] = (1 - confidence) / (classes - 1)
        row[answer] = confidence
    return probabilities


LABELS = np.array([0, 1, 2])


def test_an_image_on_which_most_runs_agree_on_another_class_with_confidence_is_suspected():
    of_runs = [
        answers((0, 0.9), (2, 0.99), (2, 0.9)),
        answers((0, 0.9), (2, 0.85), (2, 0.9)),
        answers((1, 0.9), (1, 0.99), (2, 0.9)),
    ]
    [suspected] = suspected_label_errors(LABELS, of_runs)
    assert suspected[:4] == (1, 1, 2, 2)
    assert suspected.confidence == pytest.approx(0.92)  # of the two that agree


@pytest.mark.parametrize(
    "second_image",
    [
        [(2, 0.99), (0, 0.99), (1, 0.99)],  # they do not agree on one
        [(2, 0.99), (2, 0.99), (1, 0.99), (0, 0.99)],  # half of them is not most
        [(2, 0.6), (2, 0.9), (2, 0.9)],  # without confidence
        [(1, 0.99), (1, 0.99), (1, 0.99)],  # with the label
        [(2, 1.0), (2, 1.0)],  # too few runs
    ],
)
def test_an_image_is_not_suspected_otherwise(second_image):
    of_runs = [answers((0, 0.9), answer, (2, 0.9)) for answer in second_image]
    assert suspected_label_errors(LABELS, of_runs) == []


def test_the_images_are_those_of_a_count_by_hand_ordered_by_agreement_and_confidence():
    generator = np.random.default_rng(0)
    labels = generator.integers(0, 4, 200)
    sharp = generator.normal(size=(200, 4)) * 4
    of_runs = []
    for _ in range(5):
        logits = sharp + generator.normal(size=(200, 4))
        of_runs.append(np.exp(logits) / np.exp(logits).sum(axis=1, keepdims=True))
    expected = []
    for image, label in enumerate(labels):
        given = [(int(run[image].argmax()), float(run[image].max())) for run in of_runs]
        for category in range(4):
            sure = [confidence for answer, confidence in given if answer == category]
            if category != label and len(sure) >= 3 and np.mean(sure) >= 0.9:
                expected.append((image, int(label), category, len(sure), np.mean(sure)))
    expected.sort(key=lambda each: (-each[3], -each[4]))
    found = suspected_label_errors(labels, of_runs)
    assert len(found) > 20
    assert [each[:4] for each in found] == [each[:4] for each in expected]
    np.testing.assert_allclose([each.confidence for each in found], [each[4] for each in expected])


def test_runs_far_behind_the_best_are_not_asked():
    assert comparable_runs([0.9, 0.79, 0.85, 0.3, 0.8]) == [0, 2, 4]
    assert comparable_runs([]) == []


def suspects(count: int) -> list[Suspected]:
    return [Suspected(number, 0, 1, 3, 0.9) for number in range(count)]


def test_the_finding_says_what_accuracy_is_left():
    said = text([label_errors_finding(suspects(12), 1000, 5)])
    assert said == (
        "12 suspected label errors among the 1,000 test images. 5 runs were asked. If all 12 are "
        "mislabelled, a perfect network would reach 98.8% by these labels. Only a person can tell whether "
        "the label or the networks are wrong: look at the images."
    )


def test_one_is_in_the_singular_and_none_has_no_ceiling():
    assert "1 suspected label error among" in text([label_errors_finding(suspects(1), 10, 3)])
    assert "If it is mislabelled, a perfect network would reach 90.0%" in text(
        [label_errors_finding(suspects(1), 10, 3)]
    )
    none = label_errors_finding([], 1000, 4)
    assert text([none]) == "No test image has a label that most of 4 runs contradict with confidence."
    assert none.figure is None


def test_a_ceiling_below_100_percent_does_not_read_as_100_percent():
    assert ceiling_words(0, 100) == "100.0%"
    assert ceiling_words(1, 10_000) == "99.99%"
    assert ceiling_words(12, 1000) == "98.8%"
