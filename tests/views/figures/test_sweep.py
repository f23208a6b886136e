"""Optuna's figures in the style of all: the numbers stay Optuna's, names and colours are ours."""

import math

import numpy as np
import optuna
import plotly.graph_objects as go
import pytest
from optuna.distributions import CategoricalDistribution, FloatDistribution, IntDistribution
from optuna.trial import create_trial
from optuna.visualization import (
    plot_contour,
    plot_optimization_history,
    plot_parallel_coordinate,
    plot_param_importances,
    plot_pareto_front,
    plot_slice,
)

from cnnlab.views.figures.sweep import (
    NO_TRIALS,
    Baseline,
    Trials,
    contour_figure,
    history_figure,
    importance_figure,
    pareto_figure,
    slice_figure,
)
from cnnlab.views.figures.sweep_parallel import parallel_figure
from cnnlab.views.figures.web import figure_json

UNITS, RATE, OPTIMIZER = [16, 32, 64, 128], [0.001, 0.01, 0.1, 0.0001], ["sgd", "adam", "adam", "sgd"]
ACCURACIES, COSTS = [0.7, 0.85, 0.6, 0.9], [100.0, 200.0, 300.0, 1000.0]
NUMBERS = [0, 2, 3, 5]  # trials 1 and 4 have failed
TRIALS = Trials(NUMBERS, [f"trial {number}" for number in NUMBERS])
BASELINE = Baseline("Dense 32", 0.8)


def study(two_objectives: bool = False) -> optuna.Study:
    made = optuna.create_study(directions=["maximize", "minimize"] if two_objectives else ["maximize"])
    distributions = {
        "Dense units": IntDistribution(16, 128),
        "Learning rate": FloatDistribution(1e-4, 0.1, log=True),
        "Optimizer": CategoricalDistribution(["adam", "sgd"]),
    }
    rows = zip(UNITS, RATE, OPTIMIZER, ACCURACIES, COSTS, strict=True)
    made.add_trials(
        [
            create_trial(
                params=dict(zip(distributions, (units, rate, optimizer), strict=True)),
                distributions=distributions,
                values=[accuracy, cost] if two_objectives else [accuracy],
            )
            for units, rate, optimizer, accuracy, cost in rows
        ]
    )
    return made


def trace(figure: go.Figure, uid: str) -> go.Scatter:
    return next(each for each in figure.data if each.uid == uid)


NOTHING = Trials([], [])


@pytest.mark.parametrize(
    ("figure", "note"),
    [
        (history_figure(go.Figure(), NOTHING, BASELINE), NO_TRIALS),
        (slice_figure(go.Figure(), NOTHING, BASELINE), NO_TRIALS),
        (contour_figure(go.Figure(), []), NO_TRIALS),
        (pareto_figure(go.Figure(), NOTHING, "Parameters", BASELINE), NO_TRIALS),
        (parallel_figure(go.Figure(), [], BASELINE), NO_TRIALS),
        (importance_figure(go.Figure()), "two trials of different accuracy"),
    ],
)
def test_without_trials_a_figure_says_so(figure, note):
    assert not figure.data
    [message] = figure.layout.annotations
    assert note in message.text


def test_the_history_has_the_trials_numbers_the_best_so_far_and_the_baseline():
    figure = history_figure(plot_optimization_history(study()), TRIALS, BASELINE)
    points, best, baseline = (trace(figure, uid) for uid in ("trials", "best", "baseline"))
    assert list(points.x) == list(best.x) == NUMBERS
    assert list(points.y) == ACCURACIES
    np.testing.assert_allclose(best.y, np.maximum.accumulate(ACCURACIES))
    assert list(points.hovertext) == TRIALS.hover
    assert baseline.name == "Dense 32: 80.0%"
    [line] = figure.layout.shapes
    assert (line.y0, line.y1, line.x0, line.x1) == (0.8, 0.8, 0, 1)
    assert baseline.line.dash != best.line.dash, "not by colour alone"


def test_without_a_baseline_there_is_no_line():
    figure = history_figure(plot_optimization_history(study()), TRIALS, None)
    assert not figure.layout.shapes
    assert {each.uid for each in figure.data} == {"trials", "best"}


def test_a_slice_is_of_one_setting_and_names_each_trial():
    figure = slice_figure(plot_slice(study(), params=["Learning rate"]), TRIALS, BASELINE)
    [points] = figure.data
    assert list(points.x) == RATE and list(points.y) == ACCURACIES
    assert list(points.marker.color) == NUMBERS
    assert figure.layout.xaxis.type == "log"
    assert figure.layout.xaxis.title.text == "Learning rate"
    assert [line.y0 for line in figure.layout.shapes] == [0.8]


def test_choices_are_written_without_pythons_quotes():
    figure = slice_figure(plot_slice(study(), params=["Optimizer"]), TRIALS, None)
    [points] = figure.data
    assert sorted(zip(points.x, points.y, points.hovertext, strict=True)) == sorted(
        zip(OPTIMIZER, ACCURACIES, TRIALS.hover, strict=True)
    )
    assert list(figure.layout.xaxis.categoryarray) == ["adam", "sgd"]


def test_a_contour_keeps_optunas_surface_and_its_axes():
    drawn = plot_contour(study(), params=["Dense units", "Learning rate"])
    figure = contour_figure(drawn, TRIALS.hover)
    surface, points = figure.data
    known = np.asarray(surface.z, float)
    assert sorted(known[np.isfinite(known)]) == sorted(ACCURACIES)
    assert list(points.x) == UNITS and list(points.y) == RATE
    assert figure.layout.yaxis.type == "log" and figure.layout.xaxis.title.text == "Dense units"
    low, high = surface.colorscale[0], surface.colorscale[-1]
    assert (low[0], high[0], surface.reversescale) == (0, 1, False), "more accurate is darker"


def test_importances_are_optunas_and_add_up_to_one():
    drawn = plot_param_importances(study())
    figure = importance_figure(drawn)
    [bars] = figure.data
    expected = optuna.importance.get_param_importances(study())
    assert dict(zip(bars.y, bars.x, strict=True)) == pytest.approx(expected)
    assert math.isclose(sum(bars.x), 1)


def test_the_front_has_the_trials_that_no_other_beats_from_cheap_to_dear():
    drawn = plot_pareto_front(
        study(two_objectives=True),
        targets=lambda trial: (trial.values[1], trial.values[0]),
        target_names=["Parameters", "Validation accuracy"],
    )
    figure = pareto_figure(drawn, TRIALS, "Parameters", BASELINE)
    assert list(trace(figure, "steps").x) == [100, 200, 1000]
    assert list(trace(figure, "steps").y) == [0.7, 0.85, 0.9]
    assert sorted(trace(figure, "front").hovertext) == ["trial 0", "trial 2", "trial 5"]
    assert list(trace(figure, "beaten").hovertext) == ["trial 3"]
    assert figure.layout.xaxis.title.text == "Parameters" and figure.layout.xaxis.type == "log"


TITLES = ["Validation accuracy", "Dense units", "Learning rate", "Optimizer"]


def test_every_trial_is_a_line_and_the_best_is_drawn_last():
    figure = parallel_figure(plot_parallel_coordinate(study()), TITLES, BASELINE)
    lines = [each for each in figure.data if each.uid.startswith("trials-")]
    gaps = sum(height is None for each in lines for height in each.y)
    assert gaps == len(ACCURACIES)
    best = trace(figure, "best")
    assert [list(each) for each in best.customdata] == [
        ["Validation accuracy", "90.0%"],
        ["Dense units", "128"],
        ["Learning rate", "0.0001"],
        ["Optimizer", "sgd"],
    ]
    assert [text.replace("<br>", " ") for text in figure.layout.xaxis.ticktext] == TITLES
    height = trace(figure, "baseline").y[0]
    assert height == pytest.approx((0.8 - 0.6) / (0.9 - 0.6), abs=0.01)


def test_a_baseline_beyond_all_trials_stands_just_off_the_axis():
    figure = parallel_figure(plot_parallel_coordinate(study()), TITLES, Baseline("Dense 32", 0.1))
    [height] = trace(figure, "baseline").y
    assert -0.1 < height < 0


@pytest.mark.parametrize("two_objectives", [False, True])
def test_many_trials_share_few_traces(two_objectives):
    many = optuna.create_study(directions=["maximize", "minimize"] if two_objectives else ["maximize"])
    distributions = {"Dense units": IntDistribution(0, 300)}
    many.add_trials(
        [
            create_trial(
                params={"Dense units": number},
                distributions=distributions,
                values=[number / 300, 1e6] if two_objectives else [number / 300],
            )
            for number in range(150)
        ]
    )
    titles = ["Validation accuracy", *(["Parameters"] if two_objectives else []), "Dense units"]
    figure = parallel_figure(plot_parallel_coordinate(many), titles, None)
    assert len(figure.data) <= 12
    assert [len(each.x) for each in figure.data if each.uid == "trials-0"] == [15 * (len(titles) + 1)]
    assert figure_json(figure)["layout"]["height"]
    if two_objectives:
        assert lines_values(figure)["Parameters"] == {"1 M"}


def lines_values(figure: go.Figure) -> dict[str, set[str]]:
    """Title of an axis → what its values read."""
    found: dict[str, set[str]] = {}
    for each in figure.data:
        for title, text in each.customdata if each.customdata is not None else ():
            found.setdefault(title, set()).add(text)
    return found
