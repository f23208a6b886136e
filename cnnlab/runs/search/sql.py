"""Statements that read MLflow's tables in SQLite: the runs of a `Query`, and the values of metrics.

They need a function `casefold(text)`, Python's, in the connection; `cnnlab.runs.sqlite_reader` registers it.
"""

from typing import Any

from sqlalchemy import (
    Boolean,
    ColumnElement,
    Float,
    Integer,
    Select,
    TableClause,
    and_,
    case,
    cast,
    column,
    exists,
    func,
    null,
    or_,
    select,
    table,
)

from cnnlab.runs import tags
from cnnlab.runs.search.query import EPOCHS, ORDERS, Condition, Query, View

# The columns of MLflow's tables that are read here.
RUNS = table(
    "runs",
    column("run_uuid"),
    column("experiment_id", Integer),
    column("lifecycle_stage"),
    column("start_time", Integer),
    column("end_time", Integer),
    column("name"),
    column("status"),
    column("user_id"),
    column("artifact_uri"),
)
TAGS = table("tags", column("run_uuid"), column("key"), column("value"))
PARAMS = table("params", column("run_uuid"), column("key"), column("value"))
METRICS = table(
    "metrics",
    column("rowid", Integer),
    column("run_uuid"),
    column("key"),
    column("step", Integer),
    column("value", Float),
    column("is_nan", Boolean),
    column("timestamp", Integer),
)
LATEST_METRICS = table(
    "latest_metrics",
    column("run_uuid"),
    column("key"),
    column("value", Float),
    column("is_nan", Boolean),
    column("timestamp", Integer),
    column("step", Integer),
)
ATTRIBUTES = {
    "start_time": RUNS.c.start_time,
    "run_name": RUNS.c.name,
    "status": RUNS.c.status,
    "run_id": RUNS.c.run_uuid,
}
SORTED_TABLES = {"metric": LATEST_METRICS, "param": PARAMS, "number": PARAMS, "tag": TAGS}


def matching_runs(query: Query, experiment: str) -> Select[Any]:
    """The ids of the runs that a query asks for, in no order."""
    listed = TAGS.alias("listed")
    return (
        select(RUNS.c.run_uuid)
        .select_from(RUNS)
        .join(listed, and_(listed.c.run_uuid == RUNS.c.run_uuid, listed.c.key == tags.LISTED), isouter=True)
        .where(
            RUNS.c.experiment_id == int(experiment),
            RUNS.c.lifecycle_stage == ("deleted" if query.view == "deleted" else "active"),
            _in_view(query.view, listed.c.value),
            *(_has_word(word) for word in query.words),
            *(_meets(condition) for condition in query.conditions),
            *([_visitor().in_(query.visitors)] if query.visitors else []),
        )
    )


def newest(experiment: str, role: str | None, limit: int, visitor: str) -> Select[Any, Any, Any, Any]:
    """Id, status, end in milliseconds and name of the newest listed runs, of one role or of all.

    With a visitor's id, those of this visitor.
    """
    return (
        select(RUNS.c.run_uuid, RUNS.c.status, RUNS.c.end_time, RUNS.c.name)
        .where(
            RUNS.c.experiment_id == int(experiment),
            RUNS.c.lifecycle_stage == "active",
            _value_of(TAGS, tags.LISTED) == "yes",
            *([_value_of(TAGS, tags.ROLE) == role] if role else []),
            *([_value_of(TAGS, tags.VISITOR) == visitor] if visitor else []),
        )
        .order_by(RUNS.c.start_time.desc(), RUNS.c.run_uuid)
        .limit(limit)
    )


def with_states(statement: Select[Any]) -> Select[Any]:
    """With status, end in milliseconds and name of each run."""
    return statement.add_columns(RUNS.c.status, RUNS.c.end_time, RUNS.c.name)


def in_order(statement: Select[Any], query: Query) -> Select[Any]:
    """The runs of `matching_runs` in MLflow's order: NaN after the numbers, then what is missing."""
    kind, key = ORDERS[query.order]
    if kind == "attribute":
        return _sorted(statement, query, ATTRIBUTES[key].is_(None), by=ATTRIBUTES[key])
    values = SORTED_TABLES[kind].alias("sorted_by")
    joined = statement.join(
        values, and_(values.c.run_uuid == RUNS.c.run_uuid, values.c.key == key), isouter=True
    )
    if kind == "metric":
        return _sorted(joined, query, values.c.is_nan.is_(None), values.c.is_nan, by=values.c.value)
    value = cast(values.c.value, Float) if kind == "number" else values.c.value
    return _sorted(joined, query, values.c.value.is_(None), by=value)


def run(run_id: str) -> Select[*tuple[Any, ...]]:
    """What `mlflow.entities.RunInfo` takes, under its names."""
    names = {"run_uuid": "run_id", "name": "run_name"}
    columns = [column.label(names.get(column.name, column.name)) for column in RUNS.c]
    return select(*columns).where(RUNS.c.run_uuid == run_id)


def pairs(kind: TableClause, run_id: str) -> Select[Any, Any]:
    """Key and value of a run's rows in `TAGS` or `PARAMS`."""
    return select(kind.c.key, kind.c.value).where(kind.c.run_uuid == run_id)


def latest_metrics(run_id: str) -> Select[Any, Any, Any, Any]:
    """Key, value (NULL for NaN), milliseconds and step of the latest value of each metric of a run."""
    latest = LATEST_METRICS.c
    value = case((latest.is_nan, null()), else_=latest.value)
    return select(latest.key, value, latest.timestamp, latest.step).where(latest.run_uuid == run_id)


def history(run_id: str, after: int) -> Select[Any, Any, Any, Any]:
    """Metric, step, value (NULL for NaN) and milliseconds of what a run reported later than `after`."""
    return select(METRICS.c.key, METRICS.c.step, _value_or_null(), METRICS.c.timestamp).where(
        METRICS.c.run_uuid == run_id, METRICS.c.timestamp > after
    )


def thinned(metric: str, run_ids: list[str], most: int) -> Select[Any, Any]:
    """Run and value, by step, of the points that `cnnlab.runs.reader.is_kept` keeps."""
    of_run = METRICS.c.run_uuid
    by_step = func.row_number().over(partition_by=of_run, order_by=[METRICS.c.step, METRICS.c.rowid])
    numbered = (
        select(
            METRICS.c.rowid.label("place"),
            (by_step - 1).label("number"),
            func.count().over(partition_by=of_run).label("count"),
        )
        .where(METRICS.c.key == metric, of_run.in_(run_ids))
        .subquery("numbered")
    )
    number, count = numbered.c.number, numbered.c.count
    begins_a_part = number * most // count > (number - 1) * most // count
    return (
        select(METRICS.c.run_uuid, _value_or_null())
        .join(numbered, METRICS.c.rowid == numbered.c.place)
        .where(or_(number == 0, begins_a_part, number == count - 1))
        .order_by(METRICS.c.run_uuid, number)
    )


def _sorted(
    statement: Select[Any], query: Query, *last: ColumnElement[Any], by: ColumnElement[Any]
) -> Select[Any]:
    """Sorted by a value in the query's direction, runs for which `last` holds behind; ties by start."""
    direction = by.asc() if query.ascending else by.desc()
    return statement.order_by(*last, direction, RUNS.c.start_time.desc(), RUNS.c.run_uuid)


def _value_or_null() -> ColumnElement[Any]:
    return case((METRICS.c.is_nan, null()), else_=METRICS.c.value)


def _in_view(view: View, listed: ColumnElement[Any]) -> ColumnElement[bool]:
    if view == "foreign":
        return listed.is_(None)
    if view == "deleted":
        return listed.is_not(None)
    if view in tags.UNLISTED:
        return listed == tags.UNLISTED[view]
    return and_(*(listed != value for value in tags.UNLISTED.values()))


def _visitor() -> ColumnElement[Any]:
    """Who started the run; empty without one."""
    return func.coalesce(_value_of(TAGS, tags.VISITOR), "")


def _has_word(word: str) -> ColumnElement[bool]:
    """The word is in the name or the note, or in the key or the value of a person's tag."""
    in_value = func.instr(func.casefold(TAGS.c.value), word) > 0
    in_key = func.instr(func.casefold(TAGS.c.key), word) > 0
    of_person = and_(*(func.substr(TAGS.c.key, 1, len(start)) != start for start in tags.RESERVED))
    is_text = TAGS.c.key.in_([tags.NAME, tags.NOTE])
    return exists().where(
        TAGS.c.run_uuid == RUNS.c.run_uuid,
        or_(and_(is_text, in_value), and_(of_person, or_(in_value, in_key))),
    )


def _meets(condition: Condition) -> ColumnElement[bool]:
    if condition.rule == "is":
        return _setting(condition) == condition.value
    latest = LATEST_METRICS.c
    at_least = condition.rule == "at least"
    return exists().where(
        latest.run_uuid == RUNS.c.run_uuid,
        latest.key == condition.name,
        latest.is_nan.is_(False),
        latest.value >= condition.value if at_least else latest.value <= condition.value,
    )


def _setting(condition: Condition) -> ColumnElement[Any]:
    """A run's setting as text; the condition's own value where it is missing and that is meant too."""
    values = [_value_of(PARAMS, condition.name)]
    if condition.name == EPOCHS:  # a continued run has another number
        values.insert(0, _value_of(TAGS, tags.EPOCHS))
    if condition.or_missing_beside:
        of_this_kind = _value_of(PARAMS, condition.or_missing_beside).is_not(None)
        values.append(case((of_this_kind, condition.value)))
    return func.coalesce(*values) if len(values) > 1 else values[0]


def _value_of(pairs: TableClause, key: str) -> ColumnElement[Any]:
    """The value of one tag or setting of the run."""
    return (
        select(pairs.c.value).where(pairs.c.run_uuid == RUNS.c.run_uuid, pairs.c.key == key).scalar_subquery()
    )
