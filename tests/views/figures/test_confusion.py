import numpy as np
import plotly.graph_objects as go
import pytest

from cnnlab.views.figures.confusion import (
    MOST_CLASSES,
    Cell,
    confusion_difference_figure,
    confusion_figure,
    difference,
    largest_difference,
    most_confused,
    which_classes,
)

CLASSES = ("ant", "bee", "cat")
FIRST = np.array([[8, 2, 0], [1, 9, 0], [0, 3, 2]])
SECOND = np.array([[7, 3, 0], [1, 9, 0], [2, 0, 3]])


def heatmap_of(figure: go.Figure) -> go.Heatmap:
    [heatmap] = figure.data
    return heatmap


def test_without_classes_the_figure_says_so():
    nothing = np.zeros((0, 0), int)
    figure = confusion_figure(nothing, ())
    assert not figure.data and "No image" in figure.layout.annotations[0].text


def test_the_cells_hold_counts_and_are_coloured_by_the_share_of_their_class():
    figure = confusion_figure(np.array([[3, 1], [0, 0]]), CLASSES[:2])
    [heatmap] = figure.data
    assert heatmap.text == ([3, 1], [0, 0])
    assert heatmap.z.tolist() == [[0.75, 0.25], [0.0, 0.0]]
    assert (heatmap.zmin, heatmap.zmax) == (0, 1)


def test_the_difference_is_of_images_and_of_shares_of_a_class():
    found = difference(FIRST, SECOND)
    assert found.counts.tolist() == [[1, -1, 0], [0, 0, 0], [-2, 3, -1]]
    np.testing.assert_allclose(found.shares, [[0.1, -0.1, 0], [0, 0, 0], [-0.4, 0.6, -0.2]])
    assert found.limit == pytest.approx(0.6)


def test_without_images_or_differences_the_scale_still_has_two_ends():
    nothing = np.zeros((3, 3), int)
    for found in (difference(nothing, nothing), difference(FIRST, FIRST)):
        assert found.limit == 1 and not found.counts.any()
        heatmap = heatmap_of(confusion_difference_figure(found, CLASSES, ("A", "B")))
        assert heatmap.colorbar.ticktext == ("−100.0%", "0", "+100.0%")
        assert largest_difference(found) == Cell(0, 1), "any mistake, never what is right"


def test_matrices_of_two_networks_have_one_scale():
    scales = {
        (heatmap.zmin, heatmap.zmax)
        for heatmap in (heatmap_of(confusion_figure(m, CLASSES)) for m in (FIRST, SECOND))
    }
    assert scales == {(0, 1)}


def test_the_scale_of_the_difference_is_symmetric_and_grey_in_its_middle():
    heatmap = heatmap_of(confusion_difference_figure(difference(FIRST, SECOND), CLASSES, ("A", "B")))
    assert -heatmap.zmin == heatmap.zmax == pytest.approx(0.6)
    assert heatmap.colorscale == ((0, "#f59322"), (0.5, "#e8eaeb"), (1, "#0877bd"))
    np.testing.assert_allclose(heatmap.z[2], [-0.4, 0.6, -0.2])
    assert heatmap.colorbar.ticktext == ("−60.0%", "0", "+60.0%")


def test_every_cell_says_its_difference_in_figures_and_in_words():
    heatmap = heatmap_of(confusion_difference_figure(difference(FIRST, SECOND), CLASSES, ("A", "B")))
    assert heatmap.text == (["+1", "−1", "0"], ["0", "0", "0"], ["−2", "+3", "−1"])
    assert tuple(heatmap.customdata[2]) == ("2 more by B", "3 more by A", "1 more by B")
    assert heatmap.customdata[1][1] == "equally often"


def test_the_largest_difference_is_sought_among_the_mistakes():
    assert largest_difference(difference(np.diag([90, 5, 5]), FIRST)) == Cell(2, 1)


@pytest.mark.parametrize("selected, frames", [(None, 0), (Cell(label=2, predicted=0), 1)])
def test_the_selected_cell_has_a_frame(selected, frames):
    for figure in (
        confusion_figure(FIRST, CLASSES, selected),
        confusion_difference_figure(difference(FIRST, SECOND), CLASSES, ("A", "B"), selected),
    ):
        shapes = figure.layout.shapes
        assert len(shapes) == frames
        for frame in shapes:
            assert (frame.x0, frame.x1, frame.y0, frame.y1) == (-0.5, 0.5, 1.5, 2.5)


def of_many(classes: int) -> tuple[np.ndarray, tuple[str, ...]]:
    """A matrix in which the classes 3, 50 and 97 are confused, and the others hardly."""
    counts = np.diag(np.full(classes, 20))
    counts[3, 50], counts[97, 3] = 9, 7
    for number in range(10, 40):
        counts[number, number + 1] = 1
    return counts, tuple(f"class {number}" for number in range(classes))


def test_of_many_classes_those_that_are_confused_most_are_drawn_with_their_own_counts_and_shares():
    counts, classes = of_many(100)
    drawn = most_confused([counts])
    assert len(drawn) == MOST_CLASSES and {3, 50, 97} <= set(drawn.tolist()) and list(drawn) == sorted(drawn)
    heatmap = heatmap_of(confusion_figure(counts, classes))
    assert heatmap.x == heatmap.y == tuple(classes[number] for number in drawn)
    place = {number: index for index, number in enumerate(drawn.tolist())}
    assert heatmap.text[place[3]][place[50]] == 9
    assert heatmap.z[place[3], place[50]] == pytest.approx(9 / 29), "of all images of the class"
    assert which_classes(len(drawn), 100) == "Of 100 classes the 20 that are confused most are shown."
    assert which_classes(10, 10) == ""


def test_the_classes_of_the_selected_cell_are_drawn_and_framed():
    counts, classes = of_many(100)
    figure = confusion_figure(counts, classes, Cell(98, 1))
    names = list(heatmap_of(figure).x)
    [frame] = figure.layout.shapes
    assert (frame.x0 + 0.5, frame.y0 + 0.5) == (names.index("class 1"), names.index("class 98"))


@pytest.mark.parametrize("classes", [2, 3, 12, 20])
def test_of_few_classes_all_are_drawn(classes):
    counts = np.arange(classes**2).reshape(classes, classes)
    assert most_confused([counts, counts]).tolist() == list(range(classes))


def test_long_names_are_shortened_at_the_axes_alone_and_are_no_markup():
    names = ("<b>short</b>", "a class whose name is longer than most")
    figure = confusion_figure(np.eye(2, dtype=int), names)
    assert heatmap_of(figure).x == names
    for axis in (figure.layout.xaxis, figure.layout.yaxis):
        assert axis.tickvals == names
        assert axis.ticktext == ("&lt;b&gt;short&lt;/b&gt;", "a class whose nam…")
