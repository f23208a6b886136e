import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from cnnlab.errors import InputRefused
from cnnlab.spec import PRESETS, ComparisonSpec, DenseSpec, RunSpec, TrainingSpec, flatten, network_title
from tests.settings import COMPARISONS, RUNS


@given(RUNS)
def test_a_run_survives_json(spec):
    assert RunSpec.model_validate_json(spec.model_dump_json()) == spec


@given(COMPARISONS)
def test_a_comparison_survives_json(spec):
    assert ComparisonSpec.model_validate_json(spec.model_dump_json()) == spec


def test_settings_cannot_be_changed_in_place():
    with pytest.raises(ValidationError, match="frozen"):
        TrainingSpec().epochs = 3


@given(COMPARISONS, st.data())
def test_any_setting_can_be_reached_by_its_path_and_nothing_else_changes(spec, data):
    other = data.draw(COMPARISONS)
    shared = set(flatten(spec)) & set(flatten(other))
    if flatten(spec).get("baseline.kind") != flatten(other).get("baseline.kind"):
        shared -= {"baseline.kind"}  # another kind of network has other settings
    path = data.draw(st.sampled_from(sorted(shared)))
    value = flatten(other)[path]
    assert flatten(spec.with_setting(path, value)) == flatten(spec) | {path: value}


@pytest.mark.parametrize(
    ("path", "unknown", "choices"),
    [
        ("model.blocks.7.filters", "7", "0, 1"),
        ("training.lr", "lr", ", ".join(TrainingSpec.model_fields)),
        ("training.epochs.x", "x", "nothing"),
        ("data.dataset.x", "x", "nothing"),
        ("", "", "data, model, baseline, training"),
    ],
)
def test_a_path_that_does_not_exist_is_answered_with_the_choices(path, unknown, choices):
    with pytest.raises(InputRefused) as refused:
        ComparisonSpec().with_setting(path, 1)
    assert str(refused.value) == f"There is no setting '{path}': '{unknown}' is not one of {choices}."


def test_a_comparison_gives_both_networks_the_same_data_and_training():
    runs = PRESETS["small"].runs()
    assert list(runs) == ["model", "baseline"]
    assert runs["model"].data == runs["baseline"].data
    assert runs["model"].training == runs["baseline"].training
    assert isinstance(runs["baseline"].model, DenseSpec)


def test_without_a_baseline_there_is_one_run():
    assert list(ComparisonSpec(baseline=None).runs()) == ["model"]


def test_networks_are_named_by_their_sizes():
    assert network_title(PRESETS["small"].model) == "CNN 8-16"
    assert network_title(DenseSpec(units=32)) == "Dense 32"
    assert network_title(DenseSpec(units=32, second_units=16)) == "Dense 32-16"
