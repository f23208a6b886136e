"""Groups of runs that are equal but for the seed."""

import dataclasses

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cnnlab.runs.groups import Group, description, grouped, key, labels, newest, outcomes, shared_seeds
from cnnlab.spec import PRESETS, flatten
from tests.made_runs import SMALL, seeded_run, series

OTHER_VALUES = {bool: lambda value: not value, int: lambda value: value + 1, float: lambda value: value + 0.1}
TEXTS = {
    "data.dataset": "mnist",
    "data.source": "full",
    "data.pixels": "raw",
    "model.activation": "tanh",
    "model.blocks.0.pooling": "average",
    "model.blocks.0.padding": "same",
    "training.optimizer": "sgd",
    "training.schedule": "cosine",
    "training.stop_when": "loss",
    "training.precision": "mixed_bfloat16",
}


def ids(groups: list[Group]) -> list[list[str]]:
    return [[run.run_id for run in group.runs] for group in groups]


def test_no_runs_have_no_groups():
    assert grouped([]) == []


def test_runs_that_differ_in_the_seed_alone_are_a_group_whatever_their_role_and_name():
    same = [*series([0.8, 0.9]), seeded_run(7, 4, name="mine", role="model", study="s")]
    assert ids(grouped(same)) == [["run0", "run1", "run7"]]


SETTINGS = [path for path in flatten(SMALL.runs()["model"]) if not path.startswith("model.blocks.1")]


@pytest.mark.parametrize("path", [path for path in SETTINGS if path != "model.kind"])
def test_every_setting_but_the_seed_parts_runs(path):
    value = flatten(SMALL.runs()["model"])[path]
    changed = TEXTS[path] if path in TEXTS else OTHER_VALUES[type(value)](value)
    runs = [seeded_run(0), seeded_run(1, spec=SMALL.with_setting(path, changed), seed=1)]
    assert len(grouped(runs)) == (1 if path == "training.seed" else 2)


@settings(deadline=None)
@given(st.lists(st.tuples(st.integers(0, 3), st.integers(1, 4), st.floats(0.1, 1)), max_size=25))
def test_mean_spread_and_number_of_seeds_are_those_of_pandas_groupby(drawn):
    """The newest run of each seed counts."""
    runs = [
        seeded_run(number, seed, accuracy, spec=SMALL.with_setting("training.epochs", epochs))
        for number, (seed, epochs, accuracy) in enumerate(drawn)
    ]
    frame = pd.DataFrame(drawn, columns=["seed", "epochs", "accuracy"])
    newest_of_seed = frame.drop_duplicates(["seed", "epochs"], keep="last")
    expected = newest_of_seed.groupby("epochs")["accuracy"].agg(["count", "mean", "std", "min", "max"])
    found = {group.spec.training.epochs: group.spread("test_accuracy") for group in grouped(runs)}
    assert found.keys() == set(expected.index)
    for epochs, spread in found.items():
        np.testing.assert_allclose(spread, expected.loc[epochs].to_numpy(float))


def test_groups_keep_the_order_of_their_first_runs():
    first, second = series([0.8, 0.8]), series([0.7, 0.7], first=10, role="baseline")
    assert ids(grouped([second[0], first[0], second[1], first[1]])) == [["run10", "run11"], ["run0", "run1"]]


def test_runs_that_diverged_failed_were_stopped_or_still_train_are_named_and_not_averaged():
    """A stopped run has had fewer epochs than its settings say."""
    group = Group(
        (
            seeded_run(0, 0, 0.8),
            seeded_run(1, 1, None, status="failed", metrics={"loss": float("nan")}),
            seeded_run(2, 2, None, status="failed"),
            seeded_run(3, 3, 0.2, status="stopped"),
            seeded_run(4, 4, None, status="training"),
            seeded_run(5, 5, None),  # its outputs were no numbers
            seeded_run(6, 6, 0.6),
        )
    )
    assert list(group.by_seed) == [0, 6] and group.spread("test_accuracy").mean == pytest.approx(0.7)
    assert outcomes(group) == "2 diverged, 1 failed, 1 stopped, 1 training"


def test_a_repeated_seed_counts_once_by_its_newest_run_that_finished():
    runs = (seeded_run(1, 0, 0.8), seeded_run(0, 0, 0.5), seeded_run(2, 0, 0.3, status="stopped"))
    group = Group(runs)
    assert group.by_seed[0].run_id == "run1"
    assert outcomes(group) == "1 repeat of a seed, 1 stopped"


def test_one_seed_has_a_mean_and_no_spread():
    spread = Group((seeded_run(0),)).spread("test_accuracy")
    assert (spread.seeds, spread.mean) == (1, 0.8) and np.isnan(spread.sd)
    assert Group((seeded_run(0, accuracy=None),)).spread("test_accuracy").seeds == 0


def test_a_continued_run_equals_one_trained_as_long_at_once_unless_a_rule_or_schedule_counts_epochs():
    whole = seeded_run(0)
    assert key(whole) == key(seeded_run(1, 1, continued=True))
    for path, value in (("schedule", "cosine"), ("patience", 2), ("stop_when", "loss")):
        spec = SMALL.with_setting(f"training.{path}", value)
        assert key(seeded_run(0, spec=spec)) != key(seeded_run(1, spec=spec, continued=True))


def test_a_run_whose_learning_rate_was_changed_by_hand_is_not_equal_to_one_left_alone():
    rate = SMALL.training.learning_rate
    left, changed = (seeded_run(n, metrics={"learning_rate": each}) for n, each in enumerate((rate, 0.5)))
    rounded = seeded_run(2, metrics={"learning_rate": float(np.float32(rate))})
    assert ids(grouped([left, changed, rounded])) == [["run0", "run2"], ["run1"]]
    cosine = SMALL.with_setting("training.schedule", "cosine")
    scheduled = {"learning_rate": 0.0, "peak_learning_rate": rate}
    assert key(seeded_run(3, spec=cosine, metrics=scheduled)).rate is None


def test_runs_on_other_images_are_not_equal_and_earlier_ones_that_do_not_know_theirs_join_if_that_is_clear():
    known = [seeded_run(0, 0, images="a"), seeded_run(1, 1), seeded_run(2, 2, images="a")]
    assert ids(grouped(known)) == [["run0", "run1", "run2"]]
    assert ids(grouped([*known, seeded_run(3, 3, images="b")])) == [["run0", "run2"], ["run1"], ["run3"]]


def test_a_group_is_called_as_its_runs_are_without_their_seeds():
    own, of_study = seeded_run(0), seeded_run(1, 1, name="CNN 8-16, seed 1")
    assert Group((own, of_study)).name == Group((of_study,)).name == "CNN 8-16"
    assert Group((seeded_run(0, name="wide"), seeded_run(1, 1, name="wide"))).name == "wide"
    assert Group((seeded_run(0, name="one"), seeded_run(1, 1, name="two"))).name == "CNN 8-16"


def test_groups_of_one_name_are_told_apart_by_what_differs():
    longer = SMALL.with_setting("training.epochs", 9)
    groups = grouped([seeded_run(0), seeded_run(1, spec=longer), seeded_run(2, role="baseline")])
    assert labels(groups) == [f"CNN 8-16, epochs {SMALL.training.epochs}", "CNN 8-16, epochs 9", "Dense 32"]
    digits = seeded_run(3, spec=SMALL.with_setting("data.dataset", "mnist"))
    assert labels(grouped([seeded_run(0), digits]))[1] == "CNN 8-16, on Handwriting (MNIST)"
    same = [Group((seeded_run(number, images=str(number)),)) for number in range(2)]
    assert labels(same) == ["CNN 8-16 (1)", "CNN 8-16 (2)"]


def test_a_description_names_what_is_not_at_its_default_and_not_in_the_title():
    lab = PRESETS["lab"]
    assert description(lab.runs()["model"]) == description(lab.runs()["baseline"]) == ""
    changed = lab.with_setting("training.epochs", 3).with_setting("model.dropout", 0.2)
    assert description(changed.with_setting("training.seed", 8).runs()["model"]) == "Dropout 0.2, epochs 3"
    assert description(changed.runs()["baseline"]) == "Epochs 3"
    three = PRESETS["deep"].runs()["model"]
    assert "filters" not in description(three).lower()


def test_a_description_of_many_settings_says_how_many_more_there_are():
    changed = PRESETS["lab"]
    values = {"epochs": 3, "batch_size": 8, "l2": 0.1, "patience": 2, "augment_turn": 5.0}
    for path, value in values.items():
        changed = changed.with_setting(f"training.{path}", value)
    assert description(changed.runs()["model"]).endswith(", 1 more")


def test_the_newest_that_count_are_kept_of_a_large_group():
    group = Group((*series([0.8] * 30), seeded_run(90, 90, None, status="failed")))
    kept = newest(group, 20)
    assert [run.run_id for run in kept.runs] == [f"run{number}" for number in range(29, 9, -1)]


def test_seeds_are_shared_where_both_runs_count():
    first = Group((*series([0.8, 0.8, 0.8]), seeded_run(8, 9, None, status="failed")))
    second = Group(tuple(dataclasses.replace(run, run_id="x") for run in series([0.5] * 9, seed=1)))
    assert shared_seeds(first, second) == [1, 2]
