"""How far a study is: which run belongs to which of its trainings, and how long the rest will take.

A run counts for a training only as long as its settings are the planned ones: a run that was continued for
more epochs no longer counts.
"""

from collections.abc import Iterable
from dataclasses import dataclass, replace

from cnnlab import runs
from cnnlab.data.augmentation import Augmentation
from cnnlab.data.split import images_to_learn_from
from cnnlab.runs import Run
from cnnlab.spec import Role, RunSpec
from cnnlab.studies.plan import Study, Training

Key = tuple[str, Role]  # an arm and a role


@dataclass(frozen=True)
class Progress:
    """The state of each training of a study."""

    study_id: str
    study: Study
    by_key: dict[Key, Run]
    """Training → its run; a training without a run, or whose run no longer fits, is missing."""

    @property
    def finished(self) -> dict[Key, Run]:
        """The trainings that have finished."""
        return {key: run for key, run in self.by_key.items() if run.status == "finished"}

    @property
    def active(self) -> list[Run]:
        """The runs that wait or are being trained."""
        return [run for run in self.by_key.values() if run.active]

    @property
    def missing(self) -> list[Training]:
        """The trainings that have neither finished nor are under way."""
        settled = self.finished.keys() | {key for key, run in self.by_key.items() if run.active}
        return [training for training in self.study.trainings if training.key not in settled]

    def run(self, arm: str, role: Role) -> Run | None:
        """The finished run of an arm, or else the one that all arms share; None if there is none yet."""
        training = self.study.training(arm, role)
        return self.finished.get(training.key) if training else None

    def pair(self, arm: str) -> tuple[Run, Run] | None:
        """The CNN of an arm and the network it is compared with, once both have finished."""
        model, rival = self.run(arm, "model"), self.run(arm, "baseline")
        return (model, rival) if model and rival else None

    def pairs(self) -> dict[str, tuple[Run, Run]]:
        """The arms of which both networks have finished, in their order."""
        return {arm: pair for arm in self.study.arms if (pair := self.pair(arm))}


def read(study_id: str) -> Progress:
    """A study with its runs. Raises `RunNotFound` where there is no such study."""
    return refreshed(Progress(study_id, load(study_id), {}))


def load(study_id: str) -> Study:
    """The plan of a study. Raises `RunNotFound`."""
    runs.study(study_id)
    return Study.model_validate_json(runs.study_content(study_id))


def refreshed(known: Progress) -> Progress:
    """The present state of a study; earlier runs that it uses are not read again."""
    trained = runs.of_study(known.study_id)
    known_before = {run.run_id: run for run in known.by_key.values()}
    wanted = {training.run_id for training in known.study.trainings} - known_before.keys() - {""}
    before = known_before | {run.run_id: run for run in runs.existing(sorted(wanted))}
    by_key = {}
    for training in known.study.trainings:
        candidates = [run for run in trained if (run.arm, run.role) == training.key]
        if training.run_id in before:
            candidates.append(before[training.run_id])
        if (best := _best(candidates, training.spec)) is not None:
            by_key[training.key] = best
    return replace(known, by_key=by_key)


def _best(candidates: Iterable[Run], planned: RunSpec) -> Run | None:
    """A finished run before one that is under way, and that before a failed one; of several the newest."""
    as_planned = [run for run in candidates if run.spec == planned]
    return min(as_planned, key=lambda run: (run.status != "finished", not run.active), default=None)


def seconds_left(progress: Progress, workers: int) -> float | None:
    """How long the remaining trainings will take on so many workers; None if a network's speed is unknown.

    The speed of a network is the mean of the images per second that its runs in this study last reported.
    """
    speeds: dict[str, list[float]] = {}
    for run in progress.by_key.values():
        if rate := run.metrics.get("images_per_second"):
            speeds.setdefault(speed_key(run.spec), []).append(rate)
    total = 0.0
    for run in progress.active:
        rates = speeds.get(speed_key(run.spec))
        if not rates:
            return None
        total += images_to_see(run.spec) / (sum(rates) / len(rates)) * share_left(run)
    return total / max(1, min(workers, len(progress.active)))


def speed_key(spec: RunSpec) -> str:
    """What a network's images per second depend on: its layers, batch size, precision, and augmentation."""
    augmented = "augmented" if Augmentation.of(spec) else ""
    training = spec.training
    return f"{spec.model.model_dump_json()} {training.batch_size} {training.precision} {augmented}"


def images_to_see(spec: RunSpec) -> int:
    """How many images a training goes through in all its epochs."""
    return images_to_learn_from(spec) * spec.training.epochs


def share_left(run: Run) -> float:
    """The share of a training that is left, from 0 to 1, by its images so far."""
    if run.status == "waiting":
        return 1.0
    seen = run.metrics.get("seconds", 0.0) * run.metrics.get("images_per_second", 0.0)
    return max(0.0, 1.0 - seen / images_to_see(run.spec))
