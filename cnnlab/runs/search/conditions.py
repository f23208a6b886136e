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
from cnnlab.spec import RULES, ConvBlock, ConvNetSpec, DataSpec, DenseSpec, Settings, TrainingSpec, is_added

MOST_BLOCKS = 4
CONSTANT = ("data", "training")  # settings that every run has; where one is missing, it has its default
KIND = "model.kind"  # every run has it, and always had


class Setting(NamedTuple):
    """A setting by which runs are filtered."""

    title: str
    rule: TypeAdapter
    rule_text: str
    choices: tuple[str, ...]
    """All its values as the store has them; empty where there are too many to choose from."""
    if_missing: str | None
    """Its value in runs that were trained before there was this setting."""
    beside: str
    """A setting that every run of the kind that can have this one has."""


def _settings() -> Iterator[tuple[str, Setting]]:
    for path, settings in (("data", DataSpec), ("training", TrainingSpec)):
        yield from _of(settings, path, "", KIND)
    kind = TypeAdapter(Literal["cnn", "dense"])
    yield KIND, Setting("Kind of network", kind, "cnn or dense", ("cnn", "dense"), None, KIND)
    for settings, beside in ((ConvNetSpec, "model.dense_units"), (DenseSpec, "model.units")):
        yield from _of(settings, "model", "", beside, without=("kind", "blocks"))
    for number in range(MOST_BLOCKS):
        path = f"model.blocks.{number}"
        yield from _of(ConvBlock, path, f" of block {number + 1}", f"{path}.filters")


def _of(
    settings: type[Settings], path: str, where: str, beside: str, without: tuple[str, ...] = ()
) -> Iterator[tuple[str, Setting]]:
    for name, field in settings.model_fields.items():
        if name not in without:
            default = str(field.default) if path in CONSTANT or is_added(field) else None
            choices = _choices(name, field)
            rule = TypeAdapter(Annotated[field.annotation, field])  # ty: ignore[invalid-type-form]  a type at run time
            rule_text = RULES.get(name, f"one of {', '.join(choices)}" if choices else "a text")
            title = f"{field.title}{where}"
            yield f"{path}.{name}", Setting(title, rule, rule_text, choices, default, beside)


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
    return Condition(name, "is", value, setting.beside if value == setting.if_missing else "")


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
