"""Loads in the background what the first page does without, so that no later page has to wait for it.

MLflow, SciPy's statistics and the modules of the page Compare take seconds. They come once the trainer
is warm: until then the first page and the workers have the processor to themselves.
"""

import importlib
import threading
import time

from cnnlab import runs
from cnnlab.trainer import connection

POLL_SECONDS = 1.0
MODULES = (
    "scipy.stats",
    "cnnlab.ui.compare.report",
    "cnnlab.ui.compare.robustness",
    "cnnlab.ui.compare.downloads",
)


def start() -> None:
    """Begins, in a thread that does not keep the server from ending."""
    threading.Thread(target=_load, name="preload", daemon=True).start()


def _load() -> None:
    while connection.status().state == "warming up":
        time.sleep(POLL_SECONDS)
    runs.recent(1)
    for module in MODULES:
        importlib.import_module(module)
