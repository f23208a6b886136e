"""The settings of the data, the two networks and the training: frozen, validated, and the same in JSON.

Every setting has a title, which is also the label of its control in the sidebar, so a refused value can be
answered with a sentence that names the control. Whether a network fits its images is checked in
`cnnlab.arithmetic.network`.
"""

from typing import Annotated, Any, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, JsonValue

from cnnlab.errors import InputRefused

Pooling = Literal["max", "average", "min", "none"]
Padding = Literal["valid", "same"]
Activation = Literal["relu", "elu", "gelu", "silu", "tanh", "sigmoid", "linear"]
Optimizer = Literal["adam", "adamw", "rmsprop", "sgd", "momentum"]
Source = Literal["sample", "full"]
StopWhen = Literal["never", "accuracy", "val_accuracy", "loss", "val_loss"]
Schedule = Literal["constant", "cosine", "one-cycle", "step"]
Role = Literal["model", "baseline"]
PixelValues = Literal["scaled", "raw"]
Precision = Literal["float32", "mixed_bfloat16"]

ADDED: dict[str, JsonValue] = {"added": True}  # a later version's setting, see `cnnlab.spec.paths`
# "tried": the range that a sweep suggests, where the bounds do not tell; see `cnnlab.studies.sweep_ranges`


class Settings(BaseModel):
    """Base of all settings: frozen, unknown keys refused, defaults checked too."""

    model_config = ConfigDict(frozen=True, extra="forbid", validate_default=True)


class DataSpec(Settings):
    """Which images to use. `images` includes those for validation."""

    dataset: str = Field("fashion-mnist", title="Data set")
    source: Source = Field("sample", title="Size of the data set")
    images: int = Field(10_000, title="Training images", ge=10)
    validation_fraction: float = Field(
        0.1, title="Share for validation", ge=0.05, le=0.5, allow_inf_nan=False
    )
    shuffled_pixels: bool = Field(False, title="Shuffle the pixels")
    pixels: PixelValues = Field("scaled", title="Pixel values", json_schema_extra=ADDED)
    """What the networks get: 'scaled' from 0 to 1, 'raw' from 0 to 255 as they are stored."""


class ConvBlock(Settings):
    """Conv2D, batch normalisation if set, the activation, and pooling unless it is 'none'."""

    filters: int = Field(64, title="Filters", ge=1, le=512)
    kernel_size: int = Field(3, title="Kernel size", ge=1, le=11)
    pool_size: int = Field(2, title="Pool size", ge=2, le=8)
    pooling: Pooling = Field("max", title="Pooling")
    padding: Padding = Field("valid", title="Padding")
    batch_norm: bool = Field(False, title="Batch normalisation")
    stride: int = Field(1, title="Stride", ge=1, le=3, json_schema_extra=ADDED)
    """Rows and columns from one place of the kernel to the next."""


class ConvNetSpec(Settings):
    """Convolution blocks, then Flatten, one or two hidden dense layers, dropout and the output layer."""

    kind: Literal["cnn"] = "cnn"
    blocks: tuple[ConvBlock, ...] = Field(
        (ConvBlock(), ConvBlock()), title="Convolution blocks", min_length=1, max_length=4
    )
    activation: Activation = Field("relu", title="Activation")
    dense_units: int = Field(128, title="Dense units", ge=1, le=4096)
    second_dense_units: int = Field(0, title="Second dense layer", ge=0, le=4096, json_schema_extra=ADDED)
    """Its units; 0 for none."""
    dropout: float = Field(0.0, title="Dropout", ge=0.0, le=0.9, allow_inf_nan=False)


class DenseSpec(Settings):
    """The dense-only network: Flatten, one or two hidden dense layers, the output layer."""

    kind: Literal["dense"] = "dense"
    units: int = Field(128, title="Baseline units", ge=1, le=16_384)
    activation: Activation = Field("relu", title="Activation")
    second_units: int = Field(0, title="Second baseline layer", ge=0, le=16_384, json_schema_extra=ADDED)
    """Units of a second hidden layer; 0 for none."""


ModelSpec = Annotated[ConvNetSpec | DenseSpec, Field(discriminator="kind")]


class TrainingSpec(Settings):
    """How to train; the same for a model and its baseline.

    `learning_rate` is the highest rate of a schedule. `warmup_share` counts under the schedule 'one-cycle',
    `step_factor` and `step_epochs` under 'step', `stop_at` unless `stop_when` is 'never'. A patience of 0 is
    off.
    What `augment_…` mean is in `cnnlab.data.augmentation`; each is off at its default.
    """

    optimizer: Optimizer = Field("adam", title="Optimizer")
    learning_rate: float = Field(0.001, title="Learning rate", gt=0, le=10, allow_inf_nan=False)
    batch_size: int = Field(32, title="Batch size", ge=1, le=1024)
    epochs: int = Field(5, title="Epochs", ge=1, le=500)
    seed: int = Field(0, title="Seed", ge=0, le=2**31 - 1)
    augment_shift: float = Field(
        0.0, title="Shift images", ge=0, le=0.5, allow_inf_nan=False, json_schema_extra=ADDED
    )
    augment_turn: float = Field(
        0.0, title="Turn images", ge=0, le=180, allow_inf_nan=False, json_schema_extra=ADDED
    )
    augment_zoom: float = Field(
        0.0, title="Zoom images", ge=0, le=0.5, allow_inf_nan=False, json_schema_extra=ADDED
    )
    augment_flip: bool = Field(False, title="Flip images", json_schema_extra=ADDED)
    augment_contrast: float = Field(
        0.0, title="Vary the contrast", ge=0, le=1, allow_inf_nan=False, json_schema_extra=ADDED
    )
    augment_noise: float = Field(
        0.0, title="Add noise", ge=0, le=0.5, allow_inf_nan=False, json_schema_extra=ADDED
    )
    schedule: Schedule = Field("constant", title="Learning-rate schedule", json_schema_extra=ADDED)
    warmup_share: float = Field(
        0.3, title="Warm-up share", ge=0, le=0.9, allow_inf_nan=False, json_schema_extra=ADDED
    )
    step_factor: float = Field(
        0.5, title="Step factor", gt=0, le=1, allow_inf_nan=False, json_schema_extra=ADDED
    )
    step_epochs: int = Field(2, title="Epochs per step", ge=1, le=500, json_schema_extra=ADDED)
    stop_when: StopWhen = Field("never", title="Stop when", json_schema_extra=ADDED)
    stop_at: float = Field(
        0.99,
        title="Stop at",
        ge=0,
        le=100,
        allow_inf_nan=False,
        json_schema_extra={**ADDED, "tried": [0.8, 0.99]},
    )
    patience: int = Field(0, title="Patience", ge=0, le=100, json_schema_extra=ADDED)
    l2: float = Field(
        0.0,
        title="L2 weight decay",
        ge=0.0,
        le=1.0,
        allow_inf_nan=False,
        json_schema_extra={**ADDED, "tried": [1e-6, 1e-2]},
    )
    """Added to the loss that is trained: this number times the sum of the squares of all weights of
    convolutions and dense layers, the output included; biases and batch normalisation are left alone. The
    loss that is reported is without it."""
    precision: Precision = Field("float32", title="Precision", json_schema_extra=ADDED)
    """What training steps compute in. 'mixed_bfloat16': products in bfloat16, weights and optimizer in
    float32, as Keras's policy of this name; validation and test are in float32 either way."""


class RunSpec(Settings):
    """Everything that one trained network depends on."""

    data: DataSpec = DataSpec()
    model: ModelSpec = ConvNetSpec()
    training: TrainingSpec = TrainingSpec()

    @property
    def cnn(self) -> ConvNetSpec:
        """The network of a run that has convolutions. Raises `TypeError` for a dense-only network."""
        if not isinstance(self.model, ConvNetSpec):
            raise TypeError(f"{network_title(self.model)} has no convolutions.")
        return self.model


class ComparisonSpec(Settings):
    """A CNN and its baseline (or none), with the same data and the same training.

    The baseline is a dense-only network, or another CNN, to measure the effect of a single difference.
    """

    data: DataSpec = DataSpec()
    model: ConvNetSpec = ConvNetSpec()
    baseline: ModelSpec | None = DenseSpec()
    training: TrainingSpec = TrainingSpec()

    def runs(self) -> dict[Role, RunSpec]:
        """The runs to train, by role, the model first."""
        networks: dict[Role, ModelSpec | None] = {"model": self.model, "baseline": self.baseline}
        return {
            role: RunSpec(data=self.data, model=network, training=self.training)
            for role, network in networks.items()
            if network is not None
        }

    def with_setting(self, path: str, value: Any) -> Self:
        """The comparison with one setting changed, such as `model.blocks.0.filters` to 32.

        Raises `InputRefused` if the path does not exist, and `pydantic.ValidationError` if the value is
        refused.
        """
        tree = self.model_dump(mode="json")
        *parents, last = path.split(".")
        node: Any = tree
        for name in parents:
            node = _child(node, name, path)
        _child(node, last, path)
        node[int(last) if isinstance(node, list) else last] = value
        return type(self).model_validate(tree)


def _child(node: Any, name: str, path: str) -> Any:
    if isinstance(node, dict) and name in node:
        return node[name]
    if isinstance(node, list) and name.isdecimal() and int(name) < len(node):
        return node[int(name)]
    names = node if isinstance(node, dict) else range(len(node)) if isinstance(node, list) else ()
    known = ", ".join(map(str, names)) or "nothing"
    raise InputRefused(f"There is no setting '{path}': '{name}' is not one of {known}.")


def network_title(model: ConvNetSpec | DenseSpec) -> str:
    """A short name of a network: 'CNN 64-64' by its filters, 'Dense 128' or 'Dense 128-64' by its units."""
    if isinstance(model, DenseSpec):
        return f"Dense {model.units}" + (f"-{model.second_units}" if model.second_units else "")
    return "CNN " + "-".join(str(block.filters) for block in model.blocks)
