"""What the user set: the data, the two networks, the training. Frozen, validated, and the same in JSON.

Every setting has a title, which is also the label of its control in the sidebar: a refused value is
answered with a sentence that names the control. This file knows nothing of Keras, data or screens;
whether a network fits its images is the business of `cnnlab.arithmetic.network`.
"""

import json
from collections.abc import Iterator
from typing import Annotated, Any, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, ValidationError

Pooling = Literal["max", "average", "min", "none"]
Padding = Literal["valid", "same"]
Activation = Literal["relu", "elu", "gelu", "silu", "tanh", "sigmoid", "linear"]
Optimizer = Literal["adam", "adamw", "rmsprop", "sgd", "momentum"]
Source = Literal["sample", "full"]
Role = Literal["model", "baseline"]


class Settings(BaseModel):
    """Base of all settings: frozen, unknown keys refused, defaults checked too."""

    model_config = ConfigDict(frozen=True, extra="forbid", validate_default=True)


class DataSpec(Settings):
    """Which images to learn from. `images` includes those that are split off for validation."""

    dataset: str = Field("fashion-mnist", title="Data set")
    source: Source = Field("sample", title="Size of the data set")
    images: int = Field(10_000, title="Training images", ge=10)
    validation_fraction: float = Field(
        0.1, title="Share for validation", ge=0.05, le=0.5, allow_inf_nan=False
    )
    shuffled_pixels: bool = Field(False, title="Shuffle the pixels")


class ConvBlock(Settings):
    """Conv2D, then batch normalisation where wanted, the activation, and pooling."""

    filters: int = Field(64, title="Filters", ge=1, le=512)
    kernel_size: int = Field(3, title="Kernel size", ge=1, le=11)
    pool_size: int = Field(2, title="Pool size", ge=2, le=8)
    pooling: Pooling = Field("max", title="Pooling")
    padding: Padding = Field("valid", title="Padding")
    batch_norm: bool = Field(False, title="Batch normalisation")


class ConvNetSpec(Settings):
    """Convolution blocks, then Flatten, a hidden dense layer, dropout and the output layer."""

    kind: Literal["cnn"] = "cnn"
    blocks: tuple[ConvBlock, ...] = Field(
        (ConvBlock(), ConvBlock()), title="Convolution blocks", min_length=1, max_length=4
    )
    activation: Activation = Field("relu", title="Activation")
    dense_units: int = Field(128, title="Dense units", ge=1, le=4096)
    dropout: float = Field(0.0, title="Dropout", ge=0.0, le=0.9, allow_inf_nan=False)


class DenseSpec(Settings):
    """The dense-only network: Flatten, one hidden dense layer, the output layer."""

    kind: Literal["dense"] = "dense"
    units: int = Field(128, title="Baseline units", ge=1, le=16_384)
    activation: Activation = Field("relu", title="Activation")


ModelSpec = Annotated[ConvNetSpec | DenseSpec, Field(discriminator="kind")]


class TrainingSpec(Settings):
    """How to learn: the same for a model and its baseline."""

    optimizer: Optimizer = Field("adam", title="Optimizer")
    learning_rate: float = Field(0.001, title="Learning rate", gt=0, le=10, allow_inf_nan=False)
    batch_size: int = Field(32, title="Batch size", ge=1, le=1024)
    epochs: int = Field(5, title="Epochs", ge=1, le=500)
    seed: int = Field(0, title="Seed", ge=0, le=2**31 - 1)


class RunSpec(Settings):
    """Everything that one trained network depends on."""

    data: DataSpec = DataSpec()
    model: ModelSpec = ConvNetSpec()
    training: TrainingSpec = TrainingSpec()


class ComparisonSpec(Settings):
    """A CNN and its baseline (or none): the same data, the same training.

    The baseline is a dense-only network, or another CNN, so that one learns what a single part is worth.
    """

    data: DataSpec = DataSpec()
    model: ConvNetSpec = ConvNetSpec()
    baseline: ModelSpec | None = DenseSpec()
    training: TrainingSpec = TrainingSpec()

    def runs(self) -> dict[Role, RunSpec]:
        """The runs to train, by role, the model first."""
        networks = {"model": self.model, "baseline": self.baseline}
        return {
            role: RunSpec(data=self.data, model=network, training=self.training)
            for role, network in networks.items()
            if network is not None
        }

    def with_setting(self, path: str, value: Any) -> Self:
        """The comparison with one setting changed, such as `model.blocks.0.filters` to 32.

        Raises `ValueError` with a sentence where the path does not exist, and
        `pydantic.ValidationError` where the value is refused.
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
    raise ValueError(f"There is no setting '{path}': '{name}' is not one of {known}.")


def flatten(settings: Settings) -> dict[str, Any]:
    """The settings as one level of dotted paths, the paths of `with_setting`."""
    return dict(_leaves(settings.model_dump(mode="json"), ""))


def _leaves(node: Any, path: str) -> Iterator[tuple[str, Any]]:
    if isinstance(node, dict | list):
        items = node.items() if isinstance(node, dict) else enumerate(node)
        for name, child in items:
            yield from _leaves(child, f"{path}.{name}" if path else str(name))
    else:
        yield path, node


def unflatten(paths: dict[str, Any]) -> dict[str, Any]:
    """The tree that `flatten` took apart: nested dictionaries, and lists where all names are numbers.

    Raises `ValueError` where one path goes on below the end of another.
    """
    tree: dict[str, Any] = {}
    for path, value in paths.items():
        *parents, last = path.split(".")
        node = tree
        for name in parents:
            node = node.setdefault(name, {})
            if not isinstance(node, dict):
                raise ValueError(f"'{path}' goes on below a setting that has a value.")
        node[last] = value
    return _with_lists(tree)


def _with_lists(node: Any) -> Any:
    if not isinstance(node, dict):
        return node
    if node and all(name.isdecimal() for name in node):
        return [_with_lists(node[name]) for name in sorted(node, key=int)]
    return {name: _with_lists(child) for name, child in node.items()}


def network_title(model: ConvNetSpec | DenseSpec) -> str:
    """A short name of a network: 'CNN 64-64' or 'Dense 128'."""
    if isinstance(model, DenseSpec):
        return f"Dense {model.units}"
    return "CNN " + "-".join(str(block.filters) for block in model.blocks)


def sentences(error: ValidationError) -> list[str]:
    """One sentence for each refused setting: the rule, what was received, the control that mends it."""
    problems = error.errors(include_url=False)
    inner = {problem["loc"][:-2] for problem in problems}  # a refused block is not also a missing one
    return [_sentence(problem) for problem in problems if problem["loc"] not in inner]


def _sentence(problem: dict[str, Any]) -> str:
    names = [part for part in problem["loc"] if part not in ("cnn", "dense")]
    title = TITLES.get(str(names[-1]), str(names[-1])) if names else "The settings"
    block = next((part for part in names if isinstance(part, int)), None)
    where = f" of block {block + 1}" if block is not None else ""
    if problem["type"] == "extra_forbidden":
        return f"There is no setting '{'.'.join(map(str, names))}'."
    if problem["type"].startswith("union_tag"):
        return f"{'.'.join(map(str, names))} must say its 'kind': 'cnn' or 'dense'."
    received = problem["input"]
    rule = RULES.get(str(names[-1])) if names else None
    if problem["type"] in ("too_short", "too_long"):
        received = problem["ctx"]["actual_length"]
    must = rule or problem["msg"].removeprefix("Input should be ")
    return f"{title}{where} must be {must}, not {_shown(received)}: change '{title}'."


def _shown(value: Any) -> str:
    return str(value) if isinstance(value, float) else json.dumps(value, default=str)


def _rule(schema: dict[str, Any]) -> str | None:
    """The rule of a number in words: 'a whole number from 1 to 512'."""
    if schema.get("type") == "array":
        return f"{schema['minItems']} to {schema['maxItems']} in number"
    kind = {"integer": "a whole number", "number": "a number"}.get(schema.get("type", ""))
    if kind is None:
        return None
    above, least = schema.get("exclusiveMinimum"), schema.get("minimum")
    low = f"above {above}" if above is not None else f"of at least {least:,}"
    most = schema.get("maximum")
    if most is None:
        return f"{kind} {low}"
    high = f"{most:,}"
    return f"{kind} {low} and at most {high}" if above is not None else f"{kind} from {least:,} to {high}"


def _properties() -> Iterator[tuple[str, dict[str, Any]]]:
    for settings in (DataSpec, ConvBlock, ConvNetSpec, DenseSpec, TrainingSpec):
        yield from settings.model_json_schema()["properties"].items()


TITLES: dict[str, str] = {name: schema["title"] for name, schema in _properties()}
RULES: dict[str, str] = {name: rule for name, schema in _properties() if (rule := _rule(schema))}

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
