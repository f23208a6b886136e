import numpy as np
import pytest

from cnnlab.evidence.intervals import wilson
from cnnlab.robustness.experiments import EXPERIMENTS
from cnnlab.robustness.findings import Outcome
from cnnlab.views.figures.robustness import (
    NOT_MEASURED,
    accuracy_by_level_figure,
    accuracy_map_figure,
    difference_limit,
    difference_map_figure,
    shift_grid,
)

SHIFT, NOISE = EXPERIMENTS["shift"], EXPERIMENTS["noise"]


def outcome(experiment, counts, name="CNN", color="#0877bd", images=100) -> Outcome:
    """A network that gets the first so many images right at each level."""
    counts = np.broadcast_to(counts, len(experiment.levels))
    return Outcome(name, color, np.arange(images) < counts[:, None])


@pytest.mark.parametrize("name", EXPERIMENTS)
def test_without_a_measurement_the_figure_says_what_to_do(name):
    figure = accuracy_by_level_figure(EXPERIMENTS[name], [])
    assert not figure.data
    assert [note.text for note in figure.layout.annotations] == [NOT_MEASURED]


def test_shifts_are_refused_as_curves():
    with pytest.raises(ValueError, match="not \\(0, 0\\)"):
        accuracy_by_level_figure(SHIFT, [outcome(SHIFT, 50)])


def test_a_curve_has_the_accuracy_and_wilsons_interval_at_each_level():
    counts = [90, 80, 70, 60, 50, 40, 0]
    [curve] = accuracy_by_level_figure(NOISE, [outcome(NOISE, counts)]).data
    assert list(curve.x) == list(NOISE.levels)
    assert list(curve.y) == [count / 100 for count in counts]
    for place, count in enumerate(counts):
        low, high = wilson(count, 100)
        assert curve.error_y.array[place] == pytest.approx(high - count / 100, abs=1e-4)
        assert curve.error_y.arrayminus[place] == pytest.approx(count / 100 - low, abs=1e-4)


def test_six_networks_differ_in_their_markers_and_their_dashes_not_by_colour_alone():
    networks = [outcome(NOISE, 50, name=f"network {number}") for number in range(6)]
    curves = accuracy_by_level_figure(NOISE, networks).data
    assert len({curve.marker.symbol for curve in curves}) == 6
    assert len({curve.line.dash for curve in curves}) == 6


@pytest.mark.parametrize("name", ["rotation", "zoom", "blur", "noise", "occlusion", "contrast"])
def test_the_undisturbed_level_is_marked_and_disturbance_grows_away_from_it(name):
    experiment = EXPERIMENTS[name]
    figure = accuracy_by_level_figure(experiment, [outcome(experiment, 50)])
    [line] = figure.layout.shapes
    assert line.x0 == line.x1 == experiment.undisturbed
    assert (figure.layout.xaxis.autorange == "reversed") == (name == "contrast")


def test_accuracies_are_always_drawn_from_0_to_1():
    figures = [accuracy_by_level_figure(NOISE, [outcome(NOISE, count)]) for count in (1, 99)]
    assert {figure.layout.yaxis.range for figure in figures} == {(0, 1.02)}
    maps = [accuracy_map_figure(SHIFT, outcome(SHIFT, count)) for count in (1, 99)]
    assert {(each.data[0].zmin, each.data[0].zmax) for each in maps} == {(0, 100)}


def test_a_map_has_dx_in_its_columns_and_dy_in_its_rows_downwards():
    values = np.array([10 * dy + dx for dx, dy in SHIFT.levels])
    cells = shift_grid(SHIFT, values)
    assert cells.offsets_x == cells.offsets_y == list(range(-4, 5))
    assert cells.values[0].tolist() == [-40 + dx for dx in range(-4, 5)]
    assert cells.values[:, 8].tolist() == [10 * dy + 4 for dy in range(-4, 5)]
    counts = np.array([50 + dx + 5 * dy for dx, dy in SHIFT.levels])
    figure = accuracy_map_figure(SHIFT, outcome(SHIFT, counts))
    assert figure.data[0].z[0][8] == 50 + 4 - 20
    assert figure.layout.yaxis.autorange == "reversed"


def test_a_difference_is_the_first_less_the_second_in_points_on_a_scale_around_0():
    first = outcome(SHIFT, np.arange(81), name="CNN")
    second = outcome(SHIFT, 40, name="Dense")
    limit = difference_limit([first], second)
    assert limit == 40
    figure = difference_map_figure(SHIFT, first, second, limit)
    np.testing.assert_allclose(np.ravel(figure.data[0].z), np.arange(81) - 40)
    assert (figure.data[0].zmin, figure.data[0].zmax) == (-40, 40)
    assert figure.data[0].colorbar.title.text == "CNN minus Dense, in points"
    assert figure.data[0].colorbar.ticktext == ("−40", "0", "+40")


def test_networks_that_do_not_differ_have_a_scale_all_the_same():
    same = outcome(SHIFT, 50)
    assert difference_limit([same], same) == difference_limit([], same) == 1
