"""The order in which waiting trainings begin where several people share the workers.

This file knows nothing of workers, runs or threads: it is told what waits and what has ended, and says what
is next. The rule, from the first to the last:

1. A training that had begun and whose worker died goes first.
2. What belongs to one turn stays together: after a model comes its baseline.
3. What a person trains comes before studies and sweeps. Where studies wait, at most `MOST_IN_A_ROW` trainings
   go before one of theirs, so that they never stand still.
4. Visitors take turns, for their own trainings and for those of their studies apart. One turn is a model with
   its baseline, or one training of a study. Who has had the fewest trainings is next, counted since all
   workers were idle last; whoever comes later begins at the count of those who are being served. So one's
   first training waits for at most one turn of everybody else, not for their tenth.
5. Otherwise what came first.

This is start-time fair queuing (Goyal, Vin and Cheng, 1996), which serves packets of several senders on one
line, with trainings as packets.
"""

import copy
from collections.abc import Callable, Collection, Iterator
from dataclasses import dataclass, field
from typing import Literal, NamedTuple

Kind = Literal["begun", "person", "study"]

MOST_IN_A_ROW = 8  # trainings of people before one of a study that waits


class Ticket(NamedTuple):
    """One training that waits."""

    run_id: str
    visitor: str = ""
    """Who started it; all without a visitor count as one."""
    kind: Kind = "person"
    """'begun': it goes on after its worker died."""


MayGo = Callable[[Ticket], bool]


def anywhere(ticket: Ticket) -> bool:
    """A `MayGo` for workers that take any training."""
    return True


@dataclass
class _Turn:
    """Trainings of one visitor that follow each other."""

    visitor: str
    arrival: int
    tickets: list[Ticket]


@dataclass
class _Lane:
    """What waits of one kind, and how many trainings each visitor has had."""

    turns: list[_Turn] = field(default_factory=list)
    """In the order of arrival."""
    counts: dict[str, int] = field(default_factory=dict)
    """Visitor → the count at which the next turn begins."""
    now: int = 0
    """The count of whoever was served last."""

    def add(self, turn: _Turn) -> None:
        if not any(each.visitor == turn.visitor for each in self.turns):
            self.counts[turn.visitor] = max(self.counts.get(turn.visitor, 0), self.now)
        self.turns.append(turn)

    def in_order(self) -> list[_Turn]:
        """The next turn first; those behind it in case that it waits for a certain worker."""
        return sorted(self.turns, key=lambda turn: (self.counts[turn.visitor], turn.arrival))

    def take(self, turn: _Turn) -> None:
        self.turns.remove(turn)
        count = self.counts[turn.visitor]
        self.now = max(self.now, count)
        self.counts[turn.visitor] = count + len(turn.tickets)

    def remove(self, run_ids: Collection[str]) -> None:
        for turn in self.turns:
            turn.tickets = [ticket for ticket in turn.tickets if ticket.run_id not in run_ids]
        self.turns = [turn for turn in self.turns if turn.tickets]


class FairQueue:
    """Trainings that wait. To be used by one thread at a time."""

    def __init__(self) -> None:
        self._begun: list[Ticket] = []
        self._open: list[Ticket] = []  # the rest of a turn that has begun
        self._lanes: dict[Kind, _Lane] = {"person": _Lane(), "study": _Lane()}
        self._arrivals = 0
        self._in_a_row = 0  # trainings of people since a study waits

    def add(self, *tickets: Ticket) -> None:
        """Adds the trainings of one turn, of one visitor and one kind."""
        if not tickets:
            return
        self._arrivals += 1
        first = tickets[0]
        if first.kind == "begun":
            self._begun += tickets
        else:
            self._lanes[first.kind].add(_Turn(first.visitor, self._arrivals, list(tickets)))

    def put_back(self, ticket: Ticket) -> None:
        """Lets a training that was taken out, but could not begin, be the next one."""
        self._begun.insert(0, ticket)

    def remove(self, run_ids: Collection[str]) -> list[Ticket]:
        """Takes trainings out that are given up; returns those that waited."""
        removed = [ticket for ticket in self._all() if ticket.run_id in run_ids]
        self._begun, self._open = (
            [ticket for ticket in tickets if ticket.run_id not in run_ids]
            for tickets in (self._begun, self._open)
        )
        for lane in self._lanes.values():
            lane.remove(run_ids)
        return removed

    def take(self, may_go: MayGo = anywhere) -> Ticket | None:
        """Takes out the next training that may go; None where none may.

        `may_go`: whether a worker is free for it. Where not, as for one that waits for a certain worker,
        those behind it go first.
        """
        for tickets in (self._begun, self._open):
            if ticket := next(filter(may_go, tickets), None):
                tickets.remove(ticket)
                return ticket
        for kind in self._kinds():
            for turn in self._lanes[kind].in_order():
                if ticket := next(filter(may_go, turn.tickets), None):
                    self._begin(kind, turn, ticket)
                    return ticket
        return None

    def rest(self) -> None:
        """Forgets how many trainings each visitor has had: nothing waits, and all workers are idle."""
        if not len(self):
            self._lanes = {kind: _Lane() for kind in self._lanes}

    def in_order(self) -> list[Ticket]:
        """All that wait, in the order in which they will begin if nothing else comes."""
        return list(copy.deepcopy(self).drained())

    def drained(self) -> Iterator[Ticket]:
        """Takes all out."""
        while ticket := self.take():
            yield ticket

    def __len__(self) -> int:
        """How many wait."""
        return len(self._all())

    def __contains__(self, run_id: str) -> bool:
        """Whether this run waits."""
        return any(ticket.run_id == run_id for ticket in self._all())

    def _all(self) -> list[Ticket]:
        turns = [turn for lane in self._lanes.values() for turn in lane.turns]
        return [*self._begun, *self._open, *(ticket for turn in turns for ticket in turn.tickets)]

    def _kinds(self) -> tuple[Kind, Kind]:
        """The kinds, the one that goes before first."""
        return ("study", "person") if self._in_a_row >= MOST_IN_A_ROW else ("person", "study")

    def _begin(self, kind: Kind, turn: _Turn, ticket: Ticket) -> None:
        self._lanes[kind].take(turn)
        self._open += [other for other in turn.tickets if other != ticket]
        if kind == "study" or not self._lanes["study"].turns:
            self._in_a_row = 0
        else:
            self._in_a_row += len(turn.tickets)
