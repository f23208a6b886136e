"""Tasks under way in the workers: submits them, and calls back once with how each has ended."""

import functools
import threading
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Generic, Literal, NamedTuple, TypeVar

from distributed import Future, KilledWorker, fire_and_forget

from cnnlab.trainer.connection import Connection

Subject = TypeVar("Subject")
"""What a task works on, such as a run's id."""

TRAINING_KEY = "train-"  # begins the keys of trainings, which hold the run's id


class Ending(NamedTuple):
    """How a task ended."""

    how: Literal["returned", "raised", "worker died", "trainer closed", "withdrawn"]
    """'trainer closed': the scheduler was closed or lost. 'withdrawn': given up here, or submitted again."""
    error: str = ""
    """The message of the exception, where it raised one."""


OnEnd = Callable[[Ending], None]


@dataclass(eq=False)
class _Task:
    key: str
    future: Future
    on_end: OnEnd
    ended: bool = False


class Tasks(Generic[Subject]):
    """The tasks that were submitted here and have not ended, at most one for each subject.

    Can be used from any thread. Callbacks run in Dask's thread, or in the one that withdraws; never under the
    lock.
    """

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self._tasks: dict[Subject, _Task] = {}
        self._lock = threading.Lock()

    def submit(
        self,
        subject: Subject,
        function: Callable[..., None],
        *arguments: Any,
        key: str,
        on_end: OnEnd,
        outlives_dashboard: bool = False,
        **options: Any,
    ) -> None:
        """Submits a task, which a worker begins at most once.

        Args:
            subject: What it works on. An earlier task of it that has not ended counts as withdrawn.
            function: Called in a worker with `arguments`; importable there by its name.
            key: Dask's name of the task; another one for each submission.
            on_end: Called once, with how the task has ended.
            outlives_dashboard: Whether it goes on, on an external cluster, when this process ends.
            options: Of `distributed.Client.submit`, such as `priority` and `resources`.

        Raises `TrainerUnavailable`.
        """
        future = self._connection.submit(function, *arguments, key=key, pure=False, retries=0, **options)
        if outlives_dashboard:
            fire_and_forget(future)
        task = _Task(key, future, on_end)
        with self._lock:
            earlier = self._tasks.get(subject)
            self._tasks[subject] = task
        if earlier:
            self._end(subject, earlier, Ending("withdrawn"))
        future.add_done_callback(functools.partial(self._on_done, subject, task))

    def withdraw(self, subject: Subject) -> bool:
        """Cancels the task of a subject; one that has begun goes on, but is no longer watched.

        Returns whether there was one.
        """
        with self._lock:
            task = self._tasks.get(subject)
        if not task or not self._end(subject, task, Ending("withdrawn")):
            return False
        task.future.cancel(force=True)  # without force, what was fired and forgotten is kept
        return True

    def keys(self) -> dict[Subject, str]:
        """Dask's key of each task that has not ended."""
        with self._lock:
            return {subject: task.key for subject, task in self._tasks.items()}

    def __contains__(self, subject: Subject) -> bool:
        """Whether the subject has a task that has not ended."""
        return subject in self._tasks

    def _on_done(self, subject: Subject, task: _Task, future: Future) -> None:
        self._end(subject, task, ending(future))

    def _end(self, subject: Subject, task: _Task, how: Ending) -> bool:
        """Forgets a task and calls back, unless that was done before; returns whether it was not."""
        with self._lock:
            if task.ended:
                return False
            task.ended = True
            if self._tasks.get(subject) is task:
                del self._tasks[subject]
        task.on_end(how)
        return True


def ending(future: Future) -> Ending:
    """How a future that is done has ended."""
    if future.status == "finished":
        return Ending("returned")
    if future.status != "error":  # 'cancelled' or 'lost'
        return Ending("trainer closed")
    error = future.exception()
    if isinstance(error, KilledWorker):
        return Ending("worker died")
    return Ending("raised", str(error) or type(error).__name__)
