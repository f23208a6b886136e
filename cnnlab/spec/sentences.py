"""Sentences for refused settings: the rule, what was received, and the control that mends it."""

import json
from collections.abc import Iterator, Mapping
from typing import Any

from pydantic import ValidationError

from cnnlab.spec.settings import ConvBlock, ConvNetSpec, DataSpec, DenseSpec, TrainingSpec


def sentences(error: ValidationError) -> list[str]:
    """One sentence for each refused setting: the rule, what was received, the control that mends it."""
    problems = error.errors(include_url=False)
    # Pydantic reports a list with a refused block also as too short: only the block gets a sentence.
    parents = {problem["loc"][:-2] for problem in problems}
    return [_sentence(problem) for problem in problems if problem["loc"] not in parents]


def _sentence(problem: Mapping[str, Any]) -> str:
    names = [part for part in problem["loc"] if part not in ("cnn", "dense")]
    title = TITLES.get(str(names[-1]), str(names[-1])) if names else "The settings"
    block = next((part for part in names if isinstance(part, int)), None)
    where = f" of block {block + 1}" if block is not None else ""
    if problem["type"] == "extra_forbidden":
        return f"There is no setting '{'.'.join(map(str, names))}'."
    if problem["type"].startswith("union_tag"):
        return f"'{'.'.join(map(str, names))}' must say its 'kind': 'cnn' or 'dense'."
    if problem["type"] in ("model_type", "model_attributes_type", "dict_type"):
        path = ".".join(map(str, names))
        return f"'{path}' stands for several settings: change one of them by its own path, '{path}.…'."
    received = problem["input"]
    rule = RULES.get(str(names[-1])) if names else None
    if problem["type"] in ("too_short", "too_long"):
        received = problem["ctx"]["actual_length"]
    must = rule or problem["msg"].removeprefix("Input should be ")
    return f"{title}{where} must be {must}, not {_as_typed(received)}: change '{title}'."


def _as_typed(value: Any) -> str:
    return str(value) if isinstance(value, float) else json.dumps(value, default=str)


def _rule(schema: dict[str, Any]) -> str | None:
    """The rule of a number in words, 'a whole number from 1 to 512'; None for other settings."""
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
