import numpy as np
import pytest

from cnnlab.views.figures.answers import Answer, answers_figure, predicted_class, top_classes

CLASSES = ("ant", "bee", "cat", "dog")
FIRST = Answer("CNN", "#0877bd", np.array([0.1, 0.2, 0.65, 0.05], np.float32))
SECOND = Answer("Dense", "#f59322", np.array([0.7, 0.2, 0.06, 0.04], np.float32))


def test_without_answers_the_figure_says_so():
    figure = answers_figure([], CLASSES)
    assert not figure.data and "answered yet" in figure.layout.annotations[0].text


def test_the_likeliest_classes_come_first():
    assert top_classes(FIRST.probabilities, CLASSES) == [
        ("cat", pytest.approx(0.65)),
        ("bee", pytest.approx(0.2)),
        ("ant", pytest.approx(0.1)),
    ]


@pytest.mark.parametrize("label, end", [(2, ", right"), (0, ", wrong"), (None, "(65%)")])
def test_an_answer_is_judged_where_the_class_is_known(label, end):
    assert predicted_class(FIRST, CLASSES, label) == "cat (65%)" + (end if label is not None else "")


def test_the_bars_show_every_class_that_is_among_the_likeliest_of_either():
    figure = answers_figure([FIRST, SECOND], CLASSES)
    assert [bar.y for bar in figure.data] == [("ant", "bee", "cat")] * 2
    assert figure.data[1].x.tolist() == pytest.approx([0.7, 0.2, 0.06])
    assert figure.data[0].marker.pattern.shape != figure.data[1].marker.pattern.shape
