import numpy as np
import pytest

from cnnlab.views.figures.studies import (
    Difference,
    Point,
    Series,
    Shuffled,
    by_images_figure,
    differences_figure,
    order_figure,
)

POINTS = [Point(0.5, 0.45, 0.56), Point(0.8, 0.78, 0.83)]


def both(*places) -> list[Series]:
    return [
        Series("CNN 8", "#0877bd", "solid", "circle", list(places), POINTS),
        Series("Dense 32", "#f59322", "dot", "square", list(places), POINTS),
    ]


@pytest.mark.parametrize(
    ("figure", "note"),
    [
        (by_images_figure([]), "No network has been tested yet."),
        (order_figure([]), "No network has been tested yet."),
        (differences_figure([], "#0877bd"), "No rival has been tested yet."),
    ],
)
def test_without_results_the_figure_says_so(figure, note):
    assert not figure.data
    assert [each.text for each in figure.layout.annotations] == [note]


def test_whiskers_reach_to_the_ends_of_the_intervals():
    figure = by_images_figure(both(100, 300))
    for trace in figure.data:
        np.testing.assert_allclose(np.array(trace.y) + trace.error_y.array, [0.56, 0.83])
        np.testing.assert_allclose(np.array(trace.y) - trace.error_y.arrayminus, [0.45, 0.78])
    assert len({trace.marker.symbol for trace in figure.data}) == 2


def test_images_stand_on_a_logarithmic_axis_that_names_each_number():
    figure = by_images_figure(both(100, 3000))
    assert figure.layout.xaxis.type == "log"
    assert list(figure.layout.xaxis.tickvals) == [100, 3000]
    assert list(figure.layout.xaxis.ticktext) == ["100", "3,000"]


def test_differences_are_points_beside_a_line_at_zero():
    figure = differences_figure(
        [Difference("Dense 32", Point(0.031, 0.02, 0.045)), Difference("other", Point(-0.01, -0.03, 0.01))],
        "#0877bd",
    )
    (trace,) = figure.data
    np.testing.assert_allclose(trace.x, [3.1, -1.0])
    assert list(trace.y) == ["Dense 32", "other"]
    np.testing.assert_allclose(np.array(trace.x) + trace.error_x.array, [4.5, 1.0])
    np.testing.assert_allclose(np.array(trace.x) - trace.error_x.arrayminus, [2.0, -3.0])
    assert [shape.x0 for shape in figure.layout.shapes] == [0]


def test_each_seed_has_a_line_from_in_place_to_shuffled_beside_the_mean():
    networks = [
        Shuffled("CNN 8", "#0877bd", "solid", "circle", [0.8, 0.84], [0.7, 0.72]),
        Shuffled("Dense 32", "#f59322", "dot", "square", [0.6, 0.61], [0.61, 0.6]),
    ]
    figure = order_figure(networks)
    lines = {trace.uid: tuple(trace.y) for trace in figure.data}
    assert {(0.8, 0.7), (0.84, 0.72)} == {lines["seed-0-0"], lines["seed-1-0"]}
    np.testing.assert_allclose(lines["mean-0"], [0.82, 0.71])
    np.testing.assert_allclose(lines["mean-1"], [0.605, 0.605])
    assert [trace.name for trace in figure.data if trace.showlegend is not False] == ["CNN 8", "Dense 32"]


def test_one_seed_has_one_line():
    figure = order_figure([Shuffled("CNN 8", "#0877bd", "solid", "circle", [0.8], [0.7])])
    assert [trace.uid for trace in figure.data] == ["mean-0"]
