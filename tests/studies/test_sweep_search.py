import math

import optuna
import pytest

from cnnlab.spec import PRESETS
from cnnlab.studies.sweep_arms import Arm, parsed
from cnnlab.studies.sweep_optuna import REDUCTION, RUNG, distributions, rungs
from cnnlab.studies.sweep_plan import Choices, Numbers, Sweep
from cnnlab.studies.sweep_search import Search

RANGES = (
    Numbers(path="training.learning_rate", low=1e-4, high=1e-1, log=True),
    Choices(path="training.optimizer", values=("adam", "sgd")),
    Numbers(path="model.dense_units", low=16, high=128),
)


def value_of(point: dict) -> float:
    rate, units = point["training.learning_rate"], point["model.dense_units"]
    return 1 - abs(math.log10(rate) + 2) / 5 - 0.1 * (point["training.optimizer"] == "sgd") + units / 1e4


def curve(point: dict) -> list[float]:
    return [value_of(point) - 0.1 / epoch for epoch in range(1, 10)]


def searched(sweep: Sweep, backwards: bool = False) -> Search:
    """All trials of a sweep; those under way end in their order, or the last one first."""
    search = Search(sweep)
    under_way = search.advance()
    while under_way:
        asked = under_way.pop(-1 if backwards else 0)
        values = [value_of(asked.point), asked.point["model.dense_units"]]
        search.end(asked.number, "finished", values[: len(sweep.directions)], repeat=False)
        under_way += search.advance()
    assert search.is_over
    return search


@pytest.mark.parametrize("method", ["grid", "random", "tpe", "nsga2"])
@pytest.mark.parametrize("objective", ["accuracy", "accuracy_params"])
def test_what_is_tried_does_not_depend_on_which_training_is_faster(method, objective):
    sweep = Sweep(
        comparison=PRESETS["small"], ranges=RANGES, method=method, objective=objective, trials=25, at_once=4
    )
    first, second = searched(sweep), searched(sweep, backwards=True)
    assert [trial.params for trial in first.study.trials] == [trial.params for trial in second.study.trials]
    assert len(first.study.trials) == 25


@pytest.mark.parametrize("method", ["random", "tpe"])
def test_one_at_a_time_it_is_optunas_own_optimization(method):
    sweep = Sweep(
        comparison=PRESETS["small"], ranges=RANGES, method=method, trials=25, at_once=1, sampler_seed=3
    )
    samplers = {
        "random": optuna.samplers.RandomSampler(seed=3),
        "tpe": optuna.samplers.TPESampler(seed=3, constant_liar=True),
    }
    study = optuna.create_study(direction="maximize", sampler=samplers[method])
    for _ in range(25):
        trial = study.ask(distributions(sweep))
        study.tell(trial, value_of(trial.params))
    assert [trial.params for trial in searched(sweep).study.trials] == [
        trial.params for trial in study.trials
    ]


@pytest.mark.parametrize(
    ("pruning", "pruner"),
    [
        ("median", optuna.pruners.MedianPruner()),
        ("halving", optuna.pruners.SuccessiveHalvingPruner(min_resource=1, reduction_factor=REDUCTION)),
    ],
)
def test_one_at_a_time_optuna_prunes_the_same_trials(pruning, pruner):
    sweep = Sweep(
        comparison=PRESETS["small"], ranges=RANGES, method="random", pruning=pruning, trials=30, at_once=1
    )
    study = optuna.create_study(
        direction="maximize", sampler=optuna.samplers.RandomSampler(seed=0), pruner=pruner
    )
    search = Search(sweep)
    for _ in range(30):
        trial, [asked] = study.ask(distributions(sweep)), search.advance()
        assert asked.point == trial.params
        pruned = False
        for epoch, value in enumerate(curve(asked.point), start=1):
            trial.report(value, epoch)
            pruned = trial.should_prune()
            assert search.report(asked.number, epoch, value) == pruned
            if pruned:
                break
        if pruned:
            study.tell(trial, state=optuna.trial.TrialState.PRUNED)
            search.end(asked.number, "pruned", None, repeat=False)
        else:
            study.tell(trial, value_of(asked.point))
            search.end(asked.number, "finished", [value_of(asked.point)], repeat=False)
    search.advance()
    assert [trial.state for trial in search.study.trials] == [trial.state for trial in study.trials]
    assert 3 < sum(trial.state == optuna.trial.TrialState.PRUNED for trial in study.trials) < 30
    if pruning == "halving":
        for trial in study.trials:
            steps = trial.intermediate_values
            reached = [
                trial.system_attrs[RUNG.format(n)] for n in range(5) if RUNG.format(n) in trial.system_attrs
            ]
            assert rungs(steps) == reached


def test_a_failed_trial_is_repeated_twice_at_most_and_takes_nothing_from_the_others():
    sweep = Sweep(comparison=PRESETS["small"], ranges=RANGES, method="grid", trials=5, at_once=2)
    search, begun = Search(sweep), []
    under_way = search.advance()
    while under_way:
        asked = under_way.pop(0)
        begun.append(asked)
        if asked.point == begun[0].point:
            search.end(asked.number, "failed", None, repeat=True)
        else:
            search.end(asked.number, "finished", [value_of(asked.point)], repeat=False)
        under_way += search.advance()
    assert [asked.again for asked in begun if asked.point == begun[0].point] == [None, 0, 2]
    assert len({repr(asked.point) for asked in begun}) == 5 and len(begun) == 7


@pytest.mark.parametrize(
    "arm", [Arm("trial", 3, 7), Arm("trial", 0, 9, 7), Arm("baseline", 0), Arm("winner", 5), Arm("start", 2)]
)
def test_an_arm_is_read_as_it_was_written(arm: Arm):
    assert parsed(str(arm)) == arm


@pytest.mark.parametrize("text", ["", "seed 3", "trial, seed 0", "baseline 3, seed 0", "trial 1"])
def test_other_texts_are_no_arms(text: str):
    assert parsed(text) is None
