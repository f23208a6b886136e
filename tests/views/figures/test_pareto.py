import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cnnlab.data.published import PUBLISHED, SOURCES
from cnnlab.views.figures.pareto import COSTS, Point, pareto_figure, pareto_front
from cnnlab.views.palette import COMPARED_SYMBOLS


def point(label: str, cost: float, accuracy: float) -> Point:
    return Point(label, "#0877bd", cost, accuracy, accuracy - 0.01, accuracy + 0.01)


SMALL, LARGE, WASTED = point("small", 1e5, 0.87), point("large", 5e6, 0.91), point("wasted", 6e6, 0.90)


def test_without_points_the_figure_says_so():
    figure = pareto_figure([], "macs", PUBLISHED["fashion-mnist"])
    assert not figure.data
    assert "tested" in figure.layout.annotations[0].text


def test_a_run_that_another_one_beats_at_a_lower_cost_is_not_on_the_front():
    assert pareto_front([WASTED, LARGE, SMALL]) == [SMALL, LARGE]


@given(st.lists(st.tuples(st.integers(1, 9), st.integers(0, 9)), min_size=1, max_size=6))
def test_the_front_is_what_no_other_point_dominates(drawn):
    points = [point(str(place), cost, accuracy / 10) for place, (cost, accuracy) in enumerate(drawn)]
    dominated = {
        other.label
        for one, other in itertools.permutations(points, 2)
        if one.cost <= other.cost
        and one.accuracy >= other.accuracy
        and (one.cost, one.accuracy) != (other.cost, other.accuracy)
    }
    kept = {(each.cost, each.accuracy) for each in pareto_front(points)}
    assert kept == {(each.cost, each.accuracy) for each in points if each.label not in dominated}


@pytest.mark.parametrize("cost", COSTS)
def test_every_run_is_a_point_with_its_interval_under_a_shape_of_its_own(cost):
    figure = pareto_figure([SMALL, LARGE, WASTED], cost)
    steps, *markers = figure.data
    assert list(steps.x) == [SMALL.cost, LARGE.cost] and steps.line.shape == "hv"
    assert [trace.marker.symbol for trace in markers] == list(COMPARED_SYMBOLS[:3])
    assert [trace.error_y.array[0] for trace in markers] == pytest.approx([0.01] * 3)
    assert figure.layout.xaxis.title.text == COSTS[cost]


def test_published_results_are_lines_with_their_names_and_have_a_source():
    figure = pareto_figure([SMALL], "params", PUBLISHED["fashion-mnist"])
    texts = [note.text for note in figure.layout.annotations]
    assert len(figure.layout.shapes) == len(PUBLISHED["fashion-mnist"])
    assert "MLP 256-128-100: 88.3%" in texts and "people: 83.5%" in texts
    assert PUBLISHED.keys() == SOURCES.keys()


def test_all_points_and_their_labels_lie_within_the_cost_axis():
    low, high = pareto_figure([SMALL, LARGE], "params").layout.xaxis.range
    assert low < 5 and high > 6.7
