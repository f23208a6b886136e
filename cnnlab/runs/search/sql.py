"""The runs that a `Query` asks for, in SQL on MLflow's tables in SQLite: only reading.

MLflow's own search sorts 10,000 runs by a metric in five seconds, and cannot count what it finds; this
takes a few hundredths of one. This file builds text and values; `cnnlab.runs.store` has the connection.
"""

from typing import Any

from cnnlab.runs import tags
from cnnlab.runs.search.query import EPOCHS, ORDERS, Condition, Query, View

MLFLOWS_COLUMNS = {"start_time": "start_time", "run_name": "name", "status": "status", "run_id": "run_uuid"}
TABLES = {"metric": "latest_metrics", "param": "params", "number": "params", "tag": "tags"}


def page_and_count(query: Query, experiment: str) -> tuple[str, str, dict[str, Any]]:
    """Two statements and the values of their parameters.

    The first gives the ids of the runs in order, and takes `:limit` and `:start` besides; the second
    gives their number. They need a function `casefold(text)`, Python's, in the connection.
    """
    values: dict[str, Any] = {
        "experiment": int(experiment),
        "stage": "deleted" if query.view == "deleted" else "active",
        "listed": tags.LISTED,
    }
    tests = ["r.experiment_id = :experiment", "r.lifecycle_stage = :stage", _view_test(query.view, values)]
    tests += [_word_test(f"word{number}", word, values) for number, word in enumerate(query.words)]
    tests += [
        _condition_test(f"condition{number}", condition, values)
        for number, condition in enumerate(query.conditions)
    ]
    found = (
        "FROM runs r LEFT JOIN tags listed ON listed.run_uuid = r.run_uuid AND listed.key = :listed "
        f"{{join}}WHERE {' AND '.join(tests)}"
    )
    join, order = _order(query, values)
    ids = f"SELECT r.run_uuid {found.format(join=join)} ORDER BY {order} LIMIT :limit OFFSET :start"
    return ids, f"SELECT count(*) {found.format(join='')}", values


def _view_test(view: View, values: dict[str, Any]) -> str:
    if view == "foreign":
        return "listed.value IS NULL"
    if view == "deleted":
        return "listed.value IS NOT NULL"
    if view in tags.UNLISTED:
        values["listed_as"] = tags.UNLISTED[view]
        return "listed.value = :listed_as"
    values |= {f"not_{view}": value for view, value in tags.UNLISTED.items()}
    return " AND ".join(f"listed.value != :not_{view}" for view in tags.UNLISTED)


def _word_test(name: str, word: str, values: dict[str, Any]) -> str:
    """The word in the name or the note, or in the key or the value of a person's tag."""
    values |= {name: word, "name_tag": tags.NAME, "note_tag": tags.NOTE}
    persons = " AND ".join(f"substr(t.key, 1, {len(start)}) != '{start}'" for start in tags.RESERVED)
    in_value = f"instr(casefold(t.value), :{name})"
    return (
        "EXISTS (SELECT 1 FROM tags t WHERE t.run_uuid = r.run_uuid AND ("
        f"(t.key IN (:name_tag, :note_tag) AND {in_value}) OR "
        f"({persons} AND ({in_value} OR instr(casefold(t.key), :{name})))))"
    )


def _condition_test(name: str, condition: Condition, values: dict[str, Any]) -> str:
    values |= {f"{name}_key": condition.name, f"{name}_value": condition.value}
    if condition.rule != "is":
        sign = ">=" if condition.rule == "at least" else "<="
        return (
            "EXISTS (SELECT 1 FROM latest_metrics m WHERE m.run_uuid = r.run_uuid "
            f"AND m.key = :{name}_key AND NOT m.is_nan AND m.value {sign} :{name}_value)"
        )
    value = f"(SELECT p.value FROM params p WHERE p.run_uuid = r.run_uuid AND p.key = :{name}_key)"
    if condition.name == EPOCHS:
        values["epochs_tag"] = tags.EPOCHS
        continued = "(SELECT t.value FROM tags t WHERE t.run_uuid = r.run_uuid AND t.key = :epochs_tag)"
        value = f"coalesce({continued}, {value})"
    if condition.or_missing:
        value = f"coalesce({value}, :{name}_value)"
    return f"{value} = :{name}_value"


def _order(query: Query, values: dict[str, Any]) -> tuple[str, str]:
    """What is joined to sort by, and MLflow's order: NaN after the numbers, then what is missing."""
    kind, key = ORDERS[query.order]
    direction = "ASC" if query.ascending else "DESC"
    ties = "r.start_time DESC, r.run_uuid"
    if kind == "attribute":
        column = f"r.{MLFLOWS_COLUMNS[key]}"
        return "", f"{column} IS NULL, {column} {direction}, {ties}"
    values["order_key"] = key
    join = f"LEFT JOIN {TABLES[kind]} o ON o.run_uuid = r.run_uuid AND o.key = :order_key "
    if kind == "metric":
        return join, f"o.is_nan IS NULL, o.is_nan, o.value {direction}, {ties}"
    value = "CAST(o.value AS REAL)" if kind == "number" else "o.value"
    return join, f"o.value IS NULL, {value} {direction}, {ties}"
