"""What is stored, the current visitor's own first, newest first; then everyone else's, newest first."""

from collections.abc import Callable
from typing import TypeVar

from cnnlab import runs
from cnnlab.runs import Run, StoredStudy
from cnnlab.spec import Role
from cnnlab.ui import visitor

Item = TypeVar("Item", Run, StoredStudy)


def newest_runs(limit: int, role: Role | None = None) -> list[Run]:
    """The newest of all runs, so many at most, and as many of the visitor's own, which come first."""
    return _own_first(runs.recent(limit, role), limit, lambda me: runs.recent(limit, role, me))


def newest_studies(limit: int) -> list[StoredStudy]:
    """The newest of all studies, so many at most, and as many of the visitor's own, which come first."""
    return _own_first(runs.studies(limit), limit, lambda me: runs.studies(limit, me))


def _own_first(newest: list[Item], limit: int, newest_of: Callable[[str], list[Item]]) -> list[Item]:
    """`newest` are everyone's; `newest_of` reads those of one visitor."""
    mine = visitor.my_ids()
    me = mine[0]
    own = [item for item in newest if item.visitor in mine]
    others = [item for item in newest if item.visitor not in mine]
    if others and me and len(newest) >= limit:  # older ones of the visitor's own are not among them
        own += [item for item in newest_of(me) if item not in own]
        own.sort(key=lambda item: item.started, reverse=True)
    return own + others
