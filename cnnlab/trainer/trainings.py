"""Trainings in the workers: submits them, gives them orders, and sees that each run has an end."""

import dataclasses
import functools
import itertools
import uuid
from typing import Any

from distributed import Future, KilledWorker, fire_and_forget

from cnnlab import runs
from cnnlab.checks import require
from cnnlab.spec import ComparisonSpec, Role
from cnnlab.spec.orders import Orders
from cnnlab.trainer import connection
from cnnlab.worker import state

TASK = "train-"  # how the keys of trainings begin
INTERACTIVE_PRIORITY = 10  # studies have 0
WORKER_DIED = "The worker that trained this run died: it ran out of memory, or was ended from outside."
TRAINER_CLOSED = "The trainer was closed, or could no longer be reached, before this run had ended."


_given: dict[str, Orders] = {}  # the orders in force, by run
_futures: dict[str, Future] = {}  # the runs that were submitted here and that have not ended


def submit(comparison: ComparisonSpec, pinned: str = "", worker: str = "") -> str:
    """Starts the trainings of a model and its baseline; returns the comparison's id.

    Args:
        comparison: The settings.
        pinned: A run to hold the model against; then no baseline is trained.
        worker: The address of the worker to train on; any where empty.

    Raises `SettingsRefused` where the settings cannot be trained, `TrainerUnavailable` where nobody trains.
    """
    require(comparison)
    connection.require_ready()
    identity = uuid.uuid4().hex
    specs = comparison.runs()
    if pinned:
        specs.pop("baseline", None)
    for (role, spec), place in zip(specs.items(), places(len(specs), worker), strict=True):
        hand_over(runs.create(role, identity, spec, pinned), role, place)
    return identity


def tweak(comparison: ComparisonSpec, pinned: str = "") -> str:
    """Trains the model in place of what trains now; a baseline only where there is none like it yet.

    Returns the comparison's id; raises what `submit` raises. What was under way is superseded.
    """
    require(comparison)
    connection.require_ready()
    baseline = comparison.runs().get("baseline")
    like = runs.latest_matching(baseline) if baseline and not pinned else None
    kept = pinned or (like.run_id if like else "")
    give_way = [
        run.run_id for run in runs.active() if run.run_id in _futures and run.run_id != kept and not run.study
    ]
    order(give_way, superseded=True)
    return submit(comparison, kept)


def resume(run_ids: list[str], epochs: int) -> None:
    """Lets ended trainings go on for so many more epochs.

    Raises `RunNotFound` where a network was not stored, `TrainerUnavailable` where nobody trains, and
    `RuntimeError` where a run has not ended.
    """
    connection.require_ready()
    for run_id, place in zip(run_ids, places(len(run_ids)), strict=True):
        run = runs.get(run_id)
        runs.reopen(run_id, run.spec.training.epochs + epochs)
        _give(run_id, Orders())  # every worker may still hold the order to stop
        hand_over(run_id, run.role, place)


def places(count: int, worker: str = "") -> list[str]:
    """The workers for some trainings: the chosen one, or those with the fewest trainings first.

    Empty where no worker has joined.

    Left to itself, Dask may put a model and its baseline on one worker, where one waits for the other.
    """
    if worker:
        return [worker] * count
    assigned = connection.client().processing()
    trainings = {place: sum(key.startswith(TASK) for key in keys) for place, keys in assigned.items()}
    free_first = sorted(connection.warm_workers(), key=lambda place: trainings.get(place, 0))
    return [place for place, _ in zip(itertools.cycle(free_first), range(count), strict=False)]


def hand_over(run_id: str, role: Role, worker: str, priority: int = INTERACTIVE_PRIORITY) -> Future:
    """Gives a waiting run to a worker, to any where empty, and sees that it has an end."""
    future = connection.client().submit(
        state.train,
        run_id,
        key=f"{TASK}{role}-{run_id}-{uuid.uuid4().hex[:8]}",  # a run that goes on is a new task
        pure=False,
        priority=priority,
        resources={"training": 1},
        workers=[worker] if worker else None,
        allow_other_workers=bool(worker),  # should it die before it begins
        retries=0,
    )
    fire_and_forget(future)
    _futures[run_id] = future
    future.add_done_callback(functools.partial(_close, run_id))
    return future


def _close(run_id: str, future: Future) -> None:
    """Gives a run an end where its worker no longer can; a run that has one keeps it."""
    if _futures.get(run_id) is future:  # the run may have been taken up again meanwhile
        del _futures[run_id]
    if future.status == "error":
        error = future.exception()
        runs.end(run_id, "failed", WORKER_DIED if isinstance(error, KilledWorker) else str(error))
    elif future.status != "finished":
        runs.end(run_id, "failed", TRAINER_CLOSED)


def order(run_ids: list[str], **wishes: Any) -> None:
    """Changes the orders of trainings, under way or waiting; what is not named stays in force.

    `wishes` are fields of `Orders`, such as `paused=True`.
    """
    for run_id in run_ids:
        _give(run_id, dataclasses.replace(_given.get(run_id, Orders()), **wishes))
        if _given[run_id].ending and runs.get(run_id).status == "waiting":
            _withdraw(run_id)


def _withdraw(run_id: str) -> None:
    """Ends a run that no worker has begun."""
    future = _futures.get(run_id)
    if future is None:
        return
    if _given[run_id].superseded:
        runs.hide(run_id)
    runs.end(run_id, "stopped")
    future.cancel(force=True)  # a task that was fired and forgotten is kept otherwise


def _give(run_id: str, orders: Orders) -> None:
    """Sends orders to every worker: whichever has the run, or will have it, obeys them."""
    _given[run_id] = orders
    connection.client().run(state.receive, run_id, orders, on_error="ignore")
