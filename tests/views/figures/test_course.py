import pytest

from cnnlab.views.figures.course import Course, course_figure


@pytest.mark.parametrize("courses", [[], [Course("CNN", "#0877bd", "solid", [], [])]])
def test_without_an_epoch_the_figure_says_so(courses):
    figure = course_figure(courses, 0)
    assert not figure.data and "No epoch" in figure.layout.annotations[0].text


def test_the_cursor_stands_at_the_epoch():
    figure = course_figure([Course("CNN", "#0877bd", "solid", [0, 1, 2], [2.3, 0.7, 0.5])], 1)
    assert (figure.layout.shapes[0].x0, figure.layout.shapes[0].x1) == (1, 1)
    assert figure.data[0].y == (2.3, 0.7, 0.5)
