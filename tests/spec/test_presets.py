import pytest

from cnnlab.checks import refusals
from cnnlab.spec import (
    PRESET_TITLES,
    PRESETS,
    ComparisonSpec,
    ConvBlock,
    ConvNetSpec,
    DenseSpec,
    TrainingSpec,
)


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
