"""Settings to start from."""

from cnnlab.spec.settings import ComparisonSpec, ConvBlock, ConvNetSpec, DenseSpec, TrainingSpec

PRESETS: dict[str, ComparisonSpec] = {
    "lab": ComparisonSpec(),
    "small": ComparisonSpec(
        model=ConvNetSpec(blocks=(ConvBlock(filters=8), ConvBlock(filters=16)), dense_units=32),
        baseline=DenseSpec(units=32),
        training=TrainingSpec(batch_size=64, epochs=3),
    ),
    "deep": ComparisonSpec(
        model=ConvNetSpec(
            blocks=tuple(
                ConvBlock(filters=filters, padding="same", batch_norm=True) for filters in (32, 64, 128, 128)
            ),
            dropout=0.3,
        ),
        training=TrainingSpec(batch_size=64, epochs=8),
    ),
}


PRESET_TITLES: dict[str, str] = {"lab": "Lab", "small": "Small and fast", "deep": "Deep"}
