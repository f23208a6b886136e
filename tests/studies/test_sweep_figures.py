"""What the figures of a sweep show: the finished trials and the settings that differ between them."""

from dataclasses import replace

import numpy as np
import optuna
import pytest

from cnnlab.studies.sweep_figures import (
    MOST_CELLS,
    MOST_LINES,
    TITLES,
    drawn,
    left_out,
    note,
    scored,
)
from cnnlab.studies.sweep_plan import title
from cnnlab.studies.sweep_progress import Trial
from cnnlab.views.figures.sweep import NO_TRIALS
from cnnlab.views.figures.web import figure_json
from tests.sweeps import NORM, OPTIMIZER, RATE, SWEEP, UNITS, in_memory

TWO = SWEEP.model_copy(update={"objective": "accuracy_params"})
NEEDED = {"slice": (title(RATE.path),), "contour": (title(RATE.path), title(OPTIMIZER.path))}


@pytest.mark.parametrize("name", TITLES)
def test_without_a_finished_trial_every_figure_says_so(name):
    figure = drawn(scored(in_memory(0)), name)
    assert [each.text for each in figure.layout.annotations] == [NO_TRIALS]
    assert not figure.data


@pytest.mark.parametrize("name", TITLES)
@pytest.mark.parametrize("count", [1, 2, 30])
def test_every_figure_is_ready_for_the_browser_from_the_first_trial_on(name, count):
    sweep = TWO if name == "pareto" else SWEEP
    shown = scored(in_memory(count, sweep))
    titles = {each.title for each in shown.settings}
    settings = NEEDED.get(name, ())
    if not titles.issuperset(settings):
        pytest.skip("the page asks for settings that vary")
    figure = figure_json(drawn(shown, name, settings))
    assert figure["layout"]["height"] and (figure["data"] or figure["layout"]["annotations"])


def test_settings_that_do_not_vary_and_trials_without_a_result_are_left_out_and_counted():
    progress = in_memory(6)
    same = tuple(replace(each, settings=each.settings | {NORM.path: True}) for each in progress.trials)
    lost = (
        Trial(6, same[0].settings, "pruned", (), None),
        Trial(7, same[0].settings, "failed", (), None),
        Trial(8, same[0].settings, "failed", (), None),
        Trial(9, same[0].settings, "running", (), None),
    )
    shown = scored(replace(progress, trials=same + lost))
    assert shown.numbers == list(range(6))
    assert [each.title for each in shown.settings] == sorted(
        map(title, [RATE.path, UNITS.path, OPTIMIZER.path])
    )
    assert left_out(shown) == (
        "Left out of the figures: 1 setting that did not vary between the finished trials "
        f"({title(NORM.path)}), 1 pruned trial and 2 failed trials."
    )
    assert left_out(scored(progress)) == ""


def test_importances_are_those_of_ped_anova():
    progress = in_memory(40)
    [bars] = drawn(scored(progress), "importance").data
    study = optuna.create_study(direction="maximize")
    distributions = {
        RATE.path: optuna.distributions.FloatDistribution(1e-4, 0.1, log=True),
        UNITS.path: optuna.distributions.IntDistribution(8, 128),
        OPTIMIZER.path: optuna.distributions.CategoricalDistribution(OPTIMIZER.values),
        NORM.path: optuna.distributions.CategoricalDistribution(NORM.values),
    }
    study.add_trials(
        [
            optuna.trial.create_trial(params=each.settings, distributions=distributions, value=each.values[0])
            for each in progress.trials
        ]
    )
    expected = optuna.importance.get_param_importances(
        study, evaluator=optuna.importance.PedAnovaImportanceEvaluator()
    )
    found = dict(zip(bars.y, bars.x, strict=True))
    assert found == pytest.approx({title(path): share for path, share in expected.items()})
    assert sum(found.values()) == pytest.approx(1)


def test_numbers_of_trials_are_those_of_the_sweep():
    progress = in_memory(5)
    failed = replace(progress.trials[1], state="failed", values=None)
    shown = scored(replace(progress, trials=(progress.trials[0], failed, *progress.trials[2:])))
    points = drawn(shown, "history").data[0]
    assert list(points.x) == [0, 2, 3, 4]
    assert points.hovertext[1].startswith("<b>trial 2</b>: ")
    assert "Learning rate: " in points.hovertext[1]


def test_the_front_is_that_of_the_progress():
    progress = in_memory(40, TWO)
    figure = drawn(scored(progress), "pareto")
    front = next(each for each in figure.data if each.uid == "front")
    expected = {(trial.values[1], trial.values[0]) for trial in progress.front}
    assert set(zip(front.x, front.y, strict=True)) == expected


def test_of_very_many_trials_the_best_are_drawn_as_lines_and_the_note_says_so():
    shown = scored(in_memory(MOST_LINES + 50))
    figure = drawn(shown, "parallel")
    gaps = sum(height is None for each in figure.data if each.uid.startswith("trials") for height in each.y)
    assert gaps == MOST_LINES
    assert f"Only the best {MOST_LINES} of {MOST_LINES + 50} trials are drawn." in note(shown, "parallel")
    assert "Only the best" not in note(scored(in_memory(3)), "parallel")


def test_a_contour_of_very_many_trials_is_averaged_over_cells():
    shown = scored(in_memory(300))
    figure = drawn(shown, "contour", (title(RATE.path), title(UNITS.path)))
    surface = next(each for each in figure.data if each.uid == "surface")
    z = np.asarray(surface.z, float)
    assert max(z.shape) <= MOST_CELLS + 2, "Optuna adds a margin at each end"
    assert min(shown.accuracies) <= np.nanmin(z) and np.nanmax(z) <= max(shown.accuracies)
    assert "averaged" in note(shown, "contour")


def test_a_grid_is_not_averaged():
    progress = in_memory(40)
    grid = [
        replace(
            each,
            settings=each.settings
            | {UNITS.path: 8 * (1 + each.number % 5), RATE.path: 10.0 ** -(1 + each.number // 10)},
        )
        for each in progress.trials
    ]
    figure = drawn(
        scored(replace(progress, trials=tuple(grid))), "contour", (title(RATE.path), title(UNITS.path))
    )
    surface = next(each for each in figure.data if each.uid == "surface")
    assert {8, 16, 24, 32, 40} <= {round(value) for value in surface.x}
