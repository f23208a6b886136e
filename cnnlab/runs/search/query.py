"""Which of the stored runs are asked for, and in which order: by MLflow's language as far as it goes.

MLflow's filters know no "or", no escape for %, and sort settings as text. What they cannot say is
decided here, run by run, by `matches` and `sort_key`; `needs_reading` tells when.
`cnnlab.runs.search.sql` says the same as statements for SQLite.
"""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal, NamedTuple

from cnnlab.runs import tags as tag_names

View = Literal["listed", "study", "archived", "superseded", "deleted", "foreign"]
Rule = Literal["is", "at least", "at most"]
Kind = Literal["attribute", "metric", "param", "number", "tag"]

EPOCHS = "training.epochs"


class Field(NamedTuple):
    """Where the store keeps what a column shows; a 'number' is a setting that sorts as one."""

    kind: Kind
    key: str


ORDERS: dict[str, Field] = {
    "Started": Field("attribute", "start_time"),
    "Name": Field("attribute", "run_name"),
    "Role": Field("tag", tag_names.ROLE),
    "Data set": Field("param", "data.dataset"),
    "Test accuracy": Field("metric", "test_accuracy"),
    "Best validation accuracy": Field("metric", "best_val_accuracy"),
    "Test loss": Field("metric", "test_loss"),
    "Parameters": Field("metric", "params"),
    "Multiply-adds": Field("metric", "macs"),
    "Seconds": Field("metric", "seconds"),
    "Images/s": Field("metric", "images_per_second"),
    "State": Field("attribute", "status"),
    "Device": Field("tag", tag_names.DEVICE),
    "Seed": Field("number", "training.seed"),
    "Note": Field("tag", tag_names.NOTE),
    "Run id": Field("attribute", "run_id"),
}


@dataclass(frozen=True)
class Condition:
    """What a setting is, or the least or most of a metric."""

    name: str
    """The dotted path of a setting, or a metric."""
    rule: Rule
    value: str | float
    """As the store has it: a text for a setting, a number for a metric."""
    or_missing_beside: str = ""
    """A setting that all runs of this kind have. Those that have it, but lack the condition's own, are meant
    too: they were trained before there was the setting. Empty where no run without the setting is meant."""


@dataclass(frozen=True)
class Query:
    """Which runs, in which order; the later ones first where they are equal."""

    view: View = "listed"
    text: str = ""
    """Each of its words must be in the name, the note or a tag, in upper or lower case."""
    conditions: tuple[Condition, ...] = ()
    order: str = "Started"
    """One of `ORDERS`."""
    ascending: bool = False
    visitors: tuple[str, ...] = ()
    """Whose runs: ids of visitors, the empty one for runs without a visitor. Everyone's where it is empty."""

    @property
    def words(self) -> list[str]:
        """The words to look for."""
        return self.text.casefold().split()

    @property
    def needs_reading(self) -> bool:
        """Whether MLflow's language is too poor for it."""
        poor = any(not _sayable(condition) for condition in self.conditions)
        several = len(self.visitors) > 1 or "" in self.visitors
        return bool(self.words) or poor or several or ORDERS[self.order].kind == "number"


def mlflow_filter(query: Query) -> str:
    """The runs by MLflow's filter; where `needs_reading`, these and others."""
    parts = [_view_filter(query.view)]
    parts += [_condition_filter(condition) for condition in query.conditions if _sayable(condition)]
    if len(query.visitors) == 1 and query.visitors[0]:
        parts.append(f"tags.`{tag_names.VISITOR}` = '{query.visitors[0]}'")
    return " AND ".join(parts)


def mlflow_order(query: Query) -> list[str]:
    """The order by MLflow's clauses; for a 'number' the default one, which is a stable start."""
    kind, key = ORDERS[query.order]
    direction = "ASC" if query.ascending else "DESC"
    return [] if kind == "number" else [f"{kind}s.`{key}` {direction}"]


def _view_filter(view: View) -> str:
    if view in tag_names.UNLISTED:
        return f"tags.`{tag_names.LISTED}` = '{tag_names.UNLISTED[view]}'"
    if view == "listed":
        return " AND ".join(
            f"tags.`{tag_names.LISTED}` != '{value}'" for value in tag_names.UNLISTED.values()
        )
    return f"tags.`{tag_names.LISTED}` IS {'NULL' if view == 'foreign' else 'NOT NULL'}"


def _condition_filter(condition: Condition) -> str:
    if condition.rule == "is":
        return f"params.`{condition.name}` = '{condition.value}'"
    sign = ">=" if condition.rule == "at least" else "<="
    return f"metrics.`{condition.name}` {sign} {float(condition.value)!r}"


def _sayable(condition: Condition) -> bool:
    if condition.rule == "is":
        return (
            not condition.or_missing_beside and condition.name != EPOCHS and "'" not in str(condition.value)
        )
    number = float(condition.value)
    return "e+" not in repr(number) and math.isfinite(number)


def matches(
    query: Query, params: Mapping[str, str], tags: Mapping[str, str], metrics: Mapping[str, float]
) -> bool:
    """Whether a run of the query's view has all its words and meets all its conditions."""
    if query.visitors and tags.get(tag_names.VISITOR, "") not in query.visitors:
        return False
    texts = searched(tags)
    return all(any(word in text for text in texts) for word in query.words) and all(
        _meets(condition, params, tags, metrics) for condition in query.conditions
    )


def _meets(
    condition: Condition, params: Mapping[str, str], tags: Mapping[str, str], metrics: Mapping[str, float]
) -> bool:
    if condition.rule == "is":
        value = setting(condition.name, params, tags)
        before = condition.or_missing_beside in params
        return before if value is None else value == condition.value
    value, bound = metrics.get(condition.name, math.nan), float(condition.value)
    return value >= bound if condition.rule == "at least" else value <= bound


def setting(path: str, params: Mapping[str, str], tags: Mapping[str, str]) -> str | None:
    """A setting of a run as text, that of a continued run included; None where it has none."""
    return tags.get(tag_names.EPOCHS, params.get(path)) if path == EPOCHS else params.get(path)


def searched(tags: Mapping[str, str]) -> list[str]:
    """The texts that are searched: the name, the note, and a person's tags."""
    texts = [tags.get(tag_names.NAME, ""), tags.get(tag_names.NOTE, "")]
    texts += [text for tag in tag_names.user_tags(tags).items() for text in tag]
    return [text.casefold() for text in texts]


def sort_key(query: Query, params: Mapping[str, str]) -> tuple[int, float]:
    """Sorts runs by a setting that is a number, those without one last."""
    try:
        value = float(params.get(ORDERS[query.order].key, ""))
    except ValueError:
        return 1, 0.0
    return 0, value if query.ascending else -value
