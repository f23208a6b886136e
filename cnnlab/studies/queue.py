"""The trainings of a study, one after the other as workers get free, behind whatever a person trains.

All runs of a study are created at once, waiting, so that its progress can be seen. They stand in line
here and not in Dask, which would share them out among the workers at once: a worker with many short ones
would stand idle while another had long ones left. So each worker is given one at a time.
"""

import functools
import threading
import uuid
from collections import deque
from typing import TYPE_CHECKING

from cnnlab import runs
from cnnlab.checks import require
from cnnlab.errors import RunNotFound, TrainerUnavailable
from cnnlab.spec import Role
from cnnlab.studies import progress as study_runs
from cnnlab.studies.plan import Study, Training
from cnnlab.studies.progress import Key, Progress
from cnnlab.trainer import connection
from cnnlab.trainer import trainings as jobs

if TYPE_CHECKING:
    from distributed import Future

STUDY_PRIORITY = 0

_line: deque[tuple[str, Role]] = deque()  # the runs that wait here for a worker
_sent: set[str] = set()  # the runs that a worker has been given, and that have not ended
_lock = threading.RLock()  # trainings end in Dask's thread


def submit_study(study: Study) -> str:
    """Starts the trainings of a study; returns its id.

    A finished run with the very same settings stands in for a training. Raises `SettingsRefused` where a
    training is impossible, `TrainerUnavailable` where nobody trains.
    """
    for training in study.trainings:
        require(training.spec)
    connection.require_ready()
    known = _trained_before(study)
    study_id = runs.create_study(known.kind, known.title, known.model_dump_json(indent=2).encode())
    _begin(study_runs.read(study_id))
    return study_id


def _trained_before(study: Study) -> Study:
    trainings = []
    for training in study.trainings:
        like = runs.latest_matching(training.spec, finished=True)
        trainings.append(training.model_copy(update={"run_id": like.run_id if like else ""}))
    return study.model_copy(update={"trainings": tuple(trainings)})


def train_missing(study_id: str) -> None:
    """Starts the trainings of a study that were stopped, or failed, or are gone.

    Raises `RunNotFound` where there is no such study, `TrainerUnavailable` where nobody trains.
    """
    connection.require_ready()
    _begin(study_runs.read(study_id))


def stop(study_id: str) -> None:
    """Ends the trainings of a study that are under way, and withdraws those that wait."""
    active = {run.run_id for run in runs.of_study(study_id) if run.active}
    with _lock:
        withdrawn = [run_id for run_id, _ in _line if run_id in active]
        _take_out(withdrawn)
    for run_id in withdrawn:
        runs.end(run_id, "stopped")
    under_way = sorted(active - set(withdrawn))
    jobs.order(under_way, stop=True)
    for run_id in under_way:  # of a dashboard that was closed: nobody would ever begin it
        if runs.get(run_id).status == "waiting" and runs.orphaned(run_id):
            runs.end(run_id, "stopped")


def _take_out(run_ids: list[str]) -> None:
    kept = [waiting for waiting in _line if waiting[0] not in run_ids]
    _line.clear()
    _line.extend(kept)


def _begin(progress: Progress) -> None:
    """Creates a run for each training that is missing, and lines them up."""
    created: dict[Key, str] = {}  # the comparisons of the runs that are created now
    known = {key: run.run_id for key, run in progress.finished.items()}
    known |= {(run.arm, run.role): run.run_id for run in progress.active}
    for training in progress.missing:
        run_id, comparison = _create(progress, training, created, known)
        created[training.key], known[training.key] = comparison, run_id
        with _lock:
            _line.append((run_id, training.role))
        _feed()  # the first ones are trained while the others are written down


def _create(
    progress: Progress, training: Training, created: dict[Key, str], known: dict[Key, str]
) -> tuple[str, str]:
    """A run that waits, in a comparison with its partner; returns both ids."""
    partner = progress.study.partner(training)
    together = partner and partner.arm == training.arm and created.get(partner.key)
    comparison = together or uuid.uuid4().hex
    run_id = runs.create(
        training.role,
        comparison,
        training.spec,
        "" if together or not partner else known.get(partner.key, ""),
        name=training.name,
        study=progress.study_id,
        study_kind=progress.study.kind,
        arm=training.arm,
    )
    return run_id, comparison


def _feed() -> None:
    """Gives the next in line to the workers that have nothing of a study yet."""
    try:
        _feed_workers()
    except (OSError, TrainerUnavailable):
        _give_up()


def _feed_workers() -> None:
    with _lock:
        if not _line:
            return
        workers = max(1, len(connection.warm_workers()))  # where the only one has died, its successor
        while _line and len(_sent) < workers:
            _send(*_line.popleft())


def _send(run_id: str, role: Role) -> None:
    place = next(iter(jobs.places(1)), "")
    _sent.add(run_id)
    future = jobs.hand_over(run_id, role, place, STUDY_PRIORITY)
    future.add_done_callback(functools.partial(_go_on, run_id))


def _go_on(run_id: str, future: "Future | None") -> None:
    """After the end of a run: the next one, or the end of them all where the trainer is gone."""
    with _lock:
        _sent.discard(run_id)
    if _trainer_is_gone(run_id):
        _give_up()
    else:
        _feed()


def _give_up() -> None:
    """Ends all runs in line, which nobody is there to train."""
    with _lock:
        left = [run_id for run_id, _ in _line]
        _line.clear()
    for run_id in left:
        runs.end(run_id, "failed", jobs.TRAINER_CLOSED)


def _trainer_is_gone(run_id: str) -> bool:
    try:
        return runs.get(run_id).reason == jobs.TRAINER_CLOSED
    except RunNotFound:
        return False
