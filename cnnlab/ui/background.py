"""What the server does in the background once its trainer is warm.

Until then, the first page and the workers need the processor.
"""

import threading
import time

from cnnlab import runs
from cnnlab.studies.sweep import SweepDriver
from cnnlab.trainer.trainer import Trainer
from cnnlab.ui import preload

POLL_SECONDS = 1.0


def start(trainer: Trainer, sweeps: SweepDriver) -> None:
    """Begins, in a daemon thread: the server can end meanwhile."""
    threading.Thread(target=work, args=[trainer, sweeps], name="background", daemon=True).start()


def work(trainer: Trainer, sweeps: SweepDriver) -> None:
    """Takes up the queue and the sweeps of a dashboard that has ended, and loads what later pages need.

    Where the trainer has failed, sweeps stay interrupted, with a button on the page Studies.
    """
    while trainer.status().state == "warming up":
        time.sleep(POLL_SECONDS)
    trainer.trainings.take_up()
    if trainer.status().state == "ready":
        runs.patiently(sweeps.take_up_all)
    preload.load()
