"""Settings as a flat dictionary of dotted paths, such as `model.blocks.0.filters`, and back.

A setting that a later version added says so: `Field(…, json_schema_extra={"added": True})`. Its default means
what was done before, so at its default it says nothing that older runs did not say.
"""

from collections.abc import Iterator
from typing import Any

from pydantic.fields import FieldInfo

from cnnlab.spec.settings import Settings


def flatten(settings: Settings) -> dict[str, Any]:
    """The settings by their dotted paths, which are those of `ComparisonSpec.with_setting`."""
    return dict(_leaves(settings.model_dump(mode="json"), ""))


def _leaves(node: Any, path: str) -> Iterator[tuple[str, Any]]:
    if isinstance(node, dict | list):
        items = node.items() if isinstance(node, dict) else enumerate(node)
        for name, child in items:
            yield from _leaves(child, f"{path}.{name}" if path else str(name))
    else:
        yield path, node


def unflatten(paths: dict[str, Any]) -> dict[str, Any]:
    """The inverse of `flatten`: nested dictionaries, and lists where all names are numbers.

    Raises `ValueError` if one path continues below another that has a value.
    """
    tree: dict[str, Any] = {}
    for path, value in paths.items():
        *parents, last = path.split(".")
        node = tree
        for name in parents:
            node = node.setdefault(name, {})
            if not isinstance(node, dict):
                raise ValueError(f"'{path}' continues below a setting that has a value.")
        node[last] = value
    return _with_lists(tree)


def _with_lists(node: Any) -> Any:
    if not isinstance(node, dict):
        return node
    if node and all(name.isdecimal() for name in node):
        return [_with_lists(node[name]) for name in sorted(node, key=int)]
    return {name: _with_lists(child) for name, child in node.items()}


def added_at_default(settings: Settings) -> dict[str, Any]:
    """Which settings a later version added and have their default, as pydantic's `exclude` takes them."""
    excluded: dict[str, Any] = {}
    for name, field in type(settings).model_fields.items():
        value = getattr(settings, name)
        if isinstance(value, Settings):
            inner: Any = added_at_default(value)
        elif isinstance(value, tuple):
            each = {i: added_at_default(item) for i, item in enumerate(value) if isinstance(item, Settings)}
            inner = {i: names for i, names in each.items() if names}
        else:
            inner = is_added(field) and value == field.get_default()
        if inner:
            excluded[name] = inner
    return excluded


def is_added(field: FieldInfo) -> bool:
    """Whether a later version added the setting."""
    return isinstance(field.json_schema_extra, dict) and "added" in field.json_schema_extra
