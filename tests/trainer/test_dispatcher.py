"""Which training goes to which worker and when, with workers that end a training when a test says so."""

import threading

import pytest

from cnnlab.errors import StoreUnavailable, TrainerUnavailable
from cnnlab.trainer.dispatcher import Dispatcher, Place, Waiting
from cnnlab.trainer.tasks import Ending
from tests.trainer.stubs import StubConnection
from tests.waiting import wait_until


class Desk:
    """A dispatcher whose trainings begin where a list says so."""

    def __init__(self, workers: tuple[str, ...] = ("first", "second")) -> None:
        self.connection = StubConnection()
        self.connection.workers = workers
        self.begun: list[tuple[str, str]] = []
        self.trainings: dict[str, Waiting] = {}
        self.trouble: list[Exception] = []
        self.dispatcher = Dispatcher(self.connection, self._begin)

    def _begin(self, training: Waiting, place: str) -> None:
        if self.trouble:
            raise self.trouble.pop()
        self.begun.append((training.run_id, place))
        self.trainings[training.run_id] = training

    def add(self, *run_ids: str, visitor: str = "", **options) -> None:
        self.dispatcher.add([Waiting(run_id, "model", visitor, **options) for run_id in run_ids])

    def end(self, run_id: str) -> None:
        self.dispatcher.ended(self.trainings[run_id])

    @property
    def order(self) -> list[str]:
        return [run_id for run_id, _ in self.begun]


def test_with_free_workers_a_model_and_its_baseline_begin_at_once_on_one_each():
    desk = Desk()
    desk.add("model", "baseline")
    assert desk.begun == [("model", "first"), ("baseline", "second")]
    assert desk.dispatcher.place("model") is None


def test_a_worker_gets_one_training_at_a_time_and_the_next_where_one_has_ended():
    desk = Desk()
    desk.add("1", "2", "3", "4")
    assert desk.begun == [("1", "first"), ("2", "second")]
    desk.end("2")
    assert desk.begun[2:] == [("3", "second")]
    assert desk.dispatcher.waiting() == ["4"]


def test_another_visitors_first_goes_before_ones_third_and_its_place_is_known():
    desk = Desk()
    for number in range(4):
        desk.add(f"ann {number}", visitor="ann")
    desk.add("ben 0", visitor="ben")
    assert desk.dispatcher.place("ben 0") == Place((), ("ann 0", "ann 1"))
    assert desk.dispatcher.place("ann 3") == Place(("ben 0", "ann 2"), ("ann 0", "ann 1"))
    assert sorted(desk.dispatcher.of_visitor("ann")) == [f"ann {number}" for number in range(4)]
    desk.end("ann 0")
    assert desk.order[-1] == "ben 0"


def test_a_chosen_worker_is_waited_for_and_any_takes_its_place_once_it_has_left():
    desk = Desk()
    desk.add("busy", worker="second")
    desk.add("chosen", worker="second")
    desk.add("other")
    assert desk.begun == [("busy", "second"), ("other", "first")]
    desk.connection.workers = ("first", "third")
    desk.end("other")
    assert desk.begun[2:] == [("chosen", "first")]


def test_a_worker_that_joins_later_gets_what_waits():
    desk = Desk(("first",))
    desk.add("model", "baseline")
    assert desk.begun == [("model", "first")]
    desk.connection.workers = ("first", "second")
    wait_until(lambda: desk.begun[1:] == [("baseline", "second")], seconds=10)


@pytest.mark.parametrize(
    "trouble", [TrainerUnavailable("No scheduler answers."), StoreUnavailable("The store is busy.", True)]
)
def test_what_could_not_begin_is_the_next_one_once_trainer_and_store_are_back(trouble: Exception):
    desk = Desk(("first",))
    desk.trouble = [trouble]
    desk.add("tried", visitor="ann")
    desk.add("another", visitor="ben")
    wait_until(lambda: desk.begun == [("tried", "first")], seconds=10)
    assert desk.dispatcher.waiting() == ["another"]


def test_a_training_whose_worker_died_goes_before_what_waits():
    desk = Desk()
    desk.add("lost", "other")
    desk.add("waits")
    desk.dispatcher.again(desk.trainings["lost"])
    assert desk.order == ["lost", "other", "lost"]


def test_the_end_of_an_earlier_training_of_a_run_frees_no_worker_of_the_later_one():
    desk = Desk()
    desk.add("run")
    earlier = desk.trainings["run"]
    desk.add("run")
    desk.dispatcher.ended(earlier)
    desk.add("next", "waits")
    assert desk.order == ["run", "run", "next"] and "run" in desk.dispatcher


def test_a_run_that_is_added_while_it_waits_begins_once():
    desk = Desk(("first",))
    desk.add("under way")
    desk.add("run")
    desk.add("run")
    assert desk.dispatcher.waiting() == ["run"]
    desk.end("under way")
    desk.end("run")
    assert desk.order == ["under way", "run"]


def test_what_is_withdrawn_never_begins_and_tells_so_once():
    desk = Desk(("first",))
    endings: list[Ending] = []
    desk.add("under way")
    desk.add("given up", on_end=endings.append)
    assert desk.dispatcher.withdraw({"under way", "given up"}) == {"given up"}
    assert endings == [Ending("withdrawn")] and "given up" not in desk.dispatcher
    desk.end("under way")
    assert desk.order == ["under way"]


def test_nothing_begins_while_the_dashboard_ends():
    desk = Desk()
    desk.connection.is_closing = True
    desk.add("waits")
    assert desk.begun == [] and desk.dispatcher.waits("waits")


def test_many_threads_may_add_and_end_and_no_worker_ever_has_two():
    desk = Desk(("first", "second", "third"))
    busy: dict[str, str] = {}
    doubled: list[str] = []
    ended = threading.Semaphore(0)

    def begin(training: Waiting, place: str) -> None:
        if place in busy.values():
            doubled.append(training.run_id)
        busy[training.run_id] = place
        threading.Thread(target=end, args=[training], daemon=True).start()

    def end(training: Waiting) -> None:
        del busy[training.run_id]
        dispatcher.ended(training)
        ended.release()

    dispatcher = Dispatcher(desk.connection, begin)
    for visitor in ("ann", "ben", "cleo"):
        threading.Thread(
            target=lambda name: [
                dispatcher.add([Waiting(f"{name} {number}", "model", name)]) for number in range(30)
            ],
            args=[visitor],
            daemon=True,
        ).start()
    for _ in range(90):
        assert ended.acquire(timeout=30)
    assert doubled == [] and dispatcher.waiting() == []
