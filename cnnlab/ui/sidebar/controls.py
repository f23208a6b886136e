"""The sidebar's controls by their keys: which values each takes, and where it stands at first.

The rules are those of `cnnlab.spec`; a control of one block carries the block's number behind its name.
"""

from collections.abc import Mapping
from typing import Annotated, Any, NamedTuple

from pydantic import Field, TypeAdapter

from cnnlab.spec import (
    DEPENDENT,
    PRESETS,
    RULES,
    TITLES,
    ConvBlock,
    ConvNetSpec,
    DataSpec,
    DenseSpec,
    Settings,
    TrainingSpec,
)

LAB = PRESETS["lab"]
MOST_BLOCKS = 4
BLOCK_SETTINGS = tuple(ConvBlock.model_fields)
NETWORK_SETTINGS = tuple(name for name in ConvNetSpec.model_fields if name not in ("kind", "blocks"))
BASELINE_SETTINGS = ("units", "second_units")  # its activation is the CNN's
DATA_SETTINGS = tuple(name for name in DataSpec.model_fields if name != "validation_fraction")
TRAINING_SETTINGS = tuple(TrainingSpec.model_fields)
LARGEST = 2**53 - 1  # a browser holds no larger whole number exactly, and Streamlit refuses to send one


class Control(NamedTuple):
    """One control: what a text must be to set it, its first value, its title and its rule in words."""

    rule: TypeAdapter
    default: Any
    title: str
    rule_text: str


def _controls(settings: Settings, *names: str) -> dict[str, Control]:
    """Controls of some settings; the given ones are the defaults."""
    fields = type(settings).model_fields
    return {
        name: Control(
            TypeAdapter(Annotated[fields[name].annotation, fields[name]]),  # ty: ignore[invalid-type-form]  at run time
            getattr(settings, name),
            TITLES[name],
            RULES.get(name, "one of its choices"),
        )
        for name in names
    }


def _switch(title: str, default: bool) -> Control:
    return Control(TypeAdapter(bool), default, title, "true or false")


_OF_A_BLOCK = _controls(ConvBlock(), *BLOCK_SETTINGS)

_OF_SINGLE_BLOCKS = {
    f"{name}_{number}": control
    for name, control in _OF_A_BLOCK.items()
    for number in range(1, MOST_BLOCKS + 1)
}

CONTROLS: dict[str, Control] = {
    **_OF_A_BLOCK,
    **_OF_SINGLE_BLOCKS,
    **_controls(LAB.model, *NETWORK_SETTINGS),
    **_controls(LAB.data, *DATA_SETTINGS),
    **_controls(LAB.training, *TRAINING_SETTINGS),
    **_controls(DenseSpec(), *BASELINE_SETTINGS),
    "blocks": Control(
        TypeAdapter(Annotated[int, Field(ge=1, le=MOST_BLOCKS)]),
        len(LAB.model.blocks),
        TITLES["blocks"],
        RULES["blocks"],
    ),
    "same_blocks": _switch("Same for every block", True),
    "match_parameters": _switch("Match parameters", False),
    "match_macs": _switch("Match multiply-adds", False),
    "tweak": _switch("Train as I tweak", False),
    "pin": Control(TypeAdapter(str), "", "Compare with", "the id of a run"),
}


def in_use(values: Mapping[Any, Any]) -> list[str]:
    """The keys of the controls that count: those of all blocks, or of each block that there is.

    `values`: of all controls.
    """
    shared = [name for name in CONTROLS if name not in _OF_SINGLE_BLOCKS and counts(name, values)]
    if values["same_blocks"]:
        return shared
    numbers = range(1, values["blocks"] + 1)
    separate = [f"{name}_{number}" for name in BLOCK_SETTINGS for number in numbers]
    return [name for name in shared if name not in BLOCK_SETTINGS] + separate


def counts(name: str, values: Mapping[Any, Any]) -> bool:
    """Whether a control has an effect at the values of the others that it depends on."""
    if name not in DEPENDENT:
        return True
    other, effective = DEPENDENT[name]
    return values[other] in effective


def training_values(values: Mapping[Any, Any]) -> dict[str, Any]:
    """The settings of the training; those without an effect are at their defaults."""
    return {
        name: values[name] if counts(name, values) else CONTROLS[name].default for name in TRAINING_SETTINGS
    }
