"""Times trainings through the trainer that the dashboard starts: a cluster with warm workers.

`first_losses` times the first losses: from the call that the Train button makes until the store has the loss
of the untrained network (step 0), and of the first training steps. Both networks train at the same time, as
for a user, and no process has built a network of these shapes before. It is compared with the first step of
Keras's `fit` on the same networks, which stores nothing.

`together_and_in_turn` times a model and its baseline at the same time and one after the other, from the call
to the end of both runs, with the settings of the lab preset.
"""

import time
from collections.abc import Callable
from typing import Self, TypeAlias

from cnnlab import runs
from cnnlab.bench import competitors
from cnnlab.bench.processes import Call
from cnnlab.spec import ComparisonSpec, DenseSpec, Role, RunSpec
from cnnlab.trainer.trainer import Trainer

POLL_SECONDS = 0.02
ENDED_POLL_SECONDS = 0.2  # each look takes 10 ms of a core, which the trainings lack
PATIENCE_SECONDS = 300

Report: TypeAlias = Callable[[str], None]
WaitRow: TypeAlias = tuple[Role, int, str, float]  # the columns of `results.WAIT_COLUMNS`
TogetherRow: TypeAlias = tuple[int, str, float]  # the columns of `results.TOGETHER_COLUMNS`


class BaselineAlone(ComparisonSpec):
    """A comparison of which only the baseline is trained."""

    @classmethod
    def of(cls, comparison: ComparisonSpec) -> Self:
        """The same settings."""
        return cls.model_validate(comparison.model_dump())

    def runs(self) -> dict[Role, RunSpec]:
        """See `ComparisonSpec.runs`."""
        return {"baseline": super().runs()["baseline"]}


def wait_until_ready(trainer: Trainer) -> None:
    """Opens the store, as the dashboard's process does, and waits until the workers are warm."""
    runs.prepare()
    _wait_for(lambda: trainer.status().state != "warming up")


def first_losses(
    trainer: Trainer, comparison: ComparisonSpec, rounds: int, keras: Call, report: Report
) -> list[WaitRow]:
    """Seconds to the first losses; `keras` calls a function in a process that has loaded Keras."""
    for spec in comparison.runs().values():
        keras(competitors.first_step, spec)  # not counted
    rows: list[WaitRow] = []
    for number in range(rounds):
        report(f"Time to the first loss: round {number + 1} of {rounds}")
        fresh = never_built(comparison, number)
        rows += [
            (role, number, "Keras", keras(competitors.first_step, spec))
            for role, spec in fresh.runs().items()
        ]
        rows += [
            (role, number, event, seconds) for role, event, seconds in _until_first_losses(trainer, fresh)
        ]
    return rows


def never_built(comparison: ComparisonSpec, number: int) -> ComparisonSpec:
    """Networks of about the same size, different ones for each number from 0."""
    if not isinstance(comparison.baseline, DenseSpec):
        raise ValueError(f"The baseline must be a dense-only network. Received: {comparison.baseline}")
    more = number + 1
    changes = {
        "model.blocks.0.filters": comparison.model.blocks[0].filters + more,
        "model.dense_units": comparison.model.dense_units + more,
        "baseline.units": comparison.baseline.units + more,
    }
    for path, value in changes.items():
        comparison = comparison.with_setting(path, value)
    return comparison


def _until_first_losses(trainer: Trainer, comparison: ComparisonSpec) -> list[tuple[Role, str, float]]:
    """Starts the trainings, notes when the store has each network's first losses, and stops the trainings."""
    began = time.perf_counter()
    identity = trainer.trainings.submit(comparison)
    roles = {run.run_id: run.role for run in runs.members(identity).values()}
    stored: dict[tuple[Role, str], float] = {}

    def complete() -> bool:
        rows = runs.curves(list(roles))
        losses = rows[rows["metric"] == "loss"]
        for event, of_event in (("step 0", losses), ("first steps", losses[losses["step"] > 0])):
            for run_id in of_event["run_id"].unique():
                stored.setdefault((roles[run_id], event), time.perf_counter() - began)
        return len(stored) == 2 * len(roles)

    _wait_for(complete)
    trainer.trainings.order(list(roles), stop=True)
    _until_ended(identity)
    return [(role, event, seconds) for (role, event), seconds in stored.items()]


def together_and_in_turn(
    trainer: Trainer, comparison: ComparisonSpec, rounds: int, report: Report
) -> list[TogetherRow]:
    """Seconds until model and baseline have ended, trained at the same time and one after the other."""
    alone = [comparison.model_copy(update={"baseline": None}), BaselineAlone.of(comparison)]
    ways = [("together", [comparison]), ("one after the other", alone)]
    rows: list[TogetherRow] = []
    _until_ended(trainer.trainings.submit(comparison))  # not counted: the workers' first trainings of it
    for number in range(rounds):
        report(f"Model and baseline together: round {number + 1} of {rounds}")
        for how, submissions in ways if number % 2 == 0 else ways[::-1]:
            began = time.perf_counter()
            for submission in submissions:
                _until_ended(trainer.trainings.submit(submission))
            rows.append((number, how, time.perf_counter() - began))
    return rows


def _until_ended(identity: str) -> None:
    _wait_for(lambda: not any(run.active for run in runs.members(identity).values()), ENDED_POLL_SECONDS)


def _wait_for(condition: Callable[[], bool], poll_seconds: float = POLL_SECONDS) -> None:
    """Returns as soon as the condition is true. Raises `TimeoutError` after `PATIENCE_SECONDS`."""
    end = time.monotonic() + PATIENCE_SECONDS
    while not condition():
        if time.monotonic() > end:
            raise TimeoutError(f"The trainer gave no answer for {PATIENCE_SECONDS} seconds.")
        time.sleep(poll_seconds)
