"""Which runs there are: one by its id, the newest, the active ones, those of a comparison.

Only runs that cnnlab wrote and can read; `cnnlab.runs.search.finder` finds the others too.
"""

import contextlib
from typing import TYPE_CHECKING

import numpy as np

from cnnlab.errors import RunNotFound
from cnnlab.runs import artifacts, metrics, ownership, store, tags
from cnnlab.runs.run import Run, fingerprint, read_run
from cnnlab.spec import Role, RunSpec

if TYPE_CHECKING:
    from mlflow.entities import Run as MlflowRun


def get(run_id: str) -> Run:
    """One run. Raises `RunNotFound` where there is none, or it was deleted, or cannot be read."""
    stored = store.stored(run_id)
    if stored.info.lifecycle_stage == "deleted":
        raise RunNotFound(f"Run '{run_id}' was deleted: restore it on the page Runs, view 'Deleted'.")
    run = _read(stored)
    if run is None:
        raise RunNotFound(f"Run '{run_id}' was not written by cnnlab, or by a newer version of it.")
    return run


def _read(stored: "MlflowRun") -> Run | None:
    """As `read_run`; a run whose process is dead is ended first."""
    return read_run(ownership.up_to_date(stored))


def recent(limit: int = 50, role: Role | None = None, visitor: str = "") -> list[Run]:
    """The newest runs that can be read, newest first; hidden ones are left out.

    With a visitor's id, those alone which this visitor has started.
    """
    asked = limit
    while True:
        newest = store.reader().newest(store.experiment(), role, asked, visitor)
        readable = [run for stored in newest if (run := _read(stored))]
        if len(readable) >= limit or len(newest) < asked:
            return readable[:limit]
        asked *= 2  # some of them cannot be read


def active() -> list[Run]:
    """The runs of which news may still come, newest first."""
    runs = [_read(stored) for stored in unfinished(100)]
    return [run for run in runs if run and run.active]


def unfinished(limit: int) -> "list[MlflowRun]":
    """The newest that wait or train, foreign ones too, so many of each: MLflow's filters know no 'or'."""
    statuses = ("RUNNING", "SCHEDULED")
    return [run for status in statuses for run in store.search(f"attributes.status = '{status}'", limit)]


def latest_matching(spec: RunSpec, finished: bool = False) -> Run | None:
    """The newest run with these very settings that trains or has finished; None without one.

    What still trains is left out where `finished` is set, and where it belongs to a study, since it may
    wait for long. So is a run whose learning rate was changed while it trained.
    """
    for stored in store.search(f"tags.`{tags.SETTINGS}` = '{fingerprint(spec)}'", 20):
        run = _read(stored)
        if run is None or run.spec != spec:
            continue
        if run.active and not finished and not run.study:
            return run
        if run.status == "finished" and _kept_its_rate(run):
            return run
    return None


def _kept_its_rate(run: Run) -> bool:
    reported = metrics.curves([run.run_id])
    rates = reported[reported["metric"] == metrics.rate_in_force(set(reported["metric"]))]["value"]
    return bool(np.allclose(rates, run.spec.training.learning_rate, rtol=1e-5, atol=0))


def members(comparison: str) -> dict[Role, Run]:
    """The runs of a comparison by role, the model first; empty where there is no such comparison.

    An earlier run that is used as the baseline or as the model takes its place, if it is still stored.
    """
    if "'" in comparison:  # an address may ask for anything, and MLflow's filters have no escape
        return {}
    stored = store.search(f"tags.`{tags.COMPARISON}` = '{comparison}'", 10)
    by_role = {run.role: run for run in map(_read, stored) if run}
    for own, other in (("model", "baseline"), ("baseline", "model")):
        if own in by_role and other not in by_role and by_role[own].compared_with:
            with contextlib.suppress(RunNotFound):
                by_role[other] = get(by_role[own].compared_with)
    return {role: by_role[role] for role in ("model", "baseline") if role in by_role}


def network_epoch(run: Run) -> int:
    """The epoch whose stored weights are the run's network: those of its test, or else the last ones.

    Raises `RunNotFound` where none are stored.
    """
    last = artifacts.last_weights_epoch(run.run_id)
    tested = run.metrics.get("tested_epoch", last)
    return int(tested) if tested in artifacts.weight_epochs(run.run_id) else last


def existing(run_ids: list[str]) -> list[Run]:
    """Those of some runs that are stored and not deleted, newest first."""
    if not run_ids:
        return []
    quoted = ", ".join(f"'{run_id}'" for run_id in run_ids)
    stored = store.search(f"attributes.run_id IN ({quoted})", len(run_ids))
    return [run for run in map(_read, stored) if run]
