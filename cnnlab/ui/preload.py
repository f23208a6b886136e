"""Imports in the background what only later pages need, so that none of them has to wait for it.

MLflow, SciPy's statistics and the modules of the page Compare take seconds to import.
"""

import gc
import importlib

from cnnlab import runs

MODULES = (
    "scipy.stats",
    "cnnlab.ui.compare.report",
    "cnnlab.ui.compare.robustness",
    "cnnlab.ui.compare.downloads",
)


def load() -> None:
    """Opens the store and imports the modules.

    What is then in memory stays until the server ends, so the garbage collector is told to pass it over:
    Streamlit has it look at everything after each run of a script, which else takes a quarter of a second.
    """
    runs.recent(1)
    for module in MODULES:
        importlib.import_module(module)
    gc.collect()
    gc.freeze()
