"""What is timed through the trainer that the dashboard starts: a real cluster with warm workers.

The time to the first loss runs from the call that the Train button makes to the moment when the store has
the row: of the untrained network (step 0), and of the first training steps. Both networks train at the
same time, as they do for a user, and no network of these shapes was built before in any of the processes.
Beside it stands plain `fit`'s first step on the same networks, which stores nothing.

A model and its baseline at the same time, and one after the other, are timed from the call to the end of
both runs, the settings being the lab preset's own.
"""

import time
from collections.abc import Callable
from typing import Self

from cnnlab import runs
from cnnlab.bench import competitors
from cnnlab.bench.processes import Call
from cnnlab.spec import ComparisonSpec, Role, RunSpec
from cnnlab.trainer.trainer import Trainer

POLL_SECONDS = 0.02
PATIENCE_SECONDS = 300
WAIT_COLUMNS = ["role", "round", "event", "seconds"]
TOGETHER_COLUMNS = ["round", "how", "seconds"]


class BaselineAlone(ComparisonSpec):
    """The settings of a comparison of which only the baseline is trained."""

    @classmethod
    def of(cls, comparison: ComparisonSpec) -> Self:
        """The same settings."""
        return cls.model_validate(comparison.model_dump())

    def runs(self) -> dict[Role, RunSpec]:
        """See `ComparisonSpec.runs`."""
        return {"baseline": super().runs()["baseline"]}


def until_ready(trainer: Trainer) -> None:
    """Returns once the workers are warm, and this process has opened the store, as the dashboard's has."""
    runs.prepare()
    _wait_for(lambda: trainer.status().state != "warming up")


def waits(
    trainer: Trainer, comparison: ComparisonSpec, rounds: int, plain: Call, say: Callable[[str], None]
) -> list[tuple[str, int, str, float]]:
    """Seconds to the first loss, with the columns `WAIT_COLUMNS`; `plain` calls into a process with Keras."""
    for spec in comparison.runs().values():
        plain(competitors.first_step, spec)  # warm
    rows = []
    for number in range(rounds):
        say(f"Time to the first loss: round {number + 1} of {rounds}")
        fresh = never_built(comparison, number)
        rows += [
            (role, number, "Keras", plain(competitors.first_step, spec))
            for role, spec in fresh.runs().items()
        ]
        rows += [(role, number, event, seconds) for role, event, seconds in _submitted(trainer, fresh)]
    return rows


def never_built(comparison: ComparisonSpec, number: int) -> ComparisonSpec:
    """Networks of about the same size, other ones for each number."""
    more = number + 1
    changes = {
        "model.blocks.0.filters": comparison.model.blocks[0].filters + more,
        "model.dense_units": comparison.model.dense_units + more,
        "baseline.units": comparison.baseline.units + more,
    }
    for path, value in changes.items():
        comparison = comparison.with_setting(path, value)
    return comparison


def _submitted(trainer: Trainer, comparison: ComparisonSpec) -> list[tuple[str, str, float]]:
    """Submits, notes when each network's first losses are in the store, and stops the trainings."""
    began = time.perf_counter()
    identity = trainer.trainings.submit(comparison)
    roles = {run.run_id: run.role for run in runs.members(identity).values()}
    seen: dict[tuple[str, str], float] = {}

    def complete() -> bool:
        rows = runs.curves(list(roles))
        losses = rows[rows["metric"] == "loss"]
        for event, found in (("step 0", losses), ("first steps", losses[losses["step"] > 0])):
            for run_id in found["run_id"].unique():
                seen.setdefault((roles[run_id], event), time.perf_counter() - began)
        return len(seen) == 2 * len(roles)

    _wait_for(complete)
    trainer.trainings.order(list(roles), stop=True)
    _until_ended(identity)
    return [(role, event, seconds) for (role, event), seconds in seen.items()]


def together(
    trainer: Trainer, comparison: ComparisonSpec, rounds: int, say: Callable[[str], None]
) -> list[tuple[int, str, float]]:
    """Seconds until model and baseline have ended, with the columns `TOGETHER_COLUMNS`."""
    alone = [comparison.model_copy(update={"baseline": None}), BaselineAlone.of(comparison)]
    ways = [("together", [comparison]), ("one after the other", alone)]
    rows = []
    for number in range(rounds):
        say(f"Model and baseline together: round {number + 1} of {rounds}")
        for how, submissions in ways if number % 2 == 0 else ways[::-1]:
            began = time.perf_counter()
            for submission in submissions:
                _until_ended(trainer.trainings.submit(submission))
            rows.append((number, how, time.perf_counter() - began))
    return rows


def _until_ended(identity: str) -> None:
    _wait_for(lambda: not any(run.active for run in runs.members(identity).values()))


def _wait_for(condition: Callable[[], bool]) -> None:
    """Asks again and again. Raises `TimeoutError` after `PATIENCE_SECONDS`."""
    end = time.monotonic() + PATIENCE_SECONDS
    while not condition():
        if time.monotonic() > end:
            raise TimeoutError(f"The trainer gave no answer for {PATIENCE_SECONDS} seconds.")
        time.sleep(POLL_SECONDS)
