"""Short questions that a worker answers, also beside a training."""

import uuid
from collections.abc import Callable
from typing import Any, TypeVar

from cnnlab.errors import TrainerUnavailable
from cnnlab.trainer import connection

QUESTION_PRIORITY = 20


ANSWER_SECONDS = 30.0


Answer = TypeVar("Answer")


def ask(function: Callable[..., Answer], *arguments: Any) -> Answer:
    """What a function of `cnnlab.worker.answers` gives, in a worker; it need not wait for a training there.

    Raises what the function raises, and `TrainerUnavailable` where nobody answers in time.
    """
    connection.require_ready()
    future = connection.client().submit(
        function,
        *arguments,
        key=f"ask-{function.__name__}-{uuid.uuid4().hex}",
        priority=QUESTION_PRIORITY,
        retries=0,
    )
    try:
        return future.result(timeout=ANSWER_SECONDS)
    except TimeoutError as error:
        future.cancel()
        raise TrainerUnavailable(
            f"The trainer gave no answer within {ANSWER_SECONDS:.0f} seconds: stop a training, or try again."
        ) from error
