import pytest
from pydantic import ValidationError

from cnnlab.spec import (
    ComparisonSpec,
    ConvBlock,
    ConvNetSpec,
    DataSpec,
    DenseSpec,
    RunSpec,
    TrainingSpec,
    sentences,
)


@pytest.mark.parametrize("settings", [DataSpec, ConvBlock, ConvNetSpec, DenseSpec, TrainingSpec, RunSpec])
def test_unknown_keys_are_refused_by_name(settings):
    with pytest.raises(ValidationError) as refused:
        settings(colour=1)
    assert sentences(refused.value) == ["There is no setting 'colour'."]


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
    assert sentences(refused.value) == ["'baseline' must say its 'kind': 'cnn' or 'dense'."]


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
