"""Starts and stops studies, whose trainings wait in the trainer's queue behind whatever a person trains.

All runs of a study are created at once, waiting, so that its progress can be seen.
"""

import uuid

from cnnlab import runs
from cnnlab.checks import require
from cnnlab.studies import progress as study_runs
from cnnlab.studies.plan import Study, Training
from cnnlab.studies.progress import Key, Progress
from cnnlab.trainer.trainer import Trainer
from cnnlab.trainer.trainings import STUDY_PRIORITY


class StudyQueue:
    """Can be used from any thread."""

    def __init__(self, trainer: Trainer) -> None:
        self._trainer = trainer

    def submit(self, study: Study, visitor: str = "") -> str:
        """Starts the trainings of a study for a visitor of the dashboard, if any; returns the study's id.

        A finished run with the same settings replaces a training. Raises `SettingsRefused` where a training
        is impossible or exceeds the dashboard's limits, `TrainerUnavailable` where no worker trains.
        """
        for training in study.trainings:
            require(training.spec)
        reused = _with_stored_runs(study)
        self._trainer.trainings.require_allowed(
            [training.spec for training in reused.trainings if not training.run_id], visitor
        )
        self._trainer.connection.require_ready()
        content = reused.model_dump_json(indent=2).encode()
        study_id = runs.create_study(reused.kind, reused.title, content, visitor)
        self._begin(study_runs.read(study_id), visitor)
        return study_id

    def train_missing(self, study_id: str) -> None:
        """Starts the trainings of a study that were stopped, have failed, or whose runs were deleted.

        They belong to the visitor who started the study.

        Raises `RunNotFound` where there is no such study, `SettingsRefused` where it exceeds the dashboard's
        limits, `TrainerUnavailable` where no worker trains.
        """
        progress, visitor = study_runs.read(study_id), runs.study(study_id).visitor
        self._trainer.trainings.require_allowed([each.spec for each in progress.missing], visitor)
        self._trainer.connection.require_ready()
        self._begin(progress, visitor)

    def stop(self, study_id: str) -> None:
        """Ends the trainings of a study that are under way, and withdraws those that wait."""
        active = {run.run_id for run in runs.of_study(study_id) if run.active}
        withdrawn = self._trainer.trainings.withdraw(active)
        for run_id in withdrawn:
            runs.end(run_id, "stopped")
        self._trainer.trainings.order(sorted(active - withdrawn), stop=True)

    def _begin(self, progress: Progress, visitor: str) -> None:
        """Creates a run for each missing training, and queues it."""
        comparisons: dict[Key, str] = {}  # of the runs that are created here
        run_ids = {key: run.run_id for key, run in progress.finished.items()}
        run_ids |= {(run.arm, run.role): run.run_id for run in progress.active}
        for training in progress.missing:
            run_id, comparison = _create(progress, training, comparisons, run_ids, visitor)
            comparisons[training.key], run_ids[training.key] = comparison, run_id
            self._trainer.trainings.submit_run(  # the first are trained while the others are created
                run_id, training.role, priority=STUDY_PRIORITY, visitor=visitor
            )


def _with_stored_runs(study: Study) -> Study:
    """The study with a finished run of the same settings for each training that has one."""
    trainings = []
    for training in study.trainings:
        stored = runs.latest_matching(training.spec, finished=True)
        trainings.append(training.model_copy(update={"run_id": stored.run_id if stored else ""}))
    return study.model_copy(update={"trainings": tuple(trainings)})


def _create(
    progress: Progress,
    training: Training,
    comparisons: dict[Key, str],
    run_ids: dict[Key, str],
    visitor: str,
) -> tuple[str, str]:
    """Creates a waiting run in a comparison with its partner; returns both ids."""
    partner = progress.study.partner(training)
    together = comparisons.get(partner.key) if partner and partner.arm == training.arm else None
    comparison = together or uuid.uuid4().hex
    run_id = runs.create(
        training.role,
        comparison,
        training.spec,
        "" if together or not partner else run_ids.get(partner.key, ""),
        name=training.name,
        study=progress.study_id,
        study_kind=progress.study.kind,
        arm=training.arm,
        visitor=visitor,
        queued=True,
    )
    return run_id, comparison
