"""What the stored runs can be filtered by: every setting of `cnnlab.spec`, and the results.

What a person types is validated by the rules of the settings and comes out as the store has it, so that
'1e-3' finds the runs with 0.001. This file knows neither the store nor screens.
"""

import math
from collections.abc import Iterator
from typing import Annotated, Literal, NamedTuple, get_args, get_origin

from pydantic import TypeAdapter, ValidationError
from pydantic.fields import FieldInfo

from cnnlab.data.registry import DATASETS
from cnnlab.errors import InputRefused
from cnnlab.runs.search.query import Condition, Rule
from cnnlab.spec import RULES, ConvBlock, ConvNetSpec, DataSpec, DenseSpec, Settings, TrainingSpec

MOST_BLOCKS = 4
CONSTANT = ("data", "training")  # settings that every run has; where one is missing, it has its default


class Setting(NamedTuple):
    """A setting by which runs are filtered."""

    title: str
    rule: TypeAdapter
    rule_text: str
    choices: tuple[str, ...]
    """All its values as the store has them; empty where there are too many to choose from."""
    if_missing: str | None
    """Its value in runs that were trained before there was this setting."""


def _settings() -> Iterator[tuple[str, Setting]]:
    for path, settings in (("data", DataSpec), ("training", TrainingSpec)):
        yield from _of(settings, path, "")
    kind = TypeAdapter(Literal["cnn", "dense"])
    yield "model.kind", Setting("Kind of network", kind, "cnn or dense", ("cnn", "dense"), None)
    for settings in (ConvNetSpec, DenseSpec):
        yield from _of(settings, "model", "", without=("kind", "blocks"))
    for number in range(MOST_BLOCKS):
        yield from _of(ConvBlock, f"model.blocks.{number}", f" of block {number + 1}")


def _of(
    settings: type[Settings], path: str, where: str, without: tuple[str, ...] = ()
) -> Iterator[tuple[str, Setting]]:
    for name, field in settings.model_fields.items():
        if name not in without:
            default = str(field.default) if path in CONSTANT else None
            choices = _choices(name, field)
            rule = TypeAdapter(Annotated[field.annotation, field])  # ty: ignore[invalid-type-form]  a type at run time
            rule_text = RULES.get(name, f"one of {', '.join(choices)}" if choices else "a text")
            yield f"{path}.{name}", Setting(f"{field.title}{where}", rule, rule_text, choices, default)


def _choices(name: str, field: FieldInfo) -> tuple[str, ...]:
    if name == "dataset":
        return tuple(DATASETS)
    if field.annotation is bool:
        return ("True", "False")
    return get_args(field.annotation) if get_origin(field.annotation) is Literal else ()


SETTINGS: dict[str, Setting] = dict(_settings())
RESULTS: dict[str, str] = {
    "test_accuracy": "Test accuracy",
    "best_val_accuracy": "Best validation accuracy",
    "test_loss": "Test loss",
    "params": "Parameters",
    "macs": "Multiply-adds",
    "seconds": "Seconds",
    "images_per_second": "Images/s",
    "loss": "Training loss",
    "val_loss": "Validation loss",
}
TITLES: dict[str, str] = RESULTS | {path: setting.title for path, setting in SETTINGS.items()}
"""What a condition may be about: names, and how a person reads them."""


def condition(name: str, rule: Rule, text: str) -> Condition:
    """The condition that a person typed; for a setting the rule is 'is', whatever is given.

    Raises `InputRefused` that names the control.
    """
    text = text.strip()
    if name in RESULTS:
        return Condition(name, rule, _number(RESULTS[name], text))
    setting = SETTINGS[name]
    try:
        value = str(setting.rule.validate_strings(text))
    except ValidationError:
        must = f"{setting.title} must be {setting.rule_text}"
        raise InputRefused(f"{must}, not '{text}': change 'Value'.") from None
    return Condition(name, "is", value, or_missing=value == setting.if_missing)


def _number(title: str, text: str) -> float:
    """A number, also with thousands separated by commas or as a percentage."""
    plain, percent = text.removesuffix("%").replace(",", "").strip(), text.endswith("%")
    try:
        value = float(plain)
    except ValueError:
        value = math.nan
    if not math.isfinite(value):
        raise InputRefused(f"{title} is compared with a number, not with '{text}': change 'Value'.")
    return value / 100 if percent else value


def words(condition: Condition) -> str:
    """The condition as a person reads it: 'Filters of block 1 is 32'."""
    title = TITLES.get(condition.name, condition.name)
    value = condition.value if isinstance(condition.value, str) else f"{condition.value:,.10g}"
    return f"{title} {condition.rule} {value}"
