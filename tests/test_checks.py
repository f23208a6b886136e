import pytest

from cnnlab.checks import refusals, require
from cnnlab.errors import SettingsRefused
from cnnlab.spec import (
    PRESETS,
    ComparisonSpec,
    ConvBlock,
    ConvNetSpec,
    DataSpec,
    DenseSpec,
    RunSpec,
    TrainingSpec,
)

HUGE = ConvNetSpec(
    blocks=(ConvBlock(filters=512, kernel_size=11, pooling="none", padding="same"),) * 2, dense_units=4096
)
MISFIT = ConvNetSpec(blocks=(ConvBlock(pool_size=8), ConvBlock(kernel_size=5)))


def test_what_can_be_trained_is_not_refused():
    assert refusals(PRESETS["lab"]) == []
    assert require(PRESETS["lab"]) is None


def test_an_unknown_data_set_is_the_only_reason_since_nothing_else_can_be_judged():
    [reason] = refusals(RunSpec(data=DataSpec(dataset="cifar"), model=MISFIT))
    known = "fashion-mnist, mnist, digits, shapes or cifar-10"
    assert reason == f"There is no data set 'cifar': choose {known} under 'Data set'."


def test_too_many_images_are_refused_with_the_number_there_is():
    [reason] = refusals(RunSpec(data=DataSpec(images=20_000)))
    assert "10,000 training images, not 20,000" in reason and "'Training images'" in reason


def test_an_absurd_number_of_parameters_is_refused():
    reason, *_ = refusals(RunSpec(model=HUGE))
    assert "1,675,994,634 parameters" in reason and "lower 'Filters'" in reason


def test_a_comparison_is_refused_for_either_network_once_each():
    assert refusals(ComparisonSpec(model=MISFIT)) == refusals(RunSpec(model=MISFIT))
    assert refusals(ComparisonSpec(model=MISFIT, baseline=None)) == refusals(RunSpec(model=MISFIT))
    assert refusals(ComparisonSpec(baseline=DenseSpec(units=16_384))) == refusals(
        RunSpec(model=DenseSpec(units=16_384))
    )


def test_every_reason_is_told_at_once():
    spec = RunSpec(data=DataSpec(images=20_000), model=MISFIT)
    reasons = refusals(spec)
    assert len(reasons) == 2
    with pytest.raises(SettingsRefused) as refused:
        require(spec)
    assert str(refused.value) == " ".join(reasons)


def test_an_accuracy_that_cannot_be_reached_is_refused():
    training = TrainingSpec(stop_when="val_accuracy", stop_at=99)
    [reason] = refusals(RunSpec(training=training))
    assert reason == (
        "Stop at must be at most 1, which is an accuracy of 100%, not 99: change 'Stop at', or choose a loss "
        "under 'Stop when'."
    )
    assert refusals(RunSpec(training=training.model_copy(update={"stop_when": "val_loss"}))) == []
    assert refusals(RunSpec(training=training.model_copy(update={"stop_at": 1.0}))) == []
