import numpy as np
import pytest

from cnnlab.evidence.classes import by_class
from cnnlab.evidence.finding import text
from cnnlab.views.figures.classes import ClassScores, accuracy_by_class_figure, most_telling, widest_gap

CLASSES = ("ant", "bee", "cat")
LABELS = np.array([0] * 10 + [1] * 5)


def scores(name: str, right_ants: int, right_bees: int) -> ClassScores:
    answers = np.where(np.arange(15) < 10, 1, 0)  # wrong everywhere
    answers[:right_ants], answers[10 : 10 + right_bees] = 0, 1
    return ClassScores(name, "#0877bd", by_class(LABELS, answers, CLASSES))


def test_without_networks_the_figure_says_what_to_do():
    figure = accuracy_by_class_figure([])
    assert not figure.data and "choose at least one" in figure.layout.annotations[0].text


def test_a_point_stands_at_the_accuracy_with_its_interval_and_classes_without_images_are_left_out():
    first = scores("A", 8, 5)
    [points] = accuracy_by_class_figure([first]).data
    assert list(points.y) == ["ant", "bee"] and list(points.x) == [0.8, 1.0]
    reached = np.array(points.x) + points.error_x.array
    np.testing.assert_allclose(reached, first.frame["high"][:2], atol=2e-4)
    reached = np.array(points.x) - points.error_x.arrayminus
    np.testing.assert_allclose(reached, first.frame["low"][:2], atol=2e-4)
    assert tuple(points.customdata[0][:2]) == (8, 10)


def test_every_interval_lies_within_the_axis():
    figure = accuracy_by_class_figure([scores("A", 8, 5), scores("B", 0, 3)])
    low, high = figure.layout.xaxis.range
    for points in figure.data:
        assert low < min(np.array(points.x) - points.error_x.arrayminus)
        assert high > max(np.array(points.x) + points.error_x.array)


def test_networks_are_told_apart_by_their_markers_and_lie_beside_each_other():
    figure = accuracy_by_class_figure([scores(str(number), 8, 5) for number in range(6)])
    assert len({points.marker.symbol for points in figure.data}) == 6
    assert len({points.offsetgroup for points in figure.data}) == 6
    assert figure.layout.scattermode == "group"


def test_the_widest_gap_is_found_among_classes_with_images():
    finding = widest_gap(scores("A", 8, 5), scores("B", 7, 2))
    assert text([finding]) == "A and B differ most at bee. A gets 100.0% of its images right, B 40.0%."
    assert finding.figure.value == pytest.approx(60)
    empty = ClassScores("A", "#0877bd", by_class(np.array([], int), np.array([], int), CLASSES))
    assert widest_gap(empty, empty) is None


def test_of_many_classes_those_are_drawn_at_which_the_networks_are_furthest_apart():
    names = tuple(f"class {number}" for number in range(100))
    labels = np.arange(400) % 100
    first, second = labels.copy(), labels.copy()
    second[[7, 107, 207, 42, 142]] = 0
    scores = [
        ClassScores(name, "#0877bd", by_class(labels, answers, names))
        for name, answers in (("A", first), ("B", second))
    ]
    drawn = most_telling(scores)
    assert [len(network.frame) for network in drawn] == [20, 20]
    assert {"class 7", "class 42"} <= set(drawn[0].frame["class"])
    assert list(drawn[0].frame.index) == sorted(drawn[0].frame.index)
    [lone] = most_telling([scores[1]])
    assert {"class 7", "class 42"} <= set(lone.frame["class"]), "those with the lowest accuracy"
    assert most_telling([]) == []
