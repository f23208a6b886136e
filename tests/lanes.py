"""Which tests run in one process, one after the other, where two share the work (`pytest -n 2`)."""

from typing import Any

import pytest
from xdist.scheduler import LoadScopeScheduling

TOGETHER = ("tests/browser/", "tests/trainer/", "tests/studies/")
"""Folders whose tests share a dashboard, a window or a trainer. They take longest, and begin first."""


def lane(nodeid: str) -> str:
    """What stays together with a test: its folder, or else its file, whose tests share networks."""
    return next((folder for folder in TOGETHER if nodeid.startswith(folder)), nodeid.partition("::")[0])


def place(nodeid: str) -> int:
    """How late a test begins: the folders first, then the files, which fill the time that is left."""
    return TOGETHER.index(lane(nodeid)) if lane(nodeid) in TOGETHER else len(TOGETHER)


class Lanes(LoadScopeScheduling):
    """Hands out whole lanes, in the order of the tests."""

    def __init__(self, config: pytest.Config, log: Any) -> None:
        config.option.loadscopereorder = False
        super().__init__(config, log)

    def _split_scope(self, nodeid: str) -> str:
        return lane(nodeid)
