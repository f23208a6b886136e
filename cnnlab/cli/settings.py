"""The settings that a command starts from: its options, and what they choose."""

import contextlib
import json
from collections.abc import Callable
from typing import Any

import click
from pydantic import ValidationError

from cnnlab.arithmetic.network import matching_units
from cnnlab.checks import refusals
from cnnlab.data.registry import BUILT_IN, DATASETS, fitted
from cnnlab.errors import InputRefused, StoreUnavailable
from cnnlab.spec import PRESETS, ComparisonSpec, DenseSpec, sentences
from cnnlab.words import listing

DATASET = "data.dataset"
SHORTCUTS = {  # option → the setting that it stands for
    "dataset": DATASET,
    "source": "data.source",
    "images": "data.images",
    "epochs": "training.epochs",
    "seed": "training.seed",
}


class RefusedSettings(click.ClickException):
    """The settings cannot be trained; one sentence a line."""

    exit_code = 2

    def __init__(self, reasons: list[str]) -> None:
        super().__init__("\n".join(reasons))


class SettingValue(click.ParamType):
    """A value as JSON or as a number, else as it was typed. The settings themselves judge it."""

    name = "value"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        """See `click.ParamType.convert`; refuses nothing."""
        for parse in (json.loads, float):  # float also knows 'nan', which is to be refused as a number
            with contextlib.suppress(ValueError):
                return parse(value)
        return value


class Change(SettingValue):
    """PATH=VALUE as a pair."""

    name = "path=value"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        """See `click.ParamType.convert`."""
        path, equals, text = value.partition("=")
        if not equals:
            self.fail(f"'{value}' has no '=': write it as model.blocks.0.filters=32.", param, ctx)
        return path.strip(), super().convert(text.strip(), param, ctx)


def settings_options(command: Callable[..., None]) -> Callable[..., None]:
    """Gives a command the options of its starting settings: `preset`, `changes`, and those of `SHORTCUTS`."""
    options = (
        click.option(
            "--preset",
            type=click.Choice(list(PRESETS)),
            default="lab",
            show_default=True,
            help="Settings to start from.",
        ),
        _setting("--dataset", "ID", f"{listing([*DATASETS, 'the name of your own'], 'or')}."),
        _setting("--source", "SIZE", "sample (travels along) or full."),
        _setting("--images", "N", "Training images, validation included."),
        _setting("--epochs", "N", "Passes over the training images."),
        _setting("--seed", "N", "Same seed, same weights and same order."),
        click.option(
            "--set",
            "changes",
            multiple=True,
            metavar="PATH=VALUE",
            type=Change(),
            help="Any other setting, such as model.blocks.0.filters=32. Repeatable; "
            "VALUE is JSON or plain text.",
        ),
    )
    for option in reversed(options):
        command = option(command)
    return command


def _setting(name: str, value: str, about: str) -> Callable[..., Any]:
    return click.option(name, metavar=value, type=SettingValue(), help=about)


def given(shortcuts: dict[str, Any]) -> list[tuple[str, Any]]:
    """The changes, (path, value) each, that the short options ask for."""
    return [(SHORTCUTS[name], value) for name, value in shortcuts.items() if value is not None]


def chosen(preset: str, changes: list[tuple[str, Any]], match_parameters: bool = False) -> ComparisonSpec:
    """A preset with some settings changed, (path, value) each. Raises `RefusedSettings`.

    The source and the number of images suit the data set where they are not among the changes.
    """
    comparison = PRESETS[preset]
    try:
        for path, value in changes:
            comparison = comparison.with_setting(path, dataset_id(value) if path == DATASET else value)
    except ValidationError as error:
        raise RefusedSettings(sentences(error)) from error
    except InputRefused as error:
        raise RefusedSettings([str(error)]) from error
    named = {path.removeprefix("data.") for path, _ in changes}
    comparison = comparison.model_copy(update={"data": fitted(comparison.data, named)})
    if reasons := refusals(comparison):
        raise RefusedSettings(reasons)
    if not match_parameters:
        return comparison
    info = DATASETS[comparison.data.dataset]
    dense = comparison.baseline
    second = dense.second_units if isinstance(dense, DenseSpec) else 0
    units = matching_units(comparison.model, info.input_shape, len(info.classes), second_units=second)
    return chosen(preset, [*changes, ("baseline.units", units)])


def dataset_id(name: Any) -> Any:
    """The id of a data set by its id or, of a person's own, its name. Raises `RefusedSettings`."""
    if not isinstance(name, str) or name in BUILT_IN:
        return name
    from cnnlab.runs import own_data  # here, because it opens the store of runs

    try:
        ids = own_data.named(name)
    except StoreUnavailable as error:
        raise RefusedSettings([str(error)]) from error
    if len(ids) > 1:
        raise RefusedSettings([f"Several data sets are called '{name}': choose {listing(ids, 'or')}."])
    return ids[0] if ids else name
