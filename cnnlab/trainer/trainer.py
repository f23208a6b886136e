"""The trainer as the dashboard uses it: one object that holds the connection and what was submitted by it."""

from contextlib import AbstractContextManager

from cnnlab.trainer.connection import Connection
from cnnlab.trainer.embedded import KeptTrainer
from cnnlab.trainer.limits import NO_LIMITS, Limits
from cnnlab.trainer.measurements import Measurements
from cnnlab.trainer.questions import Questions
from cnnlab.trainer.status import TrainerStatus, WorkerStatus
from cnnlab.trainer.trainings import Trainings


class Trainer:
    """Trainings, measurements and questions that share one connection. Can be used from any thread.

    with trainer.running():
        trainer.trainings.submit(PRESETS["lab"])
    """

    def __init__(self, limits: Limits = NO_LIMITS) -> None:
        """Starts nothing. `limits`: of what may be trained by it."""
        self.connection = Connection()
        self.trainings = Trainings(self.connection, limits)
        self.measurements = Measurements(self.connection)
        self.questions = Questions(self.connection)

    def running(self, embedded: KeptTrainer | None = None) -> AbstractContextManager[None]:
        """See `Connection.running`."""
        return self.connection.running(embedded)

    def status(self) -> TrainerStatus:
        """How the trainer is now; answers at once."""
        return self.connection.status()

    def workers(self) -> list[WorkerStatus]:
        """The workers by name; none where the trainer cannot be reached."""
        return self.connection.workers()
