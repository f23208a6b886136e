"""Which tests run in one process, one after the other, where two share the work (`pytest -n 2`)."""

from typing import Any

import pytest
from xdist.scheduler import LoadScopeScheduling

TOGETHER = ("tests/browser/", "tests/trainer/", "tests/studies/")
"""Folders whose tests share a dashboard, a window or a trainer."""
LONG = (
    "tests/faults/test_many_machines.py",
    "tests/faults/test_remote_store.py",
    "tests/faults/",
    "tests/cli/",
    "tests/bench/",
    "tests/worker/",
    "tests/models/",
    "tests/export/",
    "tests/ui/",
)
"""Files and folders that take long, the longest first: a file that begins last keeps one lane waiting."""
ORDER = TOGETHER + LONG


def lane(nodeid: str) -> str:
    """What stays together with a test: its folder, or else its file, whose tests share networks."""
    return next((folder for folder in TOGETHER if nodeid.startswith(folder)), nodeid.partition("::")[0])


def place(nodeid: str) -> int:
    """How late a test begins: what takes long first, then all others, which fill the time that is left."""
    return next((number for number, start in enumerate(ORDER) if nodeid.startswith(start)), len(ORDER))


class Lanes(LoadScopeScheduling):
    """Hands out whole lanes, in the order of the tests."""

    def __init__(self, config: pytest.Config, log: Any) -> None:
        config.option.loadscopereorder = False
        super().__init__(config, log)

    def _split_scope(self, nodeid: str) -> str:
        return lane(nodeid)
