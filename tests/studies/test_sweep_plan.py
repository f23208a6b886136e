import pytest

from cnnlab.errors import SettingsRefused
from cnnlab.spec import PRESETS, ComparisonSpec
from cnnlab.studies import sweep_plan
from cnnlab.studies.sweep_plan import Choices, Numbers, Sweep, sweepable
from cnnlab.studies.sweep_ranges import NOT_SWEPT, value_at
from cnnlab.ui.sidebar.controls import (
    BLOCK_SETTINGS,
    DATA_SETTINGS,
    NETWORK_SETTINGS,
    TRAINING_SETTINGS,
)

SMALL = PRESETS["small"]
RATE = Numbers(path="training.learning_rate", low=1e-4, high=1e-1, log=True)
OPTIMIZER = Choices(path="training.optimizer", values=("adam", "sgd"))


def sweep_of(*ranges, **options) -> Sweep:
    return Sweep(**({"comparison": SMALL, "ranges": ranges or (RATE,)} | options))


def test_every_setting_of_the_sidebar_can_be_varied_or_says_why_not():
    of_sidebar = {*BLOCK_SETTINGS, *NETWORK_SETTINGS, *DATA_SETTINGS, *TRAINING_SETTINGS, "blocks"}
    offered = {each.path.rpartition(".")[2] for each in sweepable(SMALL)}
    assert offered == of_sidebar - NOT_SWEPT.keys()


@pytest.mark.parametrize("preset", PRESETS)
def test_every_suggested_range_can_be_used_and_holds_the_present_value(preset):
    comparison = PRESETS[preset]
    needs = {"warmup_share": "one-cycle", "step_factor": "step", "step_epochs": "step"}
    for each in sweepable(comparison):
        name = each.path.rpartition(".")[2]
        base = comparison
        if name in needs:
            base = base.with_setting("training.schedule", needs[name])
        if name == "stop_at":
            base = base.with_setting("training.stop_when", "accuracy")
        assert sweep_plan.refusals(Sweep(comparison=base, ranges=(each.suggested,))) == [], each.path
        present = value_at(comparison, each.path)
        if isinstance(each.suggested, Choices):
            assert present in each.suggested.values
        elif name != "l2":  # 0 has no place on its logarithmic scale
            assert each.suggested.low <= present <= each.suggested.high


@pytest.mark.parametrize(
    ("changed", "sentence"),
    [
        ({"trials": 1001}, "'Trials' must be from 1 to 1,000, not 1,001."),
        ({"seeds": 6}, "'Seeds per trial' must be from 1 to 5, not 6."),
        ({"minutes": 0.0}, "'Time budget' must be above 0"),
        ({"confirm_seeds": 2}, "'Fresh seeds' must be from 3 to 20, or 0 for none, not 2."),
        ({"at_once": 0}, "'Trials at once' must be from 1"),
        ({"ranges": ()}, "choose at least one setting under 'Settings to vary'"),
        ({"ranges": (RATE, RATE)}, "'Learning rate' is varied twice"),
        ({"pruning": "wilcoxon"}, "set 'Seeds per trial' to at least 4"),
        ({"pruning": "median", "objective": "accuracy_macs"}, "set 'Pruning' to 'None'"),
        (
            {"ranges": (Numbers(path="training.learning_rate", low=0.1, high=0.01),)},
            "from a lower to a higher",
        ),
        ({"ranges": (Numbers(path="model.dense_units", low=1.5, high=8),)}, "takes whole numbers only"),
        ({"ranges": (Numbers(path="model.dense_units", low=1, high=1e6),)}, "must lie from 1 to 4,096"),
        ({"ranges": (Numbers(path="model.dropout", low=0, high=0.5, log=True),)}, "must begin above 0"),
        ({"ranges": (Choices(path="training.seed", values=(1, 2)),)}, "'Seeds per trial' says how many"),
        ({"ranges": (Choices(path="baseline.units", values=(1, 2)),)}, "a sweep varies the CNN"),
        ({"ranges": (Choices(path="model.colour", values=(1, 2)),)}, "there is no such setting"),
        ({"ranges": (Choices(path="training.optimizer", values=("adam",)),)}, "at least two values"),
        ({"ranges": (Choices(path="training.optimizer", values=("adam", "lion")),)}, "change 'Optimizer'"),
        ({"ranges": (Numbers(path="training.warmup_share", low=0, high=0.5),)}, "has no effect while"),
        (
            {
                "ranges": (
                    Numbers(path="model.blocks", low=1, high=3),
                    Choices(path="model.blocks.1.filters", values=(8, 16)),
                )
            },
            "remove one of them",
        ),
        ({"comparison": SMALL.with_setting("data.images", 20_000)}, "lower 'Training images'"),
    ],
)
def test_what_is_refused_names_the_control(changed, sentence):
    refused = sweep_of(**changed) if "ranges" not in changed else sweep_of().model_copy(update=changed)
    with pytest.raises(SettingsRefused, match=sentence.replace("(", r"\(")):
        sweep_plan.require(refused)


def test_a_sweep_is_the_same_after_it_was_stored():
    sweep = sweep_of(RATE, OPTIMIZER, Choices(path="model.blocks.*.batch_norm", values=(False, True)))
    assert Sweep.model_validate_json(sweep.model_dump_json()) == sweep


def test_a_setting_of_every_block_and_the_number_of_blocks():
    sweep = sweep_of()
    changed = sweep.with_point({"model.blocks.*.filters": 5, "model.blocks": 3})
    assert [block.filters for block in changed.model.blocks] == [5, 5, 5]
    assert sweep.with_point({"model.blocks": 1}).model.blocks == SMALL.model.blocks[:1]
    assert value_at(changed, "model.blocks") == 3 and value_at(changed, "model.blocks.*.filters") == 5


def test_the_grid_has_each_point_once_in_an_order_of_the_seed():
    units = Numbers(path="model.dense_units", low=16, high=64, step=16)
    sweep = sweep_of(OPTIMIZER, units, RATE, method="grid", trials=1000)
    points = sweep_plan.grid(sweep)
    assert len(points) == sweep.grid_size == 2 * 4 * 5 == sweep.number_of_trials
    assert len({repr(sorted(point.items())) for point in points}) == len(points)
    assert {point["model.dense_units"] for point in points} == {16, 32, 48, 64}
    rates = sorted({point["training.learning_rate"] for point in points})
    assert rates[0] == 1e-4 and rates[-1] == 1e-1
    assert rates[2] == pytest.approx(10**-2.5)
    assert sweep_plan.grid(sweep) == points
    assert sweep_plan.grid(sweep.model_copy(update={"sampler_seed": 1})) != points


def test_how_many_trainings_there_are_at_most():
    assert sweep_of(trials=10, seeds=2, confirm_seeds=3).number_of_trainings == 20 + 1 + 9
    alone = ComparisonSpec(baseline=None)
    assert sweep_of(trials=10, comparison=alone, confirm_seeds=0).number_of_trainings == 10


def test_fresh_seeds_are_those_that_no_trial_has():
    last = 2**31 - 1
    sweep = sweep_of(comparison=SMALL.with_setting("training.seed", last), seeds=2, confirm_seeds=3)
    assert sweep.trial_seeds() == [last, 0] and sweep.fresh_seeds() == [1, 2, 3]
