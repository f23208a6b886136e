"""Short questions that a worker answers, also while it trains."""

import uuid
from collections.abc import Callable
from concurrent.futures import CancelledError
from typing import Any, TypeVar

from cnnlab.errors import TrainerUnavailable
from cnnlab.trainer.connection import Connection

PRIORITY = 20  # trainings have less
ANSWER_SECONDS = 30.0
TRAINER_CLOSED = "The trainer was closed, or could no longer be reached, before it answered."

Answer = TypeVar("Answer")


class Questions:
    """Asks the workers. Can be used from any thread."""

    def __init__(self, connection: Connection, seconds: float = ANSWER_SECONDS) -> None:
        """`seconds`: how long to wait for an answer."""
        self._connection = connection
        self._seconds = seconds

    def ask(self, function: Callable[..., Answer], *arguments: Any) -> Answer:
        """What a function returns in a worker, such as one of `cnnlab.worker.answers`.

        Raises what the function raises, and `TrainerUnavailable` where no worker answers in time.
        """
        self._connection.require_ready()
        name = getattr(function, "__name__", "function")
        future = self._connection.submit(
            function, *arguments, key=f"ask-{name}-{uuid.uuid4().hex}", priority=PRIORITY, retries=0
        )
        try:
            return future.result(timeout=self._seconds)
        except TimeoutError as error:
            future.cancel()
            raise TrainerUnavailable(
                f"The trainer gave no answer within {self._seconds:.0f} seconds: "
                "stop a training, or try again."
            ) from error
        except CancelledError as error:  # what Dask raises where the scheduler is lost
            raise TrainerUnavailable(TRAINER_CLOSED) from error
