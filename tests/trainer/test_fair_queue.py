"""The order of waiting trainings, on drawn arrivals and ends."""

from collections import Counter
from collections.abc import Iterator

from hypothesis import given
from hypothesis import strategies as st

from cnnlab.trainer.fair_queue import MOST_IN_A_ROW, FairQueue, Kind, Ticket

VISITORS = ["ann", "ben", "cleo"]
Turn = tuple[str, Kind, int]  # visitor, kind, number of trainings

turns = st.tuples(st.sampled_from(VISITORS), st.sampled_from(["person", "study"]), st.integers(1, 2))
steps = st.lists(st.one_of(turns, st.none()), max_size=40)  # None: a worker is free


def tickets_of(number: int, turn: Turn) -> list[Ticket]:
    visitor, kind, trainings = turn
    trainings = 1 if kind == "study" else trainings
    return [Ticket(f"{number}-{part}", visitor, kind) for part in range(trainings)]


def played(queue: FairQueue, drawn: list[Turn | None]) -> Iterator[tuple[list[Ticket], Ticket | None]]:
    """Adds and takes; yields what waited before each training that was taken, and that one."""
    waiting: list[Ticket] = []
    for number, step in enumerate([*drawn, *[None] * 80]):
        if step is not None:
            queue.add(*tickets_of(number, step))
            waiting += tickets_of(number, step)
        elif waiting:
            taken = queue.take()
            yield list(waiting), taken
            waiting.remove(taken)


def turn_of(ticket: Ticket) -> str:
    return ticket.run_id.partition("-")[0]


def run_ids(tickets: list[Ticket]) -> list[str]:
    return [ticket.run_id for ticket in tickets]


def alone(*ids: str, visitor: str = "", kind: Kind = "person") -> list[Ticket]:
    return [Ticket(run_id, visitor, kind) for run_id in ids]


def test_an_empty_queue_gives_nothing():
    queue = FairQueue()
    assert queue.take() is None and len(queue) == 0 and queue.in_order() == []


@given(steps)
def test_everything_that_waits_begins_once(drawn: list[Turn | None]):
    expected = [ticket for number, step in enumerate(drawn) if step for ticket in tickets_of(number, step)]
    queue = FairQueue()
    taken = [ticket for _, ticket in played(queue, drawn)]
    assert sorted(taken) == sorted(expected) and len(queue) == 0


@given(steps)
def test_the_trainings_of_one_turn_follow_each_other(drawn: list[Turn | None]):
    order = [turn_of(ticket) for _, ticket in played(FairQueue(), drawn)]
    assert len([name for name, before in zip(order, ["", *order], strict=False) if name != before]) == len(
        set(order)
    )


@given(steps)
def test_what_one_visitor_asked_for_first_begins_first(drawn: list[Turn | None]):
    order = [ticket for _, ticket in played(FairQueue(), drawn)]
    for visitor in VISITORS:
        for kind in ("person", "study"):
            own = [int(turn_of(each)) for each in order if (each.visitor, each.kind) == (visitor, kind)]
            assert own == sorted(own)


@given(steps)
def test_a_study_gives_way_but_never_stands_still(drawn: list[Turn | None]):
    in_a_row = 0
    for waiting, taken in played(FairQueue(), drawn):
        kinds = {ticket.kind for ticket in waiting}
        if taken.kind == "study":
            assert "person" not in kinds or in_a_row >= MOST_IN_A_ROW
            in_a_row = 0
        else:
            in_a_row = in_a_row + 1 if "study" in kinds else 0
            assert in_a_row <= MOST_IN_A_ROW + 2, "turns that have begun are completed"


def test_after_so_many_trainings_of_people_one_of_a_study_begins():
    queue = FairQueue()
    queue.add(*alone("study 0", kind="study"))
    queue.add(*alone("study 1", kind="study"))
    for number in range(20):
        queue.add(*alone(f"person {number}"))
    kinds = [ticket.kind for ticket in queue.drained()]
    assert kinds == [*["person"] * 8, "study", *["person"] * 8, "study", *["person"] * 4]


@given(steps)
def test_over_any_while_two_visitors_who_both_wait_get_as_many_trainings_but_for_a_turn(
    drawn: list[Turn | None],
):
    """The bound of start-time fair queuing: the two longest turns together."""
    history = [(waiting, taken) for waiting, taken in played(FairQueue(), drawn) if taken.kind == "person"]
    pairs = [("ann", "ben"), ("ann", "cleo"), ("ben", "cleo")]
    for first, second in pairs:
        given_to: Counter[str] = Counter()
        least = most = 0
        for waiting, taken in history:
            waiters = {ticket.visitor for ticket in waiting if ticket.kind == "person"}
            if not {first, second} <= waiters:
                given_to.clear()
                least = most = 0
                continue
            given_to[taken.visitor] += 1
            ahead = given_to[first] - given_to[second]
            least, most = min(least, ahead), max(most, ahead)
            assert most - least <= 4


@given(steps, st.integers(0, 60))
def test_ones_first_training_waits_for_one_turn_of_each_other_visitor_at_most(
    drawn: list[Turn | None], after: int
):
    queue = FairQueue()
    for number, step in enumerate(drawn[:after]):
        if step:
            queue.add(*tickets_of(number, step))
        else:
            queue.take()
    rest_of_a_turn = next((turn_of(each) for each in queue.in_order()), "")
    queue.add(Ticket("new", "dora"))
    ahead = queue.in_order()
    ahead = ahead[: ahead.index(Ticket("new", "dora"))]
    own_turns = {turn_of(each) for each in ahead if each.kind == "person"} - {rest_of_a_turn}
    visitors = Counter(next(each.visitor for each in ahead if turn_of(each) == name) for name in own_turns)
    assert max(visitors.values(), default=0) <= 1


@given(st.lists(st.integers(1, 2), max_size=20))
def test_with_one_visitor_it_is_first_come_first_served(sizes: list[int]):
    queue = FairQueue()
    added = [tickets_of(number, ("ann", "person", size)) for number, size in enumerate(sizes)]
    for turn in added:
        queue.add(*turn)
    assert list(queue.drained()) == [ticket for turn in added for ticket in turn]


@given(steps, st.sets(st.integers(0, 60)))
def test_what_was_withdrawn_never_begins_and_the_order_of_the_others_is_theirs(
    drawn: list[Turn | None], withdrawn: set[int]
):
    queue = FairQueue()
    for number, step in enumerate(drawn):
        if step:
            queue.add(*tickets_of(number, step))
    gone = {f"{number}-{part}" for number in withdrawn for part in range(2)}
    waited = {ticket.run_id for ticket in queue.in_order()}
    assert {ticket.run_id for ticket in queue.remove(gone)} == gone & waited
    foretold = queue.in_order()
    assert list(queue.drained()) == foretold
    assert {ticket.run_id for ticket in foretold} == waited - gone


def test_one_persons_first_training_goes_before_anothers_tenth():
    queue = FairQueue()
    for number in range(10):
        queue.add(*alone(f"ann {number}", visitor="ann"))
    assert queue.take().run_id == "ann 0"
    queue.add(*alone("ben 0", visitor="ben"))
    assert [each.run_id for each in queue.in_order()][:2] == ["ben 0", "ann 1"]


def test_trainings_under_way_count_until_all_workers_are_idle():
    queue = FairQueue()
    queue.add(*alone("ann 0", "ann 1", visitor="ann"))
    queue.take(), queue.take()
    queue.add(*alone("ann 2", visitor="ann"))
    queue.add(*alone("ben 0", visitor="ben"))
    assert run_ids(queue.in_order()) == ["ben 0", "ann 2"]
    list(queue.drained())
    queue.rest()
    queue.add(*alone("ann 3", visitor="ann"))
    queue.add(*alone("ben 1", visitor="ben"))
    assert run_ids(queue.in_order()) == ["ann 3", "ben 1"]


def test_what_waits_for_a_certain_worker_holds_nobody_up():
    queue = FairQueue()
    queue.add(*alone("elsewhere", "also elsewhere", visitor="ann"))
    queue.add(*alone("ben", visitor="ben"))
    queue.add(*alone("ann", visitor="ann"))
    here = [queue.take(lambda ticket: "elsewhere" not in ticket.run_id).run_id for _ in range(2)]
    assert here == ["ben", "ann"]
    assert queue.take(lambda ticket: "elsewhere" not in ticket.run_id) is None
    assert run_ids(list(queue.drained())) == ["elsewhere", "also elsewhere"]


def test_a_training_whose_worker_died_goes_first():
    queue = FairQueue()
    queue.add(*alone("person"))
    queue.add(*alone("lost", kind="begun"))
    queue.put_back(Ticket("could not begin", kind="study"))
    assert run_ids(queue.in_order()) == ["could not begin", "lost", "person"]
    assert "lost" in queue and "other" not in queue
