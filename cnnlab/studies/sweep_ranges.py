"""What a sweep may vary: ranges of settings, and which of them the sidebar's settings suggest.

A range has the path of a setting as `--set` takes it, such as `training.learning_rate`. Two paths are
special: `model.blocks.*.filters` is a setting of every block, and `model.blocks` the number of blocks.
"""

import math
from typing import Any, NamedTuple, TypeAlias, get_args

from pydantic.fields import FieldInfo

from cnnlab.data.registry import DATASETS
from cnnlab.runs.comparable import setting_title
from cnnlab.spec import DEPENDENT, ComparisonSpec, ConvBlock, ConvNetSpec, DataSpec, Settings, TrainingSpec

Value: TypeAlias = bool | int | float | str

BLOCKS = "model.blocks"
EVERY = "*"
WIDE = 64  # bounds so many times apart, or more, mean a logarithmic scale
SPREAD = 4  # a suggested range leads from a fraction of the present value to a multiple of it
NOT_SWEPT: dict[str, str] = {
    "dataset": "accuracies on other images cannot be compared",
    "source": "accuracies on other images cannot be compared",
    "validation_fraction": "accuracies on other images cannot be compared",
    "seed": "'Seeds per trial' says how many seeds each trial has",
    "kind": "a sweep varies the CNN",
}
"""Settings that no sweep varies, and why not."""


class Choices(Settings):
    """A setting that takes one of some values."""

    path: str
    values: tuple[Value, ...]


class Numbers(Settings):
    """A setting that takes any number between two, both included; whole ones where the setting is whole."""

    path: str
    low: float
    high: float
    log: bool = False
    step: float | None = None


Range: TypeAlias = Choices | Numbers


class Sweepable(NamedTuple):
    """A setting that a sweep may vary."""

    label: str
    """Its title: 'Filters of every block'."""
    path: str
    suggested: Range
    whole: bool
    """Whether its numbers are whole."""
    low: float | None
    high: float | None
    """The least and the largest number that it takes; None where it is no number."""


def sweepable(comparison: ComparisonSpec) -> list[Sweepable]:
    """Every setting of the sidebar that a sweep may vary, each with a range around its present value."""
    count = len(comparison.model.blocks)
    each = [EVERY, *map(str, range(count))] if count > 1 else [EVERY]
    blocks = [f"{BLOCKS}.{block}.{name}" for name in ConvBlock.model_fields for block in each]
    network = [f"model.{name}" for name in ConvNetSpec.model_fields if name not in NOT_SWEPT]
    training = [f"training.{name}" for name in TrainingSpec.model_fields if name not in NOT_SWEPT]
    data = [f"data.{name}" for name in DataSpec.model_fields if name not in NOT_SWEPT]
    return [_sweepable(comparison, path) for path in (*blocks, *network, *training, *data)]


def _sweepable(comparison: ComparisonSpec, path: str) -> Sweepable:
    field, now = _field(path), value_at(comparison, path)
    label = title(path)
    options = (False, True) if isinstance(now, bool) else get_args(field.annotation)
    if path != BLOCKS and options:
        return Sweepable(label, path, Choices(path=path, values=options), False, None, None)
    low, high = _bounds(comparison, path, field)
    whole = isinstance(now, int)
    suggested = _suggested(path, field, float(now), low, high, whole)
    return Sweepable(label, path, suggested, whole, low, high)


def _field(path: str) -> FieldInfo:
    part, *_, name = path.split(".")
    owners: dict[str, type[Settings]] = {"data": DataSpec, "model": ConvNetSpec, "training": TrainingSpec}
    owner = ConvBlock if path.startswith(f"{BLOCKS}.") else owners[part]
    return owner.model_fields[name]


def _bounds(comparison: ComparisonSpec, path: str, field: FieldInfo) -> tuple[float, float]:
    """The least and the largest number; of an open end, the limit itself."""
    if path == BLOCKS:
        limits = ConvNetSpec.model_json_schema()["properties"]["blocks"]
        return limits["minItems"], limits["maxItems"]
    data = comparison.data
    if path == "data.images" and data.dataset in DATASETS:
        return _limit(field, "ge", 0.0), DATASETS[data.dataset].train_images[data.source]
    return _limit(field, "ge", _limit(field, "gt", -math.inf)), _limit(field, "le", math.inf)


def _limit(field: FieldInfo, kind: str, otherwise: float) -> float:
    """The limit of this kind, such as 'ge', that the setting's values have."""
    return next((float(getattr(rule, kind)) for rule in field.metadata if hasattr(rule, kind)), otherwise)


def _suggested(path: str, field: FieldInfo, now: float, low: float, high: float, whole: bool) -> Numbers:
    """Around the present value: by factors where the bounds are wide, else as far as the bounds allow."""
    if tried := _tried(field):
        return Numbers(path=path, low=tried[0], high=tried[1], log=tried[1] >= WIDE * tried[0])
    many = whole and high >= WIDE * max(low, 1)
    if now > 0 and (many or _limit(field, "gt", -1.0) == 0):
        factor = SPREAD if whole else 10
        low, high = max(low, now / factor), min(high, now * factor)
        return Numbers(
            path=path, low=round(low) if whole else low, high=round(high) if whole else high, log=True
        )
    if many:
        return Numbers(path=path, low=low, high=2 ** round(math.log2(high) / 2))
    if whole:
        return Numbers(path=path, low=max(low, now - 2), high=min(high, now + 2))
    return Numbers(path=path, low=low, high=max(now, (low + high) / 2))


def _tried(field: FieldInfo) -> tuple[float, float] | None:
    """The range that the setting itself says is worth trying, if it does."""
    extra = field.json_schema_extra
    tried = extra.get("tried") if isinstance(extra, dict) else None
    return (float(tried[0]), float(tried[1])) if isinstance(tried, list) else None  # ty: ignore[invalid-argument-type]


def title(path: str) -> str:
    """The title of a setting by its path: 'Filters of every block', 'Learning rate'."""
    return setting_title(path.replace(f".{EVERY}.", "."))


def value_at(comparison: Any, path: str) -> Any:
    """The value of a setting in a comparison or a run; that of the first block for every block."""
    if path == BLOCKS:
        return len(comparison.model.blocks)
    node = comparison
    for name in path.split("."):
        node = node[0 if name == EVERY else int(name)] if isinstance(node, tuple) else getattr(node, name)
    return node


def with_value(comparison: ComparisonSpec, path: str, value: Value) -> ComparisonSpec:
    """The comparison with one setting changed; more blocks than there are repeat the last one.

    Raises `InputRefused` or `pydantic.ValidationError` as `ComparisonSpec.with_setting` does.
    """
    blocks = comparison.model.blocks
    if path == BLOCKS:
        as_many = [blocks[min(number, len(blocks) - 1)].model_dump() for number in range(int(value))]
        return comparison.with_setting(path, as_many)
    if f".{EVERY}." not in path:
        return comparison.with_setting(path, value)
    for number in range(len(blocks)):
        comparison = comparison.with_setting(path.replace(EVERY, str(number)), value)
    return comparison


def without_effect(ranges: tuple[Range, ...], comparison: ComparisonSpec) -> list[str]:
    """A sentence for each range whose setting has no effect at the values of the others."""
    reasons = []
    paths = {each.path for each in ranges}
    for path in sorted(paths):
        other, effective = DEPENDENT.get(path.rpartition(".")[2], ("", ()))
        other_path = f"training.{other}"
        if other and other_path not in paths and value_at(comparison, other_path) not in effective:
            reasons.append(
                f"'{title(path)}' has no effect while '{title(other_path)}' is "
                f"'{value_at(comparison, other_path)}': choose another there, or vary that too."
            )
    return reasons
