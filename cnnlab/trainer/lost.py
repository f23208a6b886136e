"""Trainings whose scheduler was lost: handed in again once one answers at its address.

Only of an external cluster; whether the workers train on is not known here, so the runs themselves are read.
"""

import logging
import threading
import time
from collections.abc import Callable

from cnnlab import runs
from cnnlab.errors import RunNotFound, UserError

LOOK_SECONDS = 2.0  # between two looks

log = logging.getLogger(__name__)


class LostTrainings:
    """Looks after them in a thread, which ends with the last of them. Can be used from any thread."""

    def __init__(
        self,
        is_ready: Callable[[], bool],
        submit_again: Callable[[runs.Run], None],
        submit_anew: Callable[[runs.Run], None],
    ) -> None:
        """Starts nothing.

        Args:
            is_ready: Whether there is a scheduler with workers.
            submit_again: Submits the same task of a waiting run once more; a scheduler that still has it does
                nothing then.
            submit_anew: Submits a run that was requeued.
        """
        self._is_ready = is_ready
        self._submit_again, self._submit_anew = submit_again, submit_anew
        self._run_ids: set[str] = set()
        self._lock = threading.Lock()
        self._thread: threading.Thread | None = None

    def add(self, run_id: str) -> None:
        """A run whose task is no longer watched, since the connection to its scheduler was lost."""
        with self._lock:
            self._run_ids.add(run_id)
            if not self._thread:
                self._thread = threading.Thread(target=self._watch, name="lost-trainings", daemon=True)
                self._thread.start()

    def _watch(self) -> None:
        while True:
            time.sleep(LOOK_SECONDS)
            if self._is_ready():
                self.look()
            with self._lock:
                if not self._run_ids:
                    self._thread = None
                    return

    def look(self) -> None:
        """Hands in what waits or was cut off; what still trains is looked at again later."""
        with self._lock:
            lost = set(self._run_ids)
        for run_id in lost:
            try:
                done = self._hand_in(run_id)
            except RunNotFound:
                done = True
            except UserError as error:  # the store is busy, or the scheduler was lost again
                log.warning("Run %s could not be handed in again yet: %s", run_id, error)
                done = False
            if done:
                with self._lock:
                    self._run_ids.discard(run_id)

    def _hand_in(self, run_id: str) -> bool:
        """Returns whether nothing more is to be done for the run here."""
        run = runs.get(run_id)
        if run.status == "training":
            return False  # by a worker that lives, or whose death nobody knows yet
        if run.status == "waiting":
            self._submit_again(run)
        elif runs.requeue(run_id):
            self._submit_anew(run)
        return True
