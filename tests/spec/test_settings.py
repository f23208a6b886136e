import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from cnnlab.checks import refusals
from cnnlab.errors import InputRefused
from cnnlab.spec import (
    PRESET_TITLES,
    PRESETS,
    ComparisonSpec,
    ConvBlock,
    ConvNetSpec,
    DataSpec,
    DenseSpec,
    RunSpec,
    TrainingSpec,
    flatten,
    network_title,
    sentences,
    unflatten,
)

ACTIVATIONS = st.sampled_from(["relu", "elu", "gelu", "silu", "tanh", "sigmoid", "linear"])
DATA = st.builds(
    DataSpec,
    dataset=st.sampled_from(["fashion-mnist", "mnist"]),
    source=st.sampled_from(["sample", "full"]),
    images=st.integers(10, 10**6),
    validation_fraction=st.floats(0.05, 0.5),
    shuffled_pixels=st.booleans(),
)
BLOCKS = st.builds(
    ConvBlock,
    filters=st.integers(1, 512),
    kernel_size=st.integers(1, 11),
    pool_size=st.integers(2, 8),
    pooling=st.sampled_from(["max", "average", "min", "none"]),
    padding=st.sampled_from(["valid", "same"]),
    batch_norm=st.booleans(),
)
CONVOLUTIONAL = st.builds(
    ConvNetSpec,
    blocks=st.lists(BLOCKS, min_size=1, max_size=4).map(tuple),
    activation=ACTIVATIONS,
    dense_units=st.integers(1, 4096),
    dropout=st.floats(0, 0.9),
)
DENSE = st.builds(DenseSpec, units=st.integers(1, 16_384), activation=ACTIVATIONS)
TRAINING = st.builds(
    TrainingSpec,
    optimizer=st.sampled_from(["adam", "adamw", "rmsprop", "sgd", "momentum"]),
    learning_rate=st.floats(0, 10, exclude_min=True),
    batch_size=st.integers(1, 1024),
    epochs=st.integers(1, 500),
    seed=st.integers(0, 2**31 - 1),
)
RUNS = st.builds(RunSpec, data=DATA, model=CONVOLUTIONAL | DENSE, training=TRAINING)
COMPARISONS = st.builds(
    ComparisonSpec,
    data=DATA,
    model=CONVOLUTIONAL,
    baseline=DENSE | CONVOLUTIONAL | st.none(),
    training=TRAINING,
)


@given(RUNS)
def test_a_run_survives_json(spec):
    assert RunSpec.model_validate_json(spec.model_dump_json()) == spec


@given(COMPARISONS)
def test_a_comparison_survives_json(spec):
    assert ComparisonSpec.model_validate_json(spec.model_dump_json()) == spec


@given(RUNS)
def test_flattening_can_be_undone_even_when_every_value_has_become_a_string(spec):
    paths = flatten(spec)
    assert unflatten(paths) == spec.model_dump(mode="json")
    as_stored = {path: str(value) for path, value in paths.items()}
    assert RunSpec.model_validate(unflatten(as_stored)) == spec


def test_settings_that_were_stored_before_pixels_could_be_shuffled_are_those_of_unshuffled_ones():
    stored = flatten(PRESETS["small"].runs()["model"])
    del stored["data.shuffled_pixels"]
    assert RunSpec.model_validate(unflatten(stored)) == PRESETS["small"].runs()["model"]


def test_flattening_gives_dotted_paths_with_the_number_of_the_block():
    paths = flatten(PRESETS["small"].runs()["model"])
    assert paths["model.blocks.1.filters"] == 16
    assert paths["training.batch_size"] == 64
    assert paths["data.dataset"] == "fashion-mnist"


def test_lists_of_more_than_ten_keep_their_order():
    assert unflatten({f"a.{i}": i for i in (10, 2, 0, 1, *range(3, 10))}) == {"a": list(range(11))}


@pytest.mark.parametrize("settings", [DataSpec, ConvBlock, ConvNetSpec, DenseSpec, TrainingSpec, RunSpec])
def test_unknown_keys_are_refused_by_name(settings):
    with pytest.raises(ValidationError) as refused:
        settings(colour=1)
    assert sentences(refused.value) == ["There is no setting 'colour'."]


def test_settings_cannot_be_changed_in_place():
    with pytest.raises(ValidationError, match="frozen"):
        TrainingSpec().epochs = 3


WHOLE = "a whole number from"
RATE = "a number above 0 and at most 10"
NAN, INFINITY = float("nan"), float("inf")


@pytest.mark.parametrize(
    ("path", "value", "control", "where", "rule", "received"),
    [
        ("data.images", 0, "Training images", "", "a whole number of at least 10", "0"),
        ("data.source", "half", "Size of the data set", "", "'sample' or 'full'", '"half"'),
        ("data.validation_fraction", 0.9, "Share for validation", "", "a number from 0.05 to 0.5", "0.9"),
        ("model.blocks.0.filters", 0, "Filters", " of block 1", f"{WHOLE} 1 to 512", "0"),
        ("model.blocks.1.filters", "x", "Filters", " of block 2", f"{WHOLE} 1 to 512", '"x"'),
        ("model.blocks.1.kernel_size", 12, "Kernel size", " of block 2", f"{WHOLE} 1 to 11", "12"),
        ("model.blocks.0.pool_size", 1, "Pool size", " of block 1", f"{WHOLE} 2 to 8", "1"),
        ("model.blocks.0.pooling", "x", "Pooling", " of block 1", "'max', 'average', 'min' or 'none'", '"x"'),
        ("model.blocks.0.padding", "x", "Padding", " of block 1", "'valid' or 'same'", '"x"'),
        ("model.blocks", [], "Convolution blocks", "", "1 to 4 in number", "0"),
        ("model.blocks", [{}] * 5, "Convolution blocks", "", "1 to 4 in number", "5"),
        ("model.dropout", 1.0, "Dropout", "", "a number from 0.0 to 0.9", "1.0"),
        ("model.dense_units", 5000, "Dense units", "", f"{WHOLE} 1 to 4,096", "5000"),
        ("baseline.units", 0, "Baseline units", "", f"{WHOLE} 1 to 16,384", "0"),
        ("training.learning_rate", 0, "Learning rate", "", RATE, "0"),
        ("training.learning_rate", -0.1, "Learning rate", "", RATE, "-0.1"),
        ("training.learning_rate", NAN, "Learning rate", "", RATE, "nan"),
        ("training.learning_rate", INFINITY, "Learning rate", "", RATE, "inf"),
        ("training.batch_size", 2.5, "Batch size", "", f"{WHOLE} 1 to 1,024", "2.5"),
        ("training.epochs", 501, "Epochs", "", f"{WHOLE} 1 to 500", "501"),
        ("training.seed", -1, "Seed", "", f"{WHOLE} 0 to 2,147,483,647", "-1"),
    ],
)
def test_a_refused_value_is_answered_with_the_rule_the_value_and_the_control(
    path, value, control, where, rule, received
):
    with pytest.raises(ValidationError) as refused:
        ComparisonSpec().with_setting(path, value)
    sentence = f"{control}{where} must be {rule}, not {received}: change '{control}'."
    assert sentences(refused.value) == [sentence]


@pytest.mark.parametrize("kind", [{}, {"kind": "tree"}])
def test_a_baseline_must_say_of_which_kind_it_is(kind):
    with pytest.raises(ValidationError) as refused:
        ComparisonSpec(baseline={"units": 3} | kind)
    assert sentences(refused.value) == ["baseline must say its 'kind': 'cnn' or 'dense'."]


def test_a_baseline_that_is_a_cnn_is_refused_like_any_cnn():
    with pytest.raises(ValidationError) as refused:
        ComparisonSpec(baseline={"kind": "cnn", "blocks": [{}, {"filters": 0}]})
    assert sentences(refused.value) == [
        "Filters of block 2 must be a whole number from 1 to 512, not 0: change 'Filters'."
    ]


def test_each_refused_value_has_its_own_sentence():
    with pytest.raises(ValidationError) as refused:
        TrainingSpec(epochs=0, batch_size=0)
    assert len(sentences(refused.value)) == 2


@given(COMPARISONS, st.data())
def test_any_setting_can_be_reached_by_its_path_and_nothing_else_changes(spec, data):
    other = data.draw(COMPARISONS)
    shared = sorted(set(flatten(spec)) & set(flatten(other)))
    path = data.draw(st.sampled_from(shared))
    value = flatten(other)[path]
    assert flatten(spec.with_setting(path, value)) == flatten(spec) | {path: value}


@pytest.mark.parametrize(
    ("path", "unknown", "choices"),
    [
        ("model.blocks.7.filters", "7", "0, 1"),
        ("training.lr", "lr", "optimizer, learning_rate, batch_size, epochs, seed"),
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


@pytest.mark.parametrize("preset", PRESETS)
def test_every_preset_can_be_trained_and_has_a_title(preset):
    assert refusals(PRESETS[preset]) == []
    assert PRESET_TITLES[preset]


def test_the_lab_preset_is_the_lab_network():
    block = ConvBlock(filters=64, kernel_size=3, pool_size=2, pooling="max", padding="valid")
    assert PRESETS["lab"] == ComparisonSpec(
        model=ConvNetSpec(blocks=(block, block), activation="relu", dense_units=128, dropout=0),
        baseline=DenseSpec(units=128, activation="relu"),
        training=TrainingSpec(optimizer="adam", learning_rate=0.001, batch_size=32, epochs=5),
    )


def test_networks_are_named_by_their_sizes():
    assert network_title(PRESETS["small"].model) == "CNN 8-16"
    assert network_title(DenseSpec(units=32)) == "Dense 32"
