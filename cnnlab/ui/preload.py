"""Imports in the background what only later pages need, so that none of them has to wait for it, and takes up
the queue of a dashboard that has ended.

MLflow, SciPy's statistics and the modules of the page Compare take seconds to import. This begins once the
trainer is warm: until then, the first page and the workers need the processor.
"""

import gc
import importlib
import threading
import time

from cnnlab import runs
from cnnlab.trainer.trainer import Trainer

POLL_SECONDS = 1.0
MODULES = (
    "scipy.stats",
    "cnnlab.ui.compare.report",
    "cnnlab.ui.compare.robustness",
    "cnnlab.ui.compare.downloads",
)


def start(trainer: Trainer) -> None:
    """Begins, in a daemon thread: the server can end meanwhile."""
    threading.Thread(target=load, args=[trainer], name="preload", daemon=True).start()


def load(trainer: Trainer) -> None:
    """Opens the store, takes up what waited, and imports the modules, once the trainer is warm or has failed.

    What is then in memory stays until the server ends, so the garbage collector is told to pass it over:
    Streamlit has it look at everything after each run of a script, which else takes a quarter of a second.
    """
    while trainer.status().state == "warming up":
        time.sleep(POLL_SECONDS)
    trainer.trainings.take_up()
    runs.recent(1)
    for module in MODULES:
        importlib.import_module(module)
    gc.collect()
    gc.freeze()
