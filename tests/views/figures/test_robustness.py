import numpy as np
import pytest

from cnnlab.evidence.intervals import wilson
from cnnlab.robustness.experiments import EXPERIMENTS
from cnnlab.robustness.findings import Outcome, level_title, sentence
from cnnlab.views.figures.robustness import (
    NOT_MEASURED,
    accuracy_by_level_figure,
    accuracy_map_figure,
    difference_limit,
    difference_map_figure,
    shift_grid,
)

SHIFT, NOISE, CONTRAST = (EXPERIMENTS[name] for name in ("shift", "noise", "contrast"))


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


@pytest.mark.parametrize(
    "name, level, title",
    [
        ("shift", (0, 0), "original"),
        ("shift", (-4, 4), "−4, +4"),
        ("shift", (0, 4), "0, +4"),
        ("rotation", -30, "−30°"),
        ("contrast", 0.05, "5%"),
        ("zoom", 1, "original"),
    ],
)
def test_a_level_is_named_in_few_characters(name, level, title):
    assert level_title(EXPERIMENTS[name], level) == title


def by_strength(undisturbed: int, quoted: int) -> list[int]:
    return [undisturbed if level == 0 else quoted for level in NOISE.levels]


def test_the_sentence_has_what_is_kept_and_by_how_much_less_is_lost():
    cnn = outcome(NOISE, by_strength(900, 700), "CNN 8", images=1000)
    dense = outcome(NOISE, by_strength(800, 300), "Dense 32", images=1000)
    words = sentence(NOISE, [cnn, dense], dense)
    assert words.startswith(
        "With noise of standard deviation 0.2, CNN 8 keeps 70.0% (undisturbed 90.0%) "
        "and Dense 32 keeps 30.0% (undisturbed 80.0%). "
        "CNN 8 loses 30.0 points less than Dense 32 (95% interval "
    )
    assert words.endswith("on the same 1,000 images).")
    other_way = sentence(NOISE, [cnn, dense], cnn)
    assert "Dense 32 loses 30.0 points more than CNN 8 (95% interval 2" in other_way


def test_a_gap_that_chance_may_have_made_is_no_verdict():
    generator = np.random.default_rng(0)
    noise = [Outcome(name, "#000", generator.random((7, 60)) < 0.5) for name in ("CNN", "Dense")]
    assert "cannot be told from the same 60 images" in sentence(NOISE, noise, noise[1])


def test_a_strength_with_several_directions_is_said_to_be_a_mean():
    words = sentence(SHIFT, [outcome(SHIFT, 50)], None)
    assert words == "Shifted by 3 pixels (mean of 24 directions), CNN keeps 50.0% (undisturbed 50.0%)."


def test_without_the_baselines_result_nothing_is_held_against_it():
    networks = [outcome(CONTRAST, 50, name) for name in ("A", "B", "C")]
    assert sentence(CONTRAST, networks, None) == (
        "With 30% of the contrast left, A keeps 50.0% (undisturbed 50.0%), B keeps 50.0% (undisturbed 50.0%) "
        "and C keeps 50.0% (undisturbed 50.0%)."
    )
