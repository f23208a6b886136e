"""A study as it stands in the store: which run answers which of its trainings, and how far it is.

A run counts for a training only while its settings are those that were planned: one that was continued
for more epochs no longer does. This file reads; `cnnlab.studies.queue` trains.
"""

from collections.abc import Iterable
from dataclasses import dataclass, replace

from cnnlab import runs
from cnnlab.data.split import validation_images
from cnnlab.runs import Run
from cnnlab.spec import Role, RunSpec
from cnnlab.studies.plan import Study, Training

Key = tuple[str, Role]  # an arm and a role


@dataclass(frozen=True)
class Progress:
    """What has become of each training of a study."""

    study_id: str
    study: Study
    found: dict[Key, Run]
    """The run of each training; a training whose run is gone, or no longer as planned, has none."""

    @property
    def finished(self) -> dict[Key, Run]:
        """The trainings that came to their end."""
        return {key: run for key, run in self.found.items() if run.status == "finished"}

    @property
    def active(self) -> list[Run]:
        """The runs of which news may still come."""
        return [run for run in self.found.values() if run.active]

    @property
    def missing(self) -> list[Training]:
        """The trainings that neither have finished nor are about to."""
        kept = self.finished.keys() | {key for key, run in self.found.items() if run.active}
        return [training for training in self.study.trainings if training.key not in kept]

    def run(self, arm: str, role: Role) -> Run | None:
        """The finished run of an arm, or the one that it shares with others; None where there is none yet."""
        training = self.study.training(arm, role)
        return self.finished.get(training.key) if training else None

    def pair(self, arm: str) -> tuple[Run, Run] | None:
        """The CNN of an arm and what it is held against, once both have finished."""
        model, rival = self.run(arm, "model"), self.run(arm, "baseline")
        return (model, rival) if model and rival else None

    def pairs(self) -> dict[str, tuple[Run, Run]]:
        """The arms of which both networks have finished, in their order."""
        return {arm: pair for arm in self.study.arms if (pair := self.pair(arm))}


def read(study_id: str) -> Progress:
    """A study with its runs. Raises `RunNotFound` where there is no such study."""
    return refreshed(Progress(study_id, load(study_id), {}))


def load(study_id: str) -> Study:
    """What a study consists of. Raises `RunNotFound`."""
    runs.study(study_id)
    return Study.model_validate_json(runs.study_content(study_id))


def refreshed(known: Progress) -> Progress:
    """The study as it stands now; of runs that stand in from before, what is known is kept."""
    trained = runs.of_study(known.study_id)
    known_before = {run.run_id: run for run in known.found.values()}
    asked = {training.run_id for training in known.study.trainings} - known_before.keys() - {""}
    before = known_before | {run.run_id: run for run in runs.existing(sorted(asked))}
    found = {}
    for training in known.study.trainings:
        candidates = [run for run in trained if (run.arm, run.role) == training.key]
        if training.run_id in before:
            candidates.append(before[training.run_id])
        if (best := _best(candidates, training.spec)) is not None:
            found[training.key] = best
    return replace(known, found=found)


def _best(candidates: Iterable[Run], planned: RunSpec) -> Run | None:
    """What finished before what is under way, that before what failed; of several the newest."""
    as_planned = [run for run in candidates if run.spec == planned]
    return min(as_planned, key=lambda run: (run.status != "finished", not run.active), default=None)


def seconds_left(progress: Progress, workers: int) -> float | None:
    """How long the trainings still to come will take on so many workers; None where that is not known.

    Every network's speed is the mean of what its runs in this study reported last; a network that has
    not begun has none.
    """
    speeds: dict[str, list[float]] = {}
    for run in progress.found.values():
        if rate := run.metrics.get("images_per_second"):
            speeds.setdefault(_network(run.spec), []).append(rate)
    total = 0.0
    for run in progress.active:
        rates = speeds.get(_network(run.spec))
        if not rates:
            return None
        total += _images_to_see(run.spec) / (sum(rates) / len(rates)) * _share_left(run)
    return total / max(1, min(workers, len(progress.active)))


def _network(spec: RunSpec) -> str:
    return f"{spec.model.model_dump_json()} {spec.training.batch_size}"


def _images_to_see(spec: RunSpec) -> int:
    return (spec.data.images - validation_images(spec.data)) * spec.training.epochs


def _share_left(run: Run) -> float:
    """Of a training: by the epochs that it has ended."""
    if run.status == "waiting":
        return 1.0
    seen = run.metrics.get("seconds", 0.0) * run.metrics.get("images_per_second", 0.0)
    return max(0.0, 1.0 - seen / _images_to_see(run.spec))
