"""Short questions that a worker answers, also while it trains."""

import uuid
from collections.abc import Callable
from concurrent.futures import CancelledError
from typing import Any, TypeVar

import numpy as np

from cnnlab.errors import TrainerUnavailable
from cnnlab.inside.network_view import NetworkView
from cnnlab.trainer.connection import Connection
from cnnlab.trainer.tasks import TRAINING_KEY
from cnnlab.worker import state

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

    def ask(self, function: Callable[..., Answer], *arguments: Any, seconds: float | None = None) -> Answer:
        """What a function returns in a worker, such as one of `cnnlab.worker.answers`.

        `seconds`: how long to wait for this answer, if not as long as for others. Raises what the function
        raises, and `TrainerUnavailable` where no worker answers in time.
        """
        self._connection.require_ready()
        key = getattr(function, "__name__", "function")
        return self._ask(state.answer, function, *arguments, key=key, seconds=seconds)

    def live_view(self, run_id: str, image: np.ndarray) -> NetworkView | None:
        """What a network makes of an image while it trains; see `cnnlab.worker.live.LiveWeights.view`.

        None where no worker of this trainer trains it. Raises `TrainerUnavailable` where none answers.
        """
        for worker, keys in self._connection.task_keys().items():
            if any(run_id in key and key.startswith(TRAINING_KEY) for key in keys):
                return self._ask(state.live_view, run_id, image, key="live", workers=[worker])
        return None

    def _ask(
        self,
        task: Callable[..., Answer],
        *arguments: Any,
        key: str,
        seconds: float | None = None,
        **options: Any,
    ) -> Answer:
        seconds = seconds or self._seconds
        future = self._connection.submit(
            task,
            *arguments,
            key=f"ask-{key}-{uuid.uuid4().hex}",
            priority=PRIORITY,
            retries=0,
            **options,
        )
        try:
            return future.result(timeout=seconds)
        except TimeoutError as error:
            future.cancel()
            raise TrainerUnavailable(
                f"The trainer gave no answer within {seconds:.0f} seconds: stop a training, or try again."
            ) from error
        except CancelledError as error:  # what Dask raises where the scheduler is lost
            raise TrainerUnavailable(TRAINER_CLOSED) from error
