"""Settings for the tests, drawn by hypothesis from everything that is allowed."""

from hypothesis import strategies as st

from cnnlab.spec import ComparisonSpec, ConvBlock, ConvNetSpec, DataSpec, DenseSpec, RunSpec, TrainingSpec

ODD_TEXTS = (
    "",
    " ",
    "0",
    "-1",
    "1e999",
    "nan",
    "9" * 30,
    "null",
    "[]",
    "{}",
    '"',
    "\\",
    "\x00",
    "é",
    "🙂",
    "../..",
    "%s",
)
"""What nobody would give as the value of a setting."""
ACTIVATIONS = st.sampled_from(["relu", "elu", "gelu", "silu", "tanh", "sigmoid", "linear"])
DATA = st.builds(
    DataSpec,
    dataset=st.sampled_from(["fashion-mnist", "mnist"]),
    source=st.sampled_from(["sample", "full"]),
    images=st.integers(10, 10**6),
    validation_fraction=st.floats(0.05, 0.5),
    shuffled_pixels=st.booleans(),
    pixels=st.sampled_from(["scaled", "raw"]),
)
BLOCKS = st.builds(
    ConvBlock,
    filters=st.integers(1, 512),
    kernel_size=st.integers(1, 11),
    pool_size=st.integers(2, 8),
    pooling=st.sampled_from(["max", "average", "min", "none"]),
    padding=st.sampled_from(["valid", "same"]),
    batch_norm=st.booleans(),
    stride=st.integers(1, 3),
)
CONVOLUTIONAL = st.builds(
    ConvNetSpec,
    blocks=st.lists(BLOCKS, min_size=1, max_size=4).map(tuple),
    activation=ACTIVATIONS,
    dense_units=st.integers(1, 4096),
    second_dense_units=st.integers(0, 4096),
    dropout=st.floats(0, 0.9),
)
DENSE = st.builds(
    DenseSpec,
    units=st.integers(1, 16_384),
    activation=ACTIVATIONS,
    second_units=st.integers(0, 16_384),
)
TRAINING = st.builds(
    TrainingSpec,
    optimizer=st.sampled_from(["adam", "adamw", "rmsprop", "sgd", "momentum"]),
    learning_rate=st.floats(0, 10, exclude_min=True),
    batch_size=st.integers(1, 1024),
    epochs=st.integers(1, 500),
    seed=st.integers(0, 2**31 - 1),
    schedule=st.sampled_from(["constant", "cosine", "one-cycle", "step"]),
    warmup_share=st.floats(0, 0.9),
    step_factor=st.floats(0, 1, exclude_min=True),
    step_epochs=st.integers(1, 500),
    stop_when=st.sampled_from(["never", "accuracy", "val_accuracy", "loss", "val_loss"]),
    stop_at=st.floats(0, 100),
    patience=st.integers(0, 100),
    l2=st.floats(0, 1),
    precision=st.sampled_from(["float32", "mixed_bfloat16"]),
)
RUNS = st.builds(RunSpec, data=DATA, model=CONVOLUTIONAL | DENSE, training=TRAINING)
COMPARISONS = st.builds(
    ComparisonSpec,
    data=DATA,
    model=CONVOLUTIONAL,
    baseline=DENSE | CONVOLUTIONAL | st.none(),
    training=TRAINING,
)
