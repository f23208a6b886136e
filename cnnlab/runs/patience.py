"""Writing to a store that is busy or full for a while: tries again, with longer and longer pauses."""

import logging
import time
from collections.abc import Callable
from typing import TypeVar

from cnnlab.errors import StoreUnavailable

PAUSES = (0.2, 0.5, 1.0, 2.0, 4.0, 8.0, 15.0, 15.0, 20.0)  # seconds: more than a minute in all

Result = TypeVar("Result")

log = logging.getLogger(__name__)


def patiently(write: Callable[[], Result], wait: Callable[[float], None] = time.sleep) -> Result:
    """What `write` returns. It is called again while the store is busy, full or unreachable.

    Raises the last `StoreUnavailable` after a minute and more, and at once one that does not pass by itself.
    """
    for seconds in PAUSES:
        try:
            return write()
        except StoreUnavailable as error:
            if not error.passes:
                raise
            log.warning("%s The next attempt is in %g s.", error, seconds)
            wait(seconds)
    return write()
